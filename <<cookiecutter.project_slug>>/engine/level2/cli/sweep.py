"""`sweep`: every combination of estimator families and parameters in a file."""

from pathlib import Path
from typing import Annotated

import typer


def sweep(
    file: Annotated[Path, typer.Argument(help="YAML: estimator families and parameter lists.")],
) -> None:
    """Train every combination in a file and rank them; the registry is not touched."""
    from ..base.console import Screen
    from ..model import wording
    from ..params.config import load_params
    from ..training import experiments

    root = Path.cwd()
    params = load_params(root / "params.yaml")
    runs = experiments.combinations(file)
    screen = Screen(len(runs))
    context = experiments.context_of(root, params, f"sweep-{file.stem}", screen)
    ranked, metric = experiments.sweep(context, runs), params.metric
    screen.say()
    screen.rows(
        f"{len(ranked)} runs of {file.name}, best first",
        ["family", "parameters", metric, "run"],
        [
            [
                row["family"],
                experiments.shown(row["params"]),
                wording.metric(metric, row["value"]),
                row["run_id"][:8],
            ]
            for row in ranked
        ],
    )
