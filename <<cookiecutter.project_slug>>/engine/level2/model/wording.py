"""Numbers, metrics and names for people."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from .metrics import DIRECTIONS

NARROW = "\u00a0"  # no line break between a number and its unit
LABELS = {
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "smape": "sMAPE",
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "f1_macro": "macro F1",
    "brier": "Brier score",
}
IN_UNIT_OF_TARGET = {"rmse", "mae"}
SHARES = {"smape"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_CHANGE = 10.0  # a change beyond ten times says no more than that


def label(name: str) -> str:
    """A metric's or baseline's name for people."""
    return LABELS.get(name, name.replace("_", " "))


def number(value: float | None) -> str:
    """Four significant digits, thousands separated; `not a number` for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return "not a number"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15 or size < 1e-4:
        digits, _, power = f"{value:.1e}".partition("e")
        return _signed(f"{digits} × 10{str(int(power)).translate(_SUPERSCRIPT)}")
    decimals = min(5, max(0, 3 - math.floor(math.log10(size))))
    return _signed(f"{value:,.{decimals}f}")


def tick(value: float) -> str:
    """A number on an axis, as short as possible."""
    if abs(value) >= 1e7:
        return number(value)
    return _signed(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}")


def share(value: float, decimals: int = 1) -> str:
    """A fraction as `1.8 %`."""
    rounded = round(100 * value, decimals) + 0.0  # no minus before a zero
    return _signed(f"{rounded:,.{decimals}f}{NARROW}%")


def metric(name: str, value: float | None, unit: str = "") -> str:
    """A metric's value with its unit, if it has one; scores have four decimals."""
    if value is None or not math.isfinite(value):
        return number(value)
    if name in SHARES:
        return share(value, 2)
    if any(directions.get(name) == "maximize" for directions in DIRECTIONS.values()):
        return _signed(f"{round(value, 4) + 0.0:,.4f}")  # no minus before a zero
    return with_unit(number(value), unit if name in IN_UNIT_OF_TARGET else "")


def metrics_table(
    columns: Mapping[str, Mapping[str, float | None]], names: Sequence[str], unit: str
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table of models: one column per model, one row per metric."""
    rows = [
        [name, *(metric(name, values.get(name)) for values in columns.values())] for name in names
    ]
    return [f"metric ({unit})" if unit else "metric", *columns], rows


def with_unit(text: str, unit: str) -> str:
    """`412.7 MW`, or the number alone."""
    return f"{text}{NARROW}{unit}" if unit else text


def axis(name: str, unit: str = "") -> str:
    """An axis label: `load (MW)`."""
    return f"{clean(name, 32)} ({clean(unit, 12)})" if unit else clean(name, 32)


def change(value: float) -> str:
    """A relative change as `+6.3 %`."""
    if math.isnan(value):
        return "–"
    if abs(value) > _MOST_CHANGE:
        return _signed(
            f"{'>' if value > 0 else '<'}{NARROW}{math.copysign(999, value):+.0f}{NARROW}%"
        )
    tenths = round(1000 * value) / 10 + 0.0  # no minus before a zero
    return _signed(f"{tenths:+,.1f}{NARROW}%")


def difference(task: str, name: str, new: float | None, old: float | None, relative: bool) -> str:
    """How `new` differs from `old`: in percent; by subtraction for scores with maximum 1."""
    if new is None or old is None or not (math.isfinite(new) and math.isfinite(old)):
        return "–"
    if relative or DIRECTIONS[task].get(name) == "minimize":
        return change((new - old) / max(abs(old), 1e-12))
    return _signed(f"{round(new - old, 4) + 0.0:+.4f}")  # no minus before a zero


def middle(text: object, limit: int) -> str:
    """At most `limit` characters, cut in the middle, because names often differ at the end."""
    line = clean(text, 10 * limit)
    if len(line) <= limit:
        return line
    tail = limit // 2
    return f"{line[: limit - tail - 1]}…{line[-tail:]}"


def clean(text: object, limit: int = 80) -> str:
    """One line of at most `limit` characters, without control and direction-changing characters."""
    kept = "".join(
        char for char in str(text) if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = re.sub(rf"[^\S{NARROW}]+", " ", kept).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _signed(text: str) -> str:
    return text.replace("-", "−")
