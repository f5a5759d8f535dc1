"""`bundle`: write a registered version as a folder that serves without MLflow, for an image.

Besides the model, it contains the end of the history, in which lags for rows of the user's own
table are looked up.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import ProjectError
from ..base.files import write_json
from ..features.known_past import KnownPast
from ..model import artifact
from ..model.bundled_history import carried, rows_in
from ..project import Context
from ..registry import environments, hand_over
from ..registry.champion import champion_model, reader
from ..registry.mlflow_sqlite import Version

if TYPE_CHECKING:
    from ..registry.champion import Reader


def run(
    context: Context, output: Path, number: str, record: Path | None = None, image: str = ""
) -> str:
    """Write model.onnx, model.json and, if the model has lags, history.json. Returns one line.

    The model is checked against the registry; the history is the end of the ingested table.

    With `record`, also write the record that its deployment starts from, like `hand_over`.
    """
    name, store = context.params.data.name, reader(context)
    champion = store.champion(name)
    version = champion if number == "champion" else store.version(name, number)
    if version is None:
        if number == "champion" and context.settings.model_environment == environments.PRODUCTION:
            raise ProjectError(environments.no_champion(context))
        which = "champion" if number == "champion" else f"version {number}"
        raise ProjectError(f"{name} has no {which} in MLflow: `make run` registers and promotes")
    model = champion_model(store, version)
    registered = {
        "name": name,
        "version": version.version,
        "run_id": version.run_id,
        "created": version.created,
    }
    history, said = _history(context, store, version, model.record)
    files = {**model.files, **({artifact.HISTORY: history} if history is not None else {})}
    artifact.save(output, files, {**model.record, "registered": registered})
    if history is None:  # of an earlier bundle
        (output / artifact.HISTORY).unlink(missing_ok=True)
    if record is not None:
        alias = environments.alias(context)
        handed = hand_over.handed_over(name, version.version, model.digest, image, alias=alias)
        named = champion is not None and champion.version == version.version
        write_json(record, handed if named else {**handed, "alias": None})
    return " · ".join(filter(None, (f"{name} v{version.version}", str(output), said)))


def _history(
    context: Context, store: "Reader", version: Version, record: dict[str, Any]
) -> tuple[bytes | None, str]:
    """The end of the ingested table, or what was recorded with the model; and a phrase about it.

    Raises ProjectError if the recorded history is damaged.
    """
    history, said = carried(record, KnownPast(context.workspace.ingested))
    if history is not None or not said:
        return history, said
    kept = store.run_file(version.run_id, artifact.HISTORY)
    if kept is None:
        return None, said
    count = rows_in(kept)
    if count is None:
        raise ProjectError(
            f"{artifact.HISTORY} of run {version.run_id} in MLflow cannot be read: restore it"
        )
    return kept, f"{count:,} rows of history, recorded with the model"
