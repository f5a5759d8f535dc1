"""The source of the served model: the registry's champion, or a folder in an image."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..base.errors import ProjectError
from ..model import artifact
from ..model.bundled_history import BundledHistory
from .model import Served, Stamp, ready

if TYPE_CHECKING:
    from ..project import Context


class Source(Protocol):
    """Names the version to serve, and loads it. Both raise ProjectError."""

    moves: bool  # whether it is worth asking again
    past: BundledHistory | None  # what it knows of the past itself

    def current(self) -> Stamp:
        """The version to serve now."""

    def load(self, stamp: Stamp) -> Served:
        """That version, its file checked against the record."""


class Folder:
    """A folder with a model and its history: no MLflow, never reloaded."""

    moves = False

    def __init__(self, folder: Path) -> None:
        if not (folder / artifact.MANIFEST).is_file():
            raise ProjectError(
                f"{folder}/{artifact.MANIFEST} is missing: `bundle` writes such a folder"
            )
        self._artifact = artifact.load(folder)
        self.record = self._artifact.record
        self.past: BundledHistory | None = BundledHistory(
            self._artifact.files.get(artifact.HISTORY)
        )

    def current(self) -> Stamp:
        """The version in the folder's record."""
        record, digest = self._artifact.record, self._artifact.digest
        known = record.get("registered") or {}
        name = known.get("name") or record.get("serving", {}).get("name", "model")
        return Stamp(name, known.get("version", "unregistered"), digest, known.get("created"))

    def load(self, stamp: Stamp) -> Served:
        """The model in the folder."""
        return ready(self._artifact, stamp)


class Champion:
    """The version with the alias of an environment of a registered model."""

    moves = True
    past: BundledHistory | None = None

    def __init__(self, registry: Any, context: "Context") -> None:
        self._registry, self._context = registry, context
        self._name = context.params.data.name
        self._version: Any = None

    def current(self) -> Stamp:
        """The version from the registry."""
        found = self._registry.champion(self._name)
        if found is None:
            from ..registry.environments import no_champion

            raise ProjectError(no_champion(self._context))
        self._version = found
        return Stamp(self._name, found.version, found.tags.get("sha256", ""), found.created)

    def load(self, stamp: Stamp) -> Served:
        """Download it; the digest in the registry's record must match."""
        from ..registry.champion import champion_model

        return ready(champion_model(self._registry, self._version), stamp)


def _register_features(root: Path, record: Mapping[str, Any]) -> None:
    """Register the declarations of the project in `root`, if a model uses an own feature."""
    table = (record.get("serving") or {}).get("table") or {}
    if table.get("featurize", {}).get("own"):
        from ..owned.declarations import install

        install(root)


@contextmanager
def without(*libraries: str) -> Iterator[None]:
    """Imports inside this context do not find these libraries, unless already loaded."""
    hidden = [name for name in libraries if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own mark of what is not there
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def open_source(root: Path, folder: Path | None) -> Source:
    """The champion of the project in `root`, or the model in a folder."""
    if folder is not None:
        found = Folder(folder)
        _register_features(root, found.record)
        return found
    from ..params.config import load_params
    from ..project import Context
    from ..workspace import Workspace

    with without("scipy", "pygments"):  # for what MLflow does with them only elsewhere: 10 MB
        from ..registry.tracking import registry

    params = load_params(root / "params.yaml")
    context = Context(params, Workspace.at(root))
    return Champion(registry(context), context)
