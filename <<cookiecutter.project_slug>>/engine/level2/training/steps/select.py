"""`select`: where the candidate branches of the pipeline meet; the better one goes on."""

from typing import Any

from ...base.errors import ProjectError
from ...base.files import read_json
from ...model.records import Branch
from ...project import Context
from .. import candidates


def run(context: Context) -> str:
    """Compare the branches on their validation scores; write tuning.json. Returns one line.

    Raises ProjectError unless there is one branch of each declared family, searched by the
    declared metric in its own direction.
    """
    folder = context.workspace.need(context.workspace.branches, "tune_family")
    records: list[Branch] = [read_json(path) for path in sorted(folder.iterdir())]
    for record in records:
        _check(context, record)
    found = {record["branch"]["family"]: record["branch"] for record in records}
    families = context.params.tune.families
    if len(records) != len(families) or set(found) != set(families):
        came = ", ".join(record["branch"]["family"] for record in records) or "none"
        raise ProjectError(
            f"the branches are {came}; params.yaml: tune.families declares {', '.join(families)}"
        )
    branches = [found[family] for family in families]
    line, _ = candidates.decide(context, records[0]["tuner"], branches)
    return line


def _check(context: Context, record: Branch) -> None:
    """Raise ProjectError for a branch that was searched for something else."""
    plan, branch = candidates.plan_of(context), record["branch"]
    searched = record["direction"], record["metric"]
    if searched != (plan.direction, plan.metric):
        raise ProjectError(
            f"the branch {branch['family']} was searched to {' '.join(searched)}, the run is to "
            f"{plan.direction} {plan.metric}: run the pipeline again"
        )
    best = candidates.pick(plan.task, plan.metric, branch["trials"])
    if _number(branch["best"]) != _number(best):
        raise ProjectError(
            f"the branch {branch['family']} names trial {_number(branch['best'])} as its best, but "
            f"it is {_number(best)}: {plan.metric} is to be {plan.direction}d"
        )


def _number(trial: dict[str, Any] | None) -> int | None:
    return None if trial is None else int(trial["number"])
