"""The target: a number or a class."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.column_numbers import NOT_A_NUMBER
from ..data.columns import Column, encode
from ..data.digits import merged
from ..data.number_format import NumberFormat, parser
from .ambiguous_numbers import ambiguous_format
from .columns import Decision
from .looks import Look
from .suspects import counts_rows

MAX_CLASSES = 50
FEW_NUMBERS = 20  # whole numbers with at most this many values are classes
MIN_CLASS_ROWS = 5


class Answer(NamedTuple):
    """The target: its raw column, task and classes."""

    column: str
    task: str
    classes: tuple[str, ...] | None
    markers: frozenset[str]
    decision: Decision
    format: NumberFormat | None = None  # of a number that is not written plainly


def find_target(raw: pd.DataFrame, found: Look, task: str | None, source: str) -> Answer:
    """Decide the task. Raises ProjectError for a target that cannot be learned."""
    name = found.name
    if task not in {None, "regression", "binary", "multiclass"}:
        raise ProjectError(f"TASK={task} is not known, use regression, binary or multiclass")
    _refuse(found, source)
    numeric = found.numbers is not None
    classes = _classes(raw, found, source)
    guess, reason = _guess(found, classes)
    task, reason = (task, "requested by TASK") if task else (guess, reason)
    if task == "regression":
        if not numeric:
            raise ProjectError(
                f"{source}: TASK=regression needs numbers, the target `{name}` holds text like "
                f"`{_example(found)}`"
            )
        known = found.known_numbers
        if lost := merged(known, 0.0) + found.distinct - len(np.unique(known)):
            raise ProjectError(
                f"{source}: the target `{name}` has more digits than the model's numbers (float32) "
                f"hold, {lost:,} of its {found.distinct:,} values become equal to others: subtract "
                "a constant from it, or choose another column"
            )
        return _answer(found, task, None, reason)
    if task == "binary" and found.distinct != 2:
        raise ProjectError(
            f"{source}: TASK=binary needs 2 classes, the target `{name}` has {found.distinct:,}"
        )
    if task == "multiclass" and found.distinct < 3:
        raise ProjectError(f"{source}: the target `{name}` has 2 classes: use TASK=binary")
    if found.distinct > MAX_CLASSES:
        raise ProjectError(
            f"{source}: the target `{name}` has {found.distinct:,} different values, at most "
            f"{MAX_CLASSES} can be classes: choose another target or group them"
        )
    rare = min(classes, key=lambda label: classes[label])
    if classes[rare] < MIN_CLASS_ROWS:
        raise ProjectError(
            f"{source}: class `{rare}` of the target `{name}` has "
            f"{plural(classes[rare], 'row')}, at least {MIN_CLASS_ROWS} are needed: "
            "group it with another or remove its rows"
        )
    return _answer(found, task, tuple(classes), reason)


def _answer(found: Look, task: str, classes: tuple[str, ...] | None, reason: str) -> Answer:
    gaps = ""
    if found.missing:
        verb = "is" if found.missing == 1 else "are"
        gaps = f"; {plural(found.missing, 'row')} without it {verb} left out"
    if counts_rows(found):
        low, high = found.known_numbers.min(), found.known_numbers.max()
        gaps += f"; A RUNNING NUMBER from {low:.0f} to {high:.0f}, which only counts rows"
    decision = Decision(found.name, f"target, {task}", reason + gaps)
    form = found.format if task == "regression" else None
    return Answer(found.name, task, classes, found.markers, decision, form)


def _refuse(found: Look, source: str) -> None:
    name = found.name
    if found.kind in {"empty", "nested"}:
        problem = "is empty in every row" if found.kind == "empty" else "holds lists or records"
        raise ProjectError(f"{source}: the target `{name}` {problem}: choose another column")
    if found.kind == "constant":
        raise ProjectError(
            f"{source}: the target `{name}` is `{_example(found)}` in every row that has one: "
            "there is nothing to learn, choose another column"
        )
    if found.kind == "date":
        raise ProjectError(f"{source}: the target `{name}` holds dates: choose a number or a class")
    dressed, odd = ambiguous_format(found) if found.kind == "text" else ("", "")
    if dressed:
        beside = f", but also `{odd}`" if odd else " in more than one format"
        raise ProjectError(
            f"{source}: the target `{name}` holds numbers in a local format like "
            f"`{dressed}`{beside}: "
            "write all of them alike, or name what means missing with MISSING="
        )


def _example(found: Look) -> str:
    if found.numbers is not None:
        return f"{found.known_numbers[0]:g}"
    return next(text for text in found.texts if text and text not in found.markers)


def _classes(raw: pd.DataFrame, found: Look, source: str) -> dict[str, int]:
    """Rows per class, numbers by size and words alphabetically."""
    if found.numbers is not None and found.distinct > MAX_CLASSES:
        return {}
    column = Column(raw[found.name], found.name, source, found.markers)
    codes, texts = encode(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    classes = {str(text): int(n) for text, n in zip(texts, counts, strict=True) if n}
    if found.numbers is None:
        return dict(sorted(classes.items()))
    if found.format is not None:
        read = parser(found.format)
        return dict(sorted(classes.items(), key=lambda item: read(item[0])))
    column.first((codes >= 0) & np.isnan(found.numbers), NOT_A_NUMBER)
    return dict(sorted(classes.items(), key=lambda item: float(item[0])))


def _guess(found: Look, classes: dict[str, int]) -> tuple[str, str]:
    if found.distinct == 2 and found.kind != "float":
        return "binary", f"two values, {' and '.join(classes)}"
    if found.kind == "float":
        return "regression", f"numbers with fractions, {found.distinct:,} different ones"
    if found.kind == "int" and found.distinct > FEW_NUMBERS:
        return "regression", f"{found.distinct:,} different whole numbers"
    if found.kind == "int" and min(classes.values()) < MIN_CLASS_ROWS:
        return "regression", f"{found.distinct:,} whole numbers, some too rare to be classes"
    return "multiclass", f"{found.distinct:,} different values"
