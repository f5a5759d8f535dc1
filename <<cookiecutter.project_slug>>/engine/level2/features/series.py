"""The known past of a case: the target in its lags, and earlier predictions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST = 60  # earlier answers of a series
Point = tuple[float, float]


@dataclass(frozen=True)
class Answered:
    """A predicted row: event time (None if not given), request time, inputs, prediction."""

    time: float | None
    asked: float
    features: Mapping[str, Any]
    answer: Any


def series(
    now: Answered, past: Iterable[Answered], lags: Mapping[str, int], step: float | None, label: str
) -> dict[str, Any]:
    """Points [place, value] of measured and predicted values; and the place of the case.

    The axis is `time` (seconds since 1970) if the case has an event time and its lags have a step
    in seconds; `steps` back from the case if it has only lags; else `asked`, the request time.
    """
    if now.time is not None and (step or not lags):
        rows = [row for row in past if row.time is not None]
        latest = {row.time: row for row in sorted(rows, key=lambda row: row.asked)}
        chosen = sorted(latest.values(), key=lambda row: row.time or 0.0)
        shown = [row for row in chosen if (row.time or 0.0) < now.time][-MOST:]
        measured = _measured([*shown, now], lags, step or 0.0)
        return _told(
            "time", now.time, measured, ((row.time, _value(row.answer, label)) for row in shown)
        )
    if lags:
        return _told("steps", 0.0, _measured([_at(now, 0.0)], lags, 1.0), ())
    shown = sorted(past, key=lambda row: row.asked)[-MOST:]
    return _told("asked", now.asked, {}, ((row.asked, _value(row.answer, label)) for row in shown))


def _at(row: Answered, time: float) -> Answered:
    return Answered(time, row.asked, row.features, row.answer)


def _measured(rows: Iterable[Answered], lags: Mapping[str, int], step: float) -> dict[float, float]:
    """The target at past times, from the inputs; a later row takes precedence."""
    found = {}
    for row in rows:
        for name, lag in lags.items():
            value = row.features.get(name)
            if row.time is not None and isinstance(value, int | float):
                found[row.time - lag * step] = float(value)
    return found


def _value(answer: Any, label: str) -> float | None:
    """The number, or the probability of a label; None for another kind of prediction."""
    if isinstance(answer, dict):
        found = answer.get("probabilities", {}).get(label)
        return float(found) if isinstance(found, int | float) else None
    return float(answer) if isinstance(answer, int | float) and not label else None


def _told(
    axis: str,
    now: float,
    measured: Mapping[float, float],
    answered: Iterable[tuple[float | None, Any]],
) -> dict[str, Any]:
    return {
        "axis": axis,
        "now": now,
        "measured": [[place, measured[place]] for place in sorted(measured)],
        "predicted": [[place, value] for place, value in answered if value is not None],
    }
