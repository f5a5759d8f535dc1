"""`hold`: the other branch of the gate; the champion stays, and the reason is given."""

from ...base.files import read_json
from ...project import Context


def run(context: Context) -> str:
    """Return the reasons in one line."""
    workspace, name = context.workspace, context.params.data.name
    decision = read_json(workspace.need(workspace.decision, "promote"))
    kept = f"{name} v{decision['champion']} stays" if decision["champion"] else "no champion yet"
    same = decision["verdict"] == "unchanged"
    same_model = ["the candidate is the same model"] if same else []
    why = "; ".join([*same_model, *decision["reasons"]])
    return f"{kept}, nothing to deploy: {why}"
