"""`record`: how a run of the production pipeline ended, whatever happened in it."""

from ..adapters.files import write_json
from ..workspace import Context


def run(context: Context, trigger: str, run: str, state: str, failed: str | None) -> str:
    """Write the outcome as a file, then as an MLflow run of its own. Returns one line."""
    known = context.settings.pipeline_stopped  # KFP's runner on one machine names no task
    outcome = {
        "pipeline": context.params.data.name,
        "run": run,
        "trigger": trigger,
        "state": state,
        "error": known or failed or None,
    }
    write_json(context.workspace.outcome, outcome)
    from .. import tracking  # only now: MLflow may be what failed

    tracking.log_outcome(context, outcome)
    return f"{state.lower()} · trigger {trigger}"
