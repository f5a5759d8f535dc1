"""The champion as commands read it, by the lightest way that the registry allows."""

import hashlib
import json
from typing import TYPE_CHECKING

from ..base.errors import ProjectError
from ..model.artifact import MANIFEST, ModelArtifact
from ..project import Context
from . import mlflow_sqlite
from .mlflow_sqlite import SqliteStore, Version

if TYPE_CHECKING:
    from .mlflow import Registry

    Reader = Registry | SqliteStore


def reader(context: Context) -> "Reader":
    """What answers for champion, versions, metrics and files; writes nothing."""
    settings, root = context.settings, context.workspace.root
    light = mlflow_sqlite.opened(settings.mlflow_tracking_uri, root)
    if light is not None:
        return light
    from . import tracking  # MLflow takes two seconds to import

    return tracking.registry(context)


def version_named(context: Context, number: str) -> tuple[Version, dict[str, float]]:
    """A registered version, or the one that is `champion`, with the metrics of its run.

    Raises ProjectError where there is none.
    """
    store, name = reader(context), context.params.data.name
    version = store.champion(name) if number == "champion" else store.version(name, number)
    if version is None:
        if number == "champion":
            raise ProjectError(
                f"{name} has no champion yet: `make run` promotes one, "
                "or reports/report.md says why it was held"
            )
        raise ProjectError(
            f"{name} has no version {number}: `make ui` lists its versions, `make run` makes one"
        )
    return version, store.metrics(version.run_id)


def champion_model(store: "Reader", champion: Version) -> ModelArtifact:
    """The champion's record and ONNX file. Raises ProjectError for any file but the registered."""
    record = json.loads(store.model_file(champion, MANIFEST))
    data = store.model_file(champion, "model.onnx")
    expected = champion.tags.get("sha256")
    if hashlib.sha256(data).hexdigest() != expected:
        raise ProjectError(
            f"{champion.name} v{champion.version}: model.onnx is not the file that was registered "
            "(SHA-256 differs): restore it or promote another version"
        )
    return ModelArtifact({"model.onnx": data}, record)
