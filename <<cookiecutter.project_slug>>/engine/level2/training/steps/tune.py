"""Search the parameters of each candidate estimator on the validation rows."""

from ...model.records import Tuning
from ...project import Context
from .. import candidates


def run(context: Context) -> tuple[str, Tuning]:
    """Write every trial and the chosen family and parameters. Returns one line and the record."""
    branches, where = candidates.search(context, candidates.plan_of(context))
    return candidates.decide(context, context.settings.tuner, branches, where)
