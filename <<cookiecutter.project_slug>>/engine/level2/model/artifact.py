"""A trained model on disk: its files and model.json, which records their digests."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import atomic, read_json, write_json
from ..data.feature import Feature

MANIFEST = "model.json"
HISTORY = "history.json"  # of a bundle: the end of the past, for lags


@dataclass(frozen=True)
class ModelArtifact:
    """A model read back: every file checked against its recorded digest."""

    files: dict[str, bytes]
    record: dict[str, Any]

    @property
    def features(self) -> dict[str, Feature]:
        """The inputs the model was trained on, in order."""
        return {
            name: Feature.model_validate(item) for name, item in self.record["features"].items()
        }

    @property
    def digest(self) -> str:
        """The model's identity: the SHA-256 of its ONNX file."""
        return str(self.record["sha256"]["model.onnx"])


def save(folder: Path, files: dict[str, bytes], record: Mapping[str, Any]) -> None:
    """Write the files, then model.json: a folder without a matching model.json is not a model."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, data in files.items():
        with atomic(folder / name) as path:
            path.write_bytes(data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write_json(folder / MANIFEST, {**record, "sha256": digests})


def load(folder: Path) -> ModelArtifact:
    """Read a model. Raises ProjectError for a missing or altered file."""
    record = read_json(folder / MANIFEST)
    files = {}
    for name, expected in record["sha256"].items():
        made, verb = ("bundled", "bundle") if name == HISTORY else ("trained", "train")
        try:
            files[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            raise ProjectError(f"{folder / name} is missing: run `{verb}` again") from None
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise ProjectError(
                f"{folder / name} is not the file that was {made} (SHA-256 differs): "
                f"run `{verb}` again"
            )
    return ModelArtifact(files, record)
