"""Requests for forecasts: `{"entities": [{"area": "TenneT"}], "ahead": 7}`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..base.errors import ProjectError, WrongValueError
from ..data.raw_rows import Raw, times_of
from ..data.requests import RequestError
from ..features.known_past import Past
from ..model.metrics import Array
from . import table_rows
from .ahead_request import given_of, looks_ahead, name_of, periods_of
from .known_sources import KnownSources
from .model import Served
from .request_limits import batch, check_rows
from .settings import ServeSettings

if TYPE_CHECKING:
    import pandas as pd

    from ..model.forecasts import Forecasts


@dataclass(frozen=True)
class Ahead:
    """Forecasts of the periods of each entity in turn."""

    keys: table_rows.Keys
    columns: dict[str, list[Any]]  # of the model
    found: Array  # predictions of shape (n,)
    measured: npt.NDArray[np.bool_]  # rows of which no lag is a forecast
    periods: list[dict[str, Any]]  # entity and time as the table writes them, number of the period

    def told(self, served: Served) -> dict[str, Any]:
        """The parts of a response beside the predictions."""
        ends = served.intervals(self.found)
        if ends:  # nothing was calibrated for a row whose lags are forecasts
            pairs = zip(ends["intervals"], self.measured, strict=True)
            ends["intervals"] = [pair if known else None for pair, known in pairs]
        lacking = {
            name: int(sum(value != value or value == "" for value in values))
            for name, values in self.columns.items()
        }
        return {
            "periods": self.periods,
            **ends,
            "missing": {name: count for name, count in lacking.items() if count},
        }


def can(served: Served, past: Past | None) -> bool:
    """Whether the service forecasts with this model."""
    try:
        looks_ahead(served)
    except RequestError:
        return False
    return past is not None and past.there()


def read(
    served: Served,
    payload: Mapping[str, Any],
    settings: ServeSettings,
    past: Past | None,
    sources: KnownSources | None,
) -> Ahead:
    """Forecast what a request asks for. Takes seconds: in a thread. Raises RequestError."""
    raw = looks_ahead(served)
    if payload.keys() != {"entities", "ahead"}:
        raise RequestError(
            "give an object with `entities` and `ahead`, a number of periods", field="ahead"
        )
    entities = batch(payload, "entities", settings.max_rows)
    periods = periods_of(served, raw, payload["ahead"], settings)
    rows = len(entities) * periods
    check_rows(rows, settings.max_rows, "ahead", f"entities times ahead are {rows:,} rows: give")
    history = past.table(raw.contract) if past is not None else None
    if history is None or history.empty:
        raise RequestError("this service keeps no history to look ahead of: send `rows`", 404)
    names = [name_of(served, row, f"entities[{place}]") for place, row in enumerate(entities)]
    given = given_of(served, raw, entities, periods)
    return _all(served, raw, history, names, periods, given, sources)


def _all(
    served: Served,
    raw: Raw,
    history: "pd.DataFrame",
    names: list[str],
    periods: int,
    given: dict[str, list[list[Any]]],
    sources: KnownSources | None,
) -> Ahead:
    from ..data.contract import TIMESTAMP
    from ..model.forecasts import forecasts

    column = raw.contract.entity_column
    mine = history[history[column].isin(names)]
    last = mine.groupby(column, sort=False)[TIMESTAMP].max()
    own = served.label(column) or column
    for place, name in enumerate(names):
        if name not in last.index:
            sentence = f"entities[{place}].{own}: the history holds nothing of {name}"
            raise RequestError(sentence, 404, own, "unknown")
        if name in names[:place]:
            raise RequestError(f"entities[{place}]: {name} is named twice", field=own)
    try:
        known = sources.lookup(raw, given) if sources is not None else None
        parts = list(forecasts(raw, served.scorer, mine, last[names], periods, known, given))
    except WrongValueError as error:
        raise _refused(error, len(names)) from None
    except RequestError:
        raise
    except ProjectError as error:
        raise RequestError(str(error), 503) from None
    return _together(served, raw, parts)


def _refused(error: WrongValueError, entities: int) -> RequestError:
    """The sentence about a given value: which entity's, of which period."""
    number = int(error.row.rsplit(" ", 1)[1]) - 1
    where = f"entities[{number % entities}].{error.column}[{number // entities}]"
    return table_rows.refused(error, where)


def _together(served: Served, raw: Raw, parts: Sequence["Forecasts"]) -> Ahead:
    """The parts' rows, those of each entity together."""
    import pandas as pd

    order = np.argsort(np.concatenate([part.entity for part in parts]), kind="stable")
    keys = pd.concat([part.keys for part in parts]).iloc[order]
    asked = pd.concat([part.asked for part in parts]).iloc[order]
    ahead = np.concatenate([part.ahead for part in parts])[order].tolist()
    found = np.concatenate([part.found for part in parts])[order]
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found)))
        raise RequestError(f"the model gives no finite prediction for period {ahead[row]}")
    columns = {
        name: np.concatenate([part.columns[name] for part in parts])[order].tolist()
        for name in served.features
    }
    entity = [raw.own[raw.contract.entity]] if raw.contract.entity else []
    own = [*entity, *(raw.own[name] for name in times_of(raw.contract))]
    told = asked[own].to_dict("records")
    return Ahead(
        table_rows.keys_of(served, keys),
        columns,
        found,
        np.concatenate([np.full(len(part.found), part.measured) for part in parts])[order],
        [{**row, "ahead": step} for row, step in zip(told, ahead, strict=True)],
    )
