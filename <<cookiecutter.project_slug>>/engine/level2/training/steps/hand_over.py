"""`hand_over`: the record that a deployment of the champion starts from."""

from ...base.errors import ProjectError
from ...base.files import read_json, write_json
from ...model import gate
from ...project import Context
from ...registry import environments, hand_over


def run(context: Context, image: str = "") -> str:
    """Write name, version, addresses and digest of the champion. Returns one line.

    The champion is the version just promoted, or the candidate's own model: then only the image may
    be new.
    """
    workspace, name = context.workspace, context.params.data.name
    decision = read_json(workspace.need(workspace.decision, "promote"))
    if not gate.stands(decision):
        raise ProjectError(
            f"nothing to hand over: the gate said {decision['verdict']} to {name} "
            f"v{decision['version']}, only a champion that passes the gate is deployed"
        )
    version, sha256 = decision["version"], decision["digest"]
    record = hand_over.handed_over(
        name, version, sha256, image, decision["previous"], environments.alias(context)
    )
    write_json(workspace.handed_over, record)
    return f"{name} v{version} for deployment · {record['model_uri']}"
