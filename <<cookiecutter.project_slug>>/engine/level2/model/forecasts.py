"""Forecasts of the periods after the last known row of each entity.

Lags of the target are known values, then earlier forecasts. As many periods as the shortest lag
are predicted at once: none of them needs another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.raw_rows import Raw
from ..data.time_written import written
from ..data.zones import later
from ..features.lags import period
from .metrics import Array
from .scoring import inputs, table_of

Given = Mapping[str, Sequence[Sequence[Any]]]  # by column: by entity one value for each period
Lookup = Callable[[pd.DataFrame], pd.DataFrame]


class Forecasts(NamedTuple):
    """Some periods of all entities: first every entity's first period, then its second."""

    ahead: npt.NDArray[np.int64]  # periods after the entity's last known row
    entity: npt.NDArray[np.int64]  # its position in `last`
    asked: pd.DataFrame  # the rows as the table writes them
    keys: pd.DataFrame  # entity and event time, as the project names them
    columns: dict[str, Any]  # one array per feature of the model
    found: Array  # predictions of shape (n,)
    measured: bool  # whether no lag is a forecast


def forecasts(
    raw: Raw,
    score: Callable[[dict[str, Any]], Array],
    past: pd.DataFrame,
    last: "pd.Series[pd.Timestamp]",
    periods: int,
    known: Lookup | None = None,
    given: Given | None = None,
) -> Iterator[Forecasts]:
    """Forecast `periods` periods of each entity, a block of them at a time.

    `past` holds entity, event time and target of known rows, `last` by entity the newest of them.
    `given` holds columns of the table, under the contract's names, and comes before `known`, which
    gives those of further sources. Raises ProjectError, WrongValueError for a given value.
    """
    given, entity, zone = given or {}, raw.contract.entity_column, raw.contract.timezone
    length, block = period(raw.contract.frequency or ""), min(raw.settings.lags, default=periods)
    for first in range(1, periods + 1, block):
        steps = range(first, min(first + block, periods + 1))
        times = pd.concat([later(last, length * step, zone) for step in steps])
        asked = _asked(raw, times, given, first, len(last))
        made = inputs(asked, raw.contract, raw.settings, past, known=known)
        if (made.keys[TIMESTAMP].to_numpy() != times.to_numpy()).any():
            raise ProjectError("a time ahead cannot be written as the table writes its times")
        found = score(made.columns)
        told = {entity: times.index, TIMESTAMP: times.to_numpy(), raw.contract.target: found}
        past = pd.concat([past, pd.DataFrame(told).astype(past.dtypes.to_dict())])
        yield Forecasts(
            np.repeat(np.array(steps), len(last)),
            np.tile(np.arange(len(last)), len(steps)),
            asked,
            made.keys,
            made.columns,
            found,
            first == 1,
        )


def _asked(
    raw: Raw, times: "pd.Series[pd.Timestamp]", given: Given, first: int, entities: int
) -> pd.DataFrame:
    """Rows of the table at these times; columns of its own that nobody gives are missing."""
    contract, own = raw.contract, raw.own
    names = [
        name for name, item in contract.features.items() if item.source is None or name in given
    ]
    rows = []
    for number, (entity, time) in enumerate(times.items()):
        key = {**({contract.entity: entity} if contract.entity else {}), **written(contract, time)}
        step, place = first - 1 + number // entities, number % entities
        told = {name: given[name][place][step] if name in given else None for name in names}
        rows.append({own[name]: value for name, value in {**key, **told}.items()})
    table = table_of(rows, [*rows[0]], contract)
    start = 1 + (first - 1) * entities
    return table.set_axis(pd.RangeIndex(start, start + len(table), name="row"))
