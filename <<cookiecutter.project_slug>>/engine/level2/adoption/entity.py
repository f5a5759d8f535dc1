"""Find the column that tells apart the rows that share an event time."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.columns import Column, encode
from .looks import Look

NEARLY = 0.95  # of keys that must be unique: `ingest` then names the rows of one that is not
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?$")


def find_entity(
    raw: pd.DataFrame,
    looks: dict[str, Look],
    times: "pd.Series",
    taken: set[str | None],
    asked: str | None,
) -> tuple[str | None, str]:
    """The column that identifies a row together with the time, or None if the time alone does."""
    if asked:
        return asked, "requested by ENTITY"
    micros = times.astype("int64")  # zoned times would become objects, one by one
    if unique_share(micros.to_numpy()) >= NEARLY:
        return None, ""
    usual = int(micros.value_counts().median())
    candidates = [
        item for name, item in looks.items() if name not in taken and _may_name(item, usual)
    ]
    candidates.sort(key=lambda item: (item.kind == "int", item.distinct))
    stamps = pd.factorize(micros)[0].astype(np.int64)
    for item in candidates:
        codes = encode(Column(raw[item.name], item.name, ""))[0]
        if unique_share(stamps * (int(codes.max()) + 2) + codes) >= NEARLY:
            if item.unique:
                return item.name, (
                    "it names each row, as no column with few values tells rows of one time "
                    f"apart; EXCLUDE={item.name} if new rows have no such value"
                )
            return item.name, f"{item.distinct:,} values that tell rows of one time apart"
    return None, ""


def _may_name(item: Look, usual: int) -> bool:
    """Whether a column could be the entity; `usual` rows share one time."""
    if item.missing or item.distinct < usual or item.kind not in {"category", "text", "int"}:
        return False
    if item.kind == "int":
        return item.distinct <= 2 * usual or item.unique
    return not all(_CLOCK.match(text) for text in item.texts[:20])


def unique_share(values: npt.NDArray[np.generic]) -> float:
    """Distinct values per row: 1 if all are different."""
    return len(pd.unique(values)) / max(1, len(values))
