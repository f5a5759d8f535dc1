"""The reference of a model as one compressed file of arrays: no rows, no code."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ProjectError
from ..base.files import atomic
from .reference import Column, Grid, Reference

FORMAT = 1
_META = "reference"


def save(reference: Reference, path: Path) -> None:
    """Write a reference atomically."""
    grid, columns = reference.grid, reference.columns
    told = {
        "format": FORMAT,
        "grid": [grid.start, grid.step, grid.slices, list(grid.entities)],
        "rows": reference.rows,
        "end": reference.end,
        "told": dict(reference.told),
        "columns": {
            name: {
                "values": None if item.values is None else list(item.values),
                "edges": [list(inner) for inner in item.edges],
                "missing": item.missing,
            }
            for name, item in columns.items()
        },
    }
    arrays: dict[str, Any] = {
        f"counts.{name}": item.counts.astype(np.uint32) for name, item in columns.items()
    }
    arrays[_META] = np.frombuffer(json.dumps(told, sort_keys=True).encode(), dtype=np.uint8)
    with atomic(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, losses=reference.losses, **arrays)


def load(data: bytes, where: str) -> Reference:
    """Read a reference. Raises ProjectError for invalid bytes."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            told = json.loads(file[_META].tobytes())
            counts = {name: file[f"counts.{name}"] for name in told["columns"]}
            losses = file["losses"]
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']} is not {FORMAT}")
        return _reference(told, counts, losses)
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ProjectError(
            f"{where} is not a usable reference ({error!s:.100}): train and promote again"
        ) from error


def _reference(told: dict[str, Any], counts: dict[str, Any], losses: Any) -> Reference:
    start, step, slices, entities = told["grid"]
    columns = {
        name: Column(
            values=None if item["values"] is None else tuple(item["values"]),
            edges=tuple(tuple(inner) for inner in item["edges"]),
            counts=counts[name].astype(np.float64),
            missing=item["missing"],
        )
        for name, item in told["columns"].items()
    }
    grid = Grid(start, step, slices, tuple(entities))
    return Reference(grid, told["rows"], told["end"], columns, losses, told["told"])
