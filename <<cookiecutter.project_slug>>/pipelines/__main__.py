"""`python -m pipelines`: run the production pipeline here, or compile it for a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from mlproject import terminal

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Trigger = Annotated[str, typer.Option(help="Why: schedule, data, drift, code or manual.")]
Tuner = Annotated[str, typer.Option(help="optuna or katib.")]
Source = Annotated[str, typer.Option(help="Raw table, path or URI; the contract's by default.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Change a knob: tune.trials=5")
]


@app.command()
def local(
    trigger: Trigger = "manual",
    tuner: Tuner = "optuna",
    source: Source = "",
    overrides: Overrides = None,
) -> None:
    """Run the pipeline on this machine, each task in a process of its own."""
    from . import local as runner

    runner.run(Path.cwd(), trigger, tuner, source, tuple(overrides or ()))


@app.command("compile")
def compile_(
    image: Annotated[str, typer.Argument(help="Image the tasks run: repository@sha256:digest.")],
    output: Annotated[Path, typer.Option(help="File to write.")] = Path("pipeline.yaml"),
) -> None:
    """Write the pipeline as YAML, the same bytes for the same project and image."""
    from . import compile as compiler

    compiler.write(Path.cwd(), image, output)


if __name__ == "__main__":
    terminal.main(app)
