"""The verdict on a current window: every signal, its findings and their numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

import pandas as pd

from ..baseline.compare import PREDICTION, Comparer, Comparison, finding
from ..baseline.findings import Finding, states, worst
from ..baseline.losses import TRUTH
from ..baseline.reference import Reference
from ..baseline.windows import YEAR, plan_for
from ..data.feature import Feature
from ..params.decide import Signal
from ..params.monitor import Monitor
from . import performance, quality, skew
from .records import Model, Verdict, Window

DAY = 86_400


@dataclass(frozen=True)
class Current:
    """The champion's recent rows: key, features, prediction and, if known, the truth."""

    table: pd.DataFrame
    source: str
    faults: tuple[str, ...] = ()  # why raw data could not be read
    pairs: skew.Pairs | None = None  # rows of the log with their offline features


@dataclass
class Look:
    """The results of a comparison."""

    findings: list[Finding] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    looked_at: set[Signal] = field(default_factory=set)
    about: dict[str, Signal] = field(default_factory=dict)  # the signal of each compared column
    judged: performance.Performance | None = None
    seasonal: bool = False


def look(
    reference: Reference,
    current: Current,
    features: Mapping[str, Feature],
    target: str,
    target_unit: str,
    entity: str | None,
    knobs: Monitor,
) -> Look:
    """Compare; pure. `ages` adds staleness."""
    found = Look()
    for fault in current.faults:
        found.looked_at.add("quality")
        found.findings.append(Finding("quality", "schema", "", 1.0, 0.0, fault))
    table = current.table
    if len(table) < knobs.min_rows:
        return found
    watched = {name: item for name, item in reference.columns.items() if name in table}
    inputs = {name: item for name, item in watched.items() if name not in (PREDICTION, target)}
    groups = reference.grid.groups(table, entity)
    compare = Comparer(reference.grid, plan_for(reference, table), groups, knobs)
    found.seasonal = compare.plan.seasonal
    found.looked_at |= {"quality", "data"}
    present = {name: item for name, item in features.items() if name in table}
    found.findings += [
        *quality.missing(table, inputs, knobs),
        *quality.out_of_range(table, present, knobs),
        *quality.unknown(table, present, watched, knobs),
        *quality.strangers(table, groups, entity or "", knobs),
        *(skew.findings(current.pairs, present, knobs) if current.pairs else ()),
    ]
    alarm = not _half_known(reference)
    for name, column in watched.items():
        signal: Signal = {PREDICTION: "prediction", target: "target"}.get(name, "data")  # type: ignore[assignment]
        item = compare(name, column, table[name])
        if item is None:
            continue
        found.comparisons.append(item)
        found.looked_at.add(signal)
        found.about[name] = signal
        known = features[name].unit if name in features else target_unit
        unit = None
        if signal != "prediction":
            unit = quality.other_unit(compare, item, column, table[name], known)
        if unit:
            found.findings.append(unit)
        elif item.drifted:
            serious = alarm and signal != "target"  # to follow the target is the model's work
            found.findings.append(finding(item, signal, found.seasonal, serious))
    _judge(reference, table, knobs, found)
    return found


def _half_known(reference: Reference) -> bool:
    """With less than a year of data, every new season looks like drift, so drift only warns."""
    grid = reference.grid
    return bool(grid.step) and grid.slices * grid.step < YEAR - 30 * DAY


def _judge(reference: Reference, table: pd.DataFrame, knobs: Monitor, found: Look) -> None:
    told = dict(reference.told)
    wrong = performance.sent_back(table, reference.grid, reference.losses, told, knobs)
    if wrong:
        found.looked_at.add("performance")
        found.findings.append(wrong)
    if TRUTH not in table:
        return
    labelled = table[table[TRUTH].notna()]
    result = performance.judge(labelled, reference.grid, reference.losses, told, knobs)
    if result is None:
        return
    found.looked_at.add("performance")
    found.judged = result[0]
    found.findings += result[1]


def ages(model: float | None, data: float | None, now: float, knobs: Monitor) -> Iterator[Finding]:
    """Staleness: the age of the model, and of its newest row."""
    for name, since, limit in (
        ("model", model, knobs.max_model_age_days),
        ("data", data, knobs.max_data_age_days),
    ):
        days = (now - since) / DAY if since else 0.0
        if limit is not None and days > limit:
            what = "the champion was registered" if name == "model" else "its newest row is from"
            detail = (
                f"{what} {days:,.0f} days ago, at most {limit:g} are allowed "
                f"(monitor.max_{name}_age_days)"
            )
            yield Finding("staleness", name, "", days, limit, detail)


class Told(TypedDict):
    """The model, window and reference of a verdict, and the limits of their ages."""

    at: str | None
    model: Model
    window: Window
    reference: dict[str, Any]
    max_age_days: dict[str, float | None]


def verdict(found: Look, told: Told) -> Verdict:
    """Everything as a tree for JSON; `told` names model, window and reference."""
    signals = states(found.findings, found.looked_at)
    return {
        "verdict": worst(  # that nothing is too old says nothing about rows nobody saw
            state for name, state in signals.items() if (name, state) != ("staleness", "quiet")
        ),
        "signals": signals,
        "findings": [asdict(item) for item in found.findings],
        "columns": [
            {
                **asdict(item),
                "signal": found.about[item.column],
                "drifted": item.drifted,
                "times": item.times,
            }
            for item in found.comparisons
        ],
        "performance": asdict(found.judged) if found.judged else None,
        "seasonal": found.seasonal,
        **told,
    }
