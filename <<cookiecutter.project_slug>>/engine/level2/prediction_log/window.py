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

from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.feature import Feature
from .feedback import SENT_BACK

_ROWS = 10_000  # read at once
_QUERY = """
select entity, event_time, at, features, prediction, {said}
from predictions where model = ? and version = ? and at > ? order by id
"""
_SAID = """
(select value from feedback
 where feedback.prediction = predictions.id and feedback.request = predictions.request)
"""
_NEWEST = "select max(at) from predictions where model = ? and version = ?"


def recent(
    path: Path,
    model: str,
    version: str,
    days: float,
    entity: str,
    repeated: str,
    features: Mapping[str, Feature],
    classes: Sequence[str],
) -> pd.DataFrame:
    """Rows of a version in the `days` up to its newest prediction; repeated requests once.

    Columns: entity (if a row names none, the feature `repeated`), event time (of the request if the
    row gives none), features, `prediction`, for classes `p_CLASS`, and feedback, a class by its
    number. Raises ProjectError for a file that is not a prediction log.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            newest = store.execute(_NEWEST, (model, version)).fetchone()[0]
            since = (newest or 0.0) - days * 86_400
            query = _QUERY.format(said=_SAID if _corrected(store) else "null")
            store.text_factory = bytes  # what is parsed as JSON need not be decoded before
            cursor = store.execute(query, (model, version, since))
            parts = list(_parts(cursor, entity, features, classes))
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"{path} cannot be read as a prediction log ({error!s:.100}): name another in SERVE_LOG"
        ) from error
    if not parts:
        return pd.DataFrame(columns=[entity, TIMESTAMP, *features, "prediction", SENT_BACK])
    table = pd.concat(parts, ignore_index=True)
    if repeated in table and table[entity].isna().any():
        table[entity] = table[entity].where(table[entity].notna(), table[repeated])
    keyed = table.pop("_keyed").to_numpy(bool) & table[entity].notna().to_numpy()
    if not keyed.any():
        return table
    if table[SENT_BACK].notna().any():
        same = table[keyed].groupby([entity, TIMESTAMP])[SENT_BACK]
        table.loc[keyed, SENT_BACK] = same.transform("last")  # whichever of them was sent back
    again = keyed & table.duplicated([entity, TIMESTAMP], keep="last").to_numpy()
    return table[~again].reset_index(drop=True) if again.any() else table


def _corrected(store: sqlite3.Connection) -> bool:
    """Whether there is any feedback; an old log has no table for it."""
    if not store.execute("select 1 from sqlite_master where name = 'feedback'").fetchone():
        return False
    return store.execute("select 1 from feedback limit 1").fetchone() is not None


def _parts(
    cursor: sqlite3.Cursor, entity: str, features: Mapping[str, Feature], classes: Sequence[str]
) -> Iterator[pd.DataFrame]:
    while rows := cursor.fetchmany(_ROWS):
        entities, times, asked, inputs, answers, said = zip(*rows, strict=True)
        table = _features(inputs, features)
        table.insert(0, entity, pa.array(entities, pa.string()).to_pandas())
        table.insert(1, TIMESTAMP, _times(times, asked))
        table["_keyed"] = [time is not None for time in times]
        table[SENT_BACK] = _said(said, classes)
        for name, values in _answers(answers, classes).items():
            table[name] = values
        yield table


def _times(told: Sequence[bytes | None], asked: Sequence[float]) -> "pd.Series":
    """Event times; for a row without one, the request time."""
    found = (np.array(asked) * 1e6).astype("datetime64[us]")
    known = [place for place, time in enumerate(told) if time is not None]
    if known:
        texts = pd.Series([time.decode() for time in told if time is not None])
        parsed = pd.to_datetime(texts, format="ISO8601", utc=True).dt.tz_localize(None)
        found[known] = parsed.to_numpy().astype(found.dtype)
    return pd.Series(found).dt.tz_localize("UTC")


def _features(texts: Sequence[bytes], features: Mapping[str, Feature]) -> pd.DataFrame:
    """Parse many JSON objects at once; numbers as float64."""
    fields = [
        pa.field(name, pa.float64() if item.numeric else pa.string())
        for name, item in features.items()
    ]
    options = pj.ParseOptions(pa.schema(fields), unexpected_field_behavior="ignore")
    whole = pj.ReadOptions(use_threads=False, block_size=2**20)
    data = io.BytesIO(b"\n".join(texts))
    table = pj.read_json(data, read_options=whole, parse_options=options)
    return pd.DataFrame({name: table.column(name).to_pandas() for name in features}, copy=False)


def _answers(texts: Sequence[bytes], classes: Sequence[str]) -> dict[str, Any]:
    if not classes:
        return {"prediction": np.array(texts).astype(float)}
    found = [json.loads(text) for text in texts]
    chances = {f"p_{name}": [item["probabilities"][name] for item in found] for name in classes}
    return {"prediction": np.array([item["label"] for item in found], dtype=object), **chances}


def _said(texts: Sequence[bytes | None], classes: Sequence[str]) -> Any:
    """Numbers, or class numbers; NaN without feedback, or for a class unknown to this model."""
    found = np.full(len(texts), np.nan)
    places = {name: place for place, name in enumerate(classes)}
    for row, text in enumerate(texts if any(texts) else ()):
        if text is not None:
            value = json.loads(text)
            found[row] = places.get(value, np.nan) if classes else float(value)
    return found
