"""`tune_family`: one candidate branch of the pipeline, the search of a single family."""

import dataclasses

from ...base.errors import ProjectError
from ...base.files import write_record
from ...model import wording
from ...model.records import Branch
from ...project import Context
from .. import candidates


def run(context: Context, family: str) -> str:
    """Write the family's trials and the best of them. Returns one line."""
    plan = candidates.plan_of(context)
    if family not in plan.spaces:
        raise ProjectError(
            f"{family} is not in params.yaml: tune.families, which has {', '.join(plan.spaces)}"
        )
    plan = dataclasses.replace(
        plan, shares={family: plan.shares[family]}, spaces={family: plan.spaces[family]}
    )
    (branch,), where = candidates.search(context, plan)
    record: Branch = {
        "metric": plan.metric,
        "direction": plan.direction,
        "tuner": context.settings.tuner,
        "branch": branch,
    }
    write_record(context.workspace.branches, record)
    best, count = branch["best"], len(branch["trials"])
    reached = wording.metric(plan.metric, best["value"]) if best else "none"
    return " · ".join([family, f"{count} trials", f"best {plan.metric} {reached}", *where])
