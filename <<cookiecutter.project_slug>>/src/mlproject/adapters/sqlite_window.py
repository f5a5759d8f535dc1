"""SQLite: the recent part of the prediction log as a table."""

import io
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.json as pj

from ..core.contract import TIMESTAMP, Feature
from ..errors import ProjectError

_ROWS = 50_000  # read at once
_QUERY = """
select entity, coalesce(event_time, datetime(at, 'unixepoch') || '+00:00'), event_time is not null,
  features, prediction
from predictions where model = ? and version = ? and at > ? order by id
"""
_NEWEST = "select max(at) from predictions where model = ? and version = ?"


def recent(
    path: Path,
    model: str,
    version: str,
    days: float,
    entity: str,
    features: Mapping[str, Feature],
    classes: Sequence[str],
) -> pd.DataFrame:
    """Rows a version answered in the `days` up to its newest answer, a question asked twice once.

    Columns: entity, event time (of the request where the row says none), features, `prediction`,
    for classes `p_CLASS`. Raises ProjectError for a file that is no prediction log.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            newest = store.execute(_NEWEST, (model, version)).fetchone()[0]
            since = (newest or 0.0) - days * 86_400
            cursor = store.execute(_QUERY, (model, version, since))
            parts = list(_parts(cursor, entity, features, classes))
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"{path} cannot be read as a prediction log ({error!s:.100}): name another in SERVE_LOG"
        ) from error
    if not parts:
        return pd.DataFrame(columns=[entity, TIMESTAMP, *features, "prediction"])
    table = pd.concat(parts, ignore_index=True)
    keyed = table.pop("_keyed").to_numpy(bool) & table[entity].notna().to_numpy()
    again = table.duplicated([entity, TIMESTAMP], keep="last").to_numpy()
    return table[~(again & keyed)].reset_index(drop=True)


def _parts(
    cursor: sqlite3.Cursor, entity: str, features: Mapping[str, Feature], classes: Sequence[str]
) -> Iterator[pd.DataFrame]:
    while rows := cursor.fetchmany(_ROWS):
        entities, times, keyed, inputs, answers = zip(*rows, strict=True)
        table = _features(inputs, features)
        table.insert(0, entity, pd.Series(entities, dtype=object))
        stamps = pd.to_datetime(pd.Series(times), format="ISO8601", utc=True)
        table.insert(1, TIMESTAMP, stamps.astype("datetime64[us, UTC]"))
        table["_keyed"] = np.array(keyed, dtype=bool)
        yield table.assign(**_answers(answers, classes))


def _features(texts: Sequence[str], features: Mapping[str, Feature]) -> pd.DataFrame:
    """Parse many JSON objects at once; numbers as float64."""
    fields = [
        pa.field(name, pa.float64() if item.numeric else pa.string())
        for name, item in features.items()
    ]
    options = pj.ParseOptions(pa.schema(fields), unexpected_field_behavior="ignore")
    table = pj.read_json(io.BytesIO("\n".join(texts).encode()), parse_options=options)
    return pd.DataFrame({name: table.column(name).to_pandas() for name in features}, copy=False)


def _answers(texts: Sequence[str], classes: Sequence[str]) -> dict[str, Any]:
    if not classes:
        return {"prediction": np.fromiter((float(text) for text in texts), float, len(texts))}
    found = [json.loads(text) for text in texts]
    chances = {f"p_{name}": [item["probabilities"][name] for item in found] for name in classes}
    return {"prediction": np.array([item["label"] for item in found], dtype=object), **chances}
