"""`make adopt HORIZON=7`: a contract whose rows hold only what is known that many periods ahead."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..base.amounts import plural
from ..base.errors import ProjectError
from .columns import Decision

LAGS = "lags of the target"


class LookingAhead(NamedTuple):
    """Periods between what is known and what is predicted; columns that are known so early."""

    horizon: str = ""
    in_advance: tuple[str, ...] = ()

    @property
    def periods(self) -> int:
        """The horizon as a number, 0 if none is asked for. Raises ProjectError."""
        if not self.horizon:
            if self.in_advance:
                raise ProjectError(
                    "IN_ADVANCE= names columns that are known before the target: say how many "
                    "periods with HORIZON=7"
                )
            return 0
        if not self.horizon.isdecimal() or not 1 <= int(self.horizon) <= 10_000:
            raise ProjectError(
                f"HORIZON={self.horizon} is not understood: say a number of periods, like 7"
            )
        return int(self.horizon)

    def given(self) -> dict[str, str]:
        """The options as they were given."""
        return {"HORIZON": self.horizon, "IN_ADVANCE": ",".join(self.in_advance)}


def looking_ahead(
    tree: dict[str, Any], decisions: Sequence[Decision], asked: LookingAhead, rows: int
) -> list[Decision]:
    """Change an inferred params tree for a horizon, in place, and return the decisions for it.

    `rows` is the number of rows of an entity. Raises ProjectError for a table without periods or
    without numbers to predict, and if nothing is left to predict from.
    """
    periods, data = asked.periods, tree["data"]
    if not periods:
        return list(decisions)
    if data["task"] != "regression" or "frequency" not in data:
        lacks = "predicts classes" if data["task"] != "regression" else "has no equal periods"
        raise ProjectError(f"HORIZON={periods} counts periods of a number: this table {lacks}")
    said = _columns(data, asked, periods)
    out = {item.column for item in said}
    lags = _lags(tree["featurize"]["lags"], periods, rows)
    tree["featurize"]["lags"] = lags
    left = [*data["features"], *tree["featurize"]["calendar"], *lags]
    if not left:
        raise ProjectError(
            f"HORIZON={periods} leaves nothing to predict `{data['target']}` from: the table is "
            "too short for lags, say which columns are known with IN_ADVANCE=column"
        )
    if lags:
        listed, step = ", ".join(map(str, lags)), data["frequency"]
        reason = f"{listed} rows back ({step} each): known {plural(periods, 'period')} ahead"
        said.append(Decision(data["target"], LAGS, reason))
    slices = tree["evaluate"]["slices"]
    derived = [f"{data.get('entity')}_key", *tree["featurize"]["calendar"]]
    tree["evaluate"]["slices"] = [
        name for name in slices if name in data["features"] or name in derived
    ]
    kept = [item for item in decisions if item.decision != LAGS and item.column not in out]
    return [*kept, *said]


def _columns(data: dict[str, Any], asked: LookingAhead, periods: int) -> list[Decision]:
    """Leave out what is measured with the target, mark the rest."""
    own = {name: name for name in data["features"]} | {
        new: old for old, new in data.get("rename", {}).items() if new in data["features"]
    }
    strange = [name for name in asked.in_advance if name not in own.values()]
    if strange:
        there = ", ".join(f"`{name}`" for name in own.values()) or "no feature"
        raise ProjectError(f"IN_ADVANCE={strange[0]} is not a feature of the table: it has {there}")
    said = []
    for name in list(data["features"]):
        if own[name] in asked.in_advance:
            data["features"][name]["known_in_advance"] = True
            continue
        del data["features"][name]
        data.get("rename", {}).pop(own[name], None)
        reason = f"nobody knows it {plural(periods, 'period')} ahead (IN_ADVANCE= if somebody does)"
        said.append(Decision(own[name], "excluded", reason))
    if not data.get("rename", True):
        del data["rename"]
    items = list(data.items())
    place = [key for key, _ in items].index("frequency") + 1
    data.clear()
    data.update([*items[:place], ("horizon", periods), *items[place:]])
    return said


def _lags(usual: Sequence[int], periods: int, rows: int) -> list[int]:
    """The horizon, and of each usual lag the first multiple that is not shorter."""
    wanted = {periods, *(lag * math.ceil(periods / lag) for lag in usual)} if usual else {periods}
    return sorted(lag for lag in wanted if rows > 3 * lag)
