"""Training-serving skew: a served feature differs from the one computed offline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..base.amounts import beyond
from ..baseline.findings import Finding
from ..data.digits import single
from ..data.feature import Feature
from ..params.monitor import Monitor

_NEAR = 1e-5  # relative: a float32 holds seven figures


@dataclass(frozen=True)
class Pairs:
    """Rows as served and as computed offline, in the same order."""

    served: pd.DataFrame
    offline: pd.DataFrame
    keys: Sequence[str]


def pairs(served: pd.DataFrame, offline: pd.DataFrame, keys: Sequence[str]) -> Pairs:
    """Each served row that has an offline row with the same key, and that row."""
    made = offline.assign(**{keys[0]: offline[keys[0]].astype(str)})
    asked = served[[*keys]].reset_index(names="_row")
    asked[keys[0]] = asked[keys[0]].astype(object).where(asked[keys[0]].notna(), "").astype(str)
    found = asked.merge(made, on=[*keys], how="inner", validate="many_to_one")
    rows = served.loc[found["_row"]].reset_index(drop=True)
    return Pairs(rows, found.drop(columns="_row"), keys)


def findings(found: Pairs, features: Mapping[str, Feature], knobs: Monitor) -> Iterator[Finding]:
    """Features that differ in too many rows."""
    if not len(found.served):
        return
    for name, feature in features.items():
        if name not in found.offline:
            continue
        ours, theirs = found.served[name], found.offline[name]
        apart = differ(ours, theirs, feature)
        share, row = float(apart.mean()), int(apart.argmax())
        if share > knobs.max_skew:
            where = ", ".join(_shown(found.served[key].iloc[row]) for key in found.keys)
            much, most = beyond(share, knobs.max_skew)
            detail = (
                f"`{name}` was served as {_shown(ours.iloc[row])} and is "
                f"{_shown(theirs.iloc[row])} offline ({where}): {much} of {len(apart):,} rows "
                f"differ, at most {most} are allowed (monitor.max_skew)"
            )
            yield Finding("quality", "skew", name, share, knobs.max_skew, detail)


def differ(served: "pd.Series", offline: "pd.Series", feature: Feature) -> npt.NDArray[np.bool_]:
    """Where two columns differ; missing in both counts as equal."""
    if feature.numeric:
        ours, theirs = (single(column, feature.center) for column in (served, offline))
        return ~np.isclose(ours, theirs, rtol=_NEAR, atol=_NEAR, equal_nan=True)
    texts = [column.astype(object).where(column.notna(), "") for column in (served, offline)]
    return (texts[0].astype(str).to_numpy() != texts[1].astype(str).to_numpy()).astype(bool)


def _shown(value: object) -> str:
    """A value for a message."""
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00+00:00")
    if value is None or value != value:
        return "missing"
    return f"{value:g}" if isinstance(value, int | float | np.number) else f"{value!s:.40}"
