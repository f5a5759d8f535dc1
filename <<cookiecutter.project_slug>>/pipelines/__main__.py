"""`python -m pipelines`: run the production pipeline locally, or compile it for a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from level2.base import terminal

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Image = Annotated[str, typer.Argument(help="Image the tasks run: repository@sha256:digest.")]
ClusterTuner = Annotated[str, typer.Option("--tuner", help="katib or optuna.")]
Trigger = Annotated[str, typer.Option(help="Trigger: schedule, data, drift, code or manual.")]
Tuner = Annotated[str, typer.Option(help="optuna or katib.")]
Source = Annotated[str, typer.Option(help="Raw table, path or URI; the contract's by default.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Change a setting: tune.trials=5")
]


@app.command()
def local(
    trigger: Trigger = "manual",
    tuner: Tuner = "optuna",
    source: Source = "",
    overrides: Overrides = None,
) -> None:
    """Run the pipeline on this machine, each task in its own process."""
    from . import local as runner

    runner.run(Path.cwd(), trigger, tuner, source, tuple(overrides or ()))


@app.command("compile")
def compile_(
    image: Image,
    output: Annotated[Path, typer.Option(help="File to write.")] = Path("pipeline.yaml"),
) -> None:
    """Write the pipeline as YAML, byte-identical for the same project and image."""
    from . import compile as compiler

    compiler.write(Path.cwd(), image, output)


@app.command()
def submit(
    image: Image,
    trigger: Trigger = "manual",
    deadline: Annotated[
        float, typer.Option(min=0, help="Minutes to follow the run; 0 only starts it.")
    ] = 120,
    tuner: ClusterTuner = "katib",
    source: Source = "",
    overrides: Overrides = None,
) -> None:
    """Upload the pipeline of this commit to Kubeflow, start a run and follow it to its end."""
    from level2.kubeflow import submit as submission

    from . import submit as cluster

    words = tuple(overrides or ())
    given = submission.arguments(Path.cwd(), trigger, tuner, source, words)
    cluster.submit(Path.cwd(), image, given, deadline)


@app.command()
def follow(
    run: Annotated[str, typer.Argument(help="Name of the run, as submit printed it, or its id.")],
    deadline: Annotated[float, typer.Option(min=0.01, help="Minutes to follow the run.")] = 120,
) -> None:
    """Follow a run on Kubeflow that was started before, to its end."""
    from . import submit as cluster

    cluster.follow(Path.cwd(), run, deadline)


@app.command()
def schedule(
    cron: Annotated[str, typer.Argument(help="Five fields in UTC, like '0 3 * * 1', or off.")],
    image: Image = "",
    tuner: ClusterTuner = "katib",
    source: Source = "",
    overrides: Overrides = None,
) -> None:
    """Let Kubeflow run the pipeline on a schedule; `off` ends it."""
    from level2.kubeflow import submit as submission

    from . import submit as cluster

    words = tuple(overrides or ())
    given = submission.arguments(Path.cwd(), "schedule", tuner, source, words)
    cluster.schedule(Path.cwd(), cron, image, given)


if __name__ == "__main__":
    terminal.main(
        terminal.spoken(app), "interrupted; a run that was started on a cluster continues there"
    )
