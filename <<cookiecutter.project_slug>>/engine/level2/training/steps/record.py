"""`record`: how a run of the production pipeline ended, whatever happened in it."""

from ...base.files import write_json
from ...project import Context
from ...registry import run_state


def run(context: Context, trigger: str, run: str, state: str, failed: str | None) -> str:
    """Write the outcome as a file, then as a separate MLflow run. Returns one line."""
    settings, ended = context.settings, run_state.outcome(state)
    error = settings.pipeline_stopped or failed  # the first where one machine runs it
    if not error and ended != "SUCCEEDED":  # a server tells none
        error = "the log of the task that failed says why"
    outcome = {
        "pipeline": context.params.data.name,
        "run": run or settings.pipeline_run_id,  # a run of a schedule has no name
        "trigger": trigger,
        "state": ended,
        "error": error or None,
    }
    write_json(context.workspace.outcome, outcome)
    from ...registry import tracking  # only now: MLflow may be what failed

    tracking.log_outcome(context, outcome)
    return f"{ended.lower()} · trigger {trigger}"
