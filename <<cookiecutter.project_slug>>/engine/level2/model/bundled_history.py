"""The history in a bundle: written beside the model, read without pyarrow."""

import json
from typing import TYPE_CHECKING, Any

from ..base.errors import ProjectError
from ..data import raw_rows
from ..data.contract import TIMESTAMP, DataContract
from ..features.known_past import KnownPast

if TYPE_CHECKING:
    import pandas as pd

SMALL = 20_000  # rows of a history that is carried whole: under a megabyte
MOST = 100_000  # rows that are carried at all


class BundledHistory:
    """The known past, from the bytes written by `pack`; None if there is none."""

    def __init__(self, data: bytes | None) -> None:
        self._data = data
        self._series: dict[str, Any] | None = None
        self._read: tuple[pd.DataFrame, pd.Series[pd.Timestamp]] | None = None

    def there(self) -> bool:
        """Whether there is a history."""
        return self._data is not None

    def table(self, contract: DataContract) -> "pd.DataFrame | None":
        """Entity, event time and target of each row; None if there is no history."""
        return None if self._data is None else self._frames(contract)[0]

    def cut(self, contract: DataContract) -> "pd.Series[pd.Timestamp] | None":
        """By entity the newest omitted time, None if there is no history."""
        return None if self._data is None else self._frames(contract)[1]

    def entities(self, contract: DataContract, most: int) -> list[str]:  # noqa: ARG002  as KnownPast
        """Names of the entities; none if there are more than `most`. Without pandas."""
        names = self._parsed() if self._data is not None else {}
        return sorted(names) if len(names) <= most else []

    def _parsed(self) -> dict[str, Any]:
        if self._series is None:
            self._series = json.loads(self._data or b"{}")
        return self._series

    def _frames(self, contract: DataContract) -> "tuple[pd.DataFrame, pd.Series[pd.Timestamp]]":
        if self._read is None:
            import pandas as pd  # only where rows of the user's own table are asked for

            series = self._parsed()
            names = [name for name, item in series.items() for _ in item["times"]]
            cut = {name: item["cut"] for name, item in series.items() if item["cut"]}
            columns = {
                contract.entity_column: pd.Series(names, dtype=object),
                TIMESTAMP: _times(time for item in series.values() for time in item["times"]),
                contract.target: pd.Series(
                    [value for item in series.values() for value in item["values"]], dtype=float
                ),
            }
            whole = _times(cut.values()).set_axis(pd.Index(cut, dtype=object))
            self._read = pd.DataFrame(columns), whole
        return self._read


def _times(texts: Any) -> "pd.Series[pd.Timestamp]":
    import pandas as pd

    found = pd.to_datetime(pd.Series([*texts], dtype=object), format="ISO8601", utc=True)
    return found.astype("datetime64[us, UTC]")


def carried(record: dict[str, Any], past: KnownPast) -> tuple[bytes | None, str]:
    """The history for a bundle of this model, None if there is none, and a phrase about it.

    The phrase is empty for a model without lags.
    """
    raw = raw_rows.read(record.get("serving") or {})
    if raw is None or not raw.settings.lags:
        return None, ""
    known = past.table(raw.contract)
    if known is None or not len(known):
        return None, "no history: data/ingested.parquet of its table is missing"
    from ..features.recent_past import recent, whole

    rows, cut = whole(known, raw.contract)
    if len(known) > SMALL:
        rows, cut = recent(known, raw.contract, raw.settings.lags, _example(raw))
    if len(rows) > MOST:
        return None, f"no history: {len(rows):,} rows of it are needed, at most {MOST:,} are taken"
    return pack(rows, cut, raw.contract), f"{len(rows):,} rows of history"


def pack(rows: "pd.DataFrame", cut: "pd.Series[pd.Timestamp]", contract: DataContract) -> bytes:
    """JSON: for each entity its times and values, in order, and the newest omitted time."""
    left_out = {name: time.isoformat() for name, time in cut.items()}
    series = {
        str(name): {
            "cut": left_out.get(name),
            "times": [time.isoformat() for time in own[TIMESTAMP]],
            "values": own[contract.target].tolist(),
        }
        for name, own in rows.groupby(contract.entity_column, sort=True)
    }
    return (
        json.dumps(series, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        + b"\n"
    )


def rows_in(data: bytes) -> int | None:
    """Number of rows written by `pack`, None for other content."""
    try:
        return sum(
            len(list(zip(item["times"], item["values"], strict=True)))
            for item in json.loads(data).values()
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _example(raw: raw_rows.Raw) -> list[tuple[Any, Any]]:
    """Entity and time of the service's example row, if it has one."""
    if raw.example is None:
        return []
    from .scoring import inputs, table_of

    table = table_of([raw.example], raw.needed, raw.contract)
    try:
        keys = inputs(table, raw.contract, raw.settings, None).keys
    except ProjectError:  # no answer to it either, whatever is known of the past
        return []
    return [*keys.itertuples(index=False, name=None)]
