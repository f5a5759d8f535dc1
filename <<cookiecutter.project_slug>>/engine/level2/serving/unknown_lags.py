"""Refuse rows whose lags are after the history, or before what is left of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.raw_rows import Raw
from ..data.requests import RequestError
from .model import Served

if TYPE_CHECKING:
    import pandas as pd

    from ..model.scoring import Inputs

Rows = Sequence[Mapping[str, Any]]


def check(
    served: Served, raw: Raw, found: "Inputs", rows: Rows, known: "pd.DataFrame | None"
) -> None:
    """Raise RequestError for the first lag that cannot be looked up."""
    for name, late in found.beyond.items():
        early = found.before[name]
        if late.any():
            raise _refused(served, raw, name, rows, int(late.argmax()), known, True)
        if early.any():
            raise _refused(served, raw, name, rows, int(early.argmax()), known, False)


def _refused(
    served: Served,
    raw: Raw,
    name: str,
    rows: Rows,
    number: int,
    known: "pd.DataFrame | None",
    late: bool,
) -> RequestError:
    """The error message about one row's lag."""
    from ..data.contract import TIMESTAMP
    from ..data.times import shown
    from ..features.lags import distance

    told = f"give `{name}` (null if unknown)"
    if known is None:
        sentence = f"rows[{number}] has no `{name}`, and this service keeps no history: {told}"
        return RequestError(sentence, field=name, kind="missing")
    contract = raw.contract
    entity = contract.entity and rows[number][raw.own[contract.entity]]
    mine = known if entity is None else known[known[contract.entity] == str(entity)]
    needs = f"needs `{raw.target}` of {distance(served.lags[name], contract.frequency)} earlier"
    whose, advice = "" if entity is None else f" of {entity}", f"provide newer data, or {told}"
    end = f"history holds nothing{whose}"
    if len(mine) and late:
        end = f"history{whose} ends {shown(mine[TIMESTAMP].max(), contract.timezone)}"
    elif len(mine):
        begin = shown(mine[TIMESTAMP].min(), contract.timezone)
        end, advice = f"history{whose} bundled with this model begins {begin}", told
    sentence = f"rows[{number}] {needs}, and the {end}: {advice}"
    return RequestError(sentence, field=name, kind="missing")
