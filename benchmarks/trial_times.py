"""Seconds of CPU of a trial, in a project's folder: `tune` for ours, `bare` for the same fits.

`tune` runs the step and leaves artifacts/tuning.json; `bare` fits what it lists. Imports and the
first fit, which warms up, are in neither.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import bare_script
import pandas as pd
from threadpoolctl import threadpool_limits


def tune(package: str) -> float:
    """Run the step; return its seconds."""
    config, step, workspace, project = (
        importlib.import_module(f"{package}.{name}")
        for name in ("params.config", "training.steps.tune", "workspace", "project")
    )
    root = Path.cwd()
    params = config.load_params(root / "params.yaml")
    context = project.Context(params, workspace.Workspace.at(root))
    importlib.import_module("optuna")
    one = params.model_copy(update={"tune": params.tune.model_copy(update={"trials": 1})})
    step.run(project.Context(one, context.workspace))
    start = time.process_time()
    step.run(context)
    return time.process_time() - start


def bare() -> float:
    """Fit every trial that the step has left; return the seconds of reading and fitting."""
    branches = json.loads(Path("artifacts/tuning.json").read_text())["branches"]
    trials = [
        (branch["family"], trial["params"]) for branch in branches for trial in branch["trials"]
    ]
    with threadpool_limits(limits=1):
        fit(trials[:1])
        start = time.process_time()
        values = fit(trials)
        spent = time.process_time() - start
    best = min(trial["value"] for branch in branches for trial in branch["trials"])
    if abs(min(values) - best) > 1e-4 * best:
        sys.exit(f"other fits than the step's: {min(values)} is not {best}")
    return spent


def fit(trials: list[tuple[str, dict[str, object]]]) -> list[float]:
    """Fit and score on the validation rows."""
    table = pd.read_parquet("data/dataset.parquet")
    features = [name for name in table.columns if name.startswith("x")]
    parts = {
        name: (rows[features], rows["y"]) for name, rows in table.groupby("split", observed=True)
    }
    return [
        bare_script.rmse(
            bare_script.build(family, values).fit(*parts["train"]), *parts["validation"]
        )
        for family, values in trials
    ]


if __name__ == "__main__":
    print(tune(sys.argv[2]) if sys.argv[1] == "tune" else bare())
