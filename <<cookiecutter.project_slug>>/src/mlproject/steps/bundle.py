"""`bundle`: a registered version as a folder that serves without MLflow, for an image."""

from pathlib import Path

from .. import artifact, champions
from ..adapters.files import write_json
from ..core import deployment
from ..errors import ProjectError
from ..workspace import Context


def run(
    context: Context, output: Path, number: str, record: Path | None = None, image: str = ""
) -> str:
    """Write model.onnx and model.json, checked against the registry. Returns one line.

    With `record` also what a deployment of it starts from, as `hand_over` writes it.
    """
    name, store = context.params.data.name, champions.reader(context)
    champion = store.champion(name)
    version = champion if number == "champion" else store.version(name, number)
    if version is None:
        which = "champion" if number == "champion" else f"version {number}"
        raise ProjectError(f"{name} has no {which} in MLflow: `make run` registers and promotes")
    model = champions.champion_model(store, version)
    registered = {
        "name": name,
        "version": version.version,
        "run_id": version.run_id,
        "created": version.created,
    }
    artifact.save(output, model.files, {**model.record, "registered": registered})
    if record is not None:
        handed = deployment.handed_over(name, version.version, model.digest, image)
        named = champion is not None and champion.version == version.version
        write_json(record, handed if named else {**handed, "alias": None})
    return f"{name} v{version.version} · {output}"
