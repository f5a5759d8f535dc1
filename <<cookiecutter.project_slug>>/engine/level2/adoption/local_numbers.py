"""Local number formats: what was understood, and what is ambiguous."""

from collections.abc import Collection

import pandas as pd

from ..base.errors import ProjectError
from ..data.column_numbers import check_size
from ..data.columns import Column
from ..data.number_format import LARGEST, LARGEST_TARGET, NumberFormat, parser
from .ambiguous_numbers import grouped
from .columns import Decision
from .kinds import look
from .looks import Look

POINTS = NumberFormat(decimal=",", thousands=".")  # 1.234 is one thousand


def settled(
    raw: pd.DataFrame,
    looks: dict[str, Look],
    missing: Collection[str],
    decimal: str | None,
    delimiter: str | None,
    source: str,
) -> tuple[dict[str, Look], list[Decision]]:
    """The columns, with ambiguous numbers read as the other columns or `decimal` say.

    Raises ProjectError for a column that stays ambiguous, naming the option to set.
    """
    looks = dict(looks)
    unclear = {name: item.doubt for name, item in looks.items() if item.doubt is not None}
    mark = decimal or _mark(raw, looks, unclear)
    if mark == "," or (mark is None and delimiter == ";"):
        plain = [name for name, item in looks.items() if item.kind == "float" and not item.format]
        unclear |= {name: POINTS for name in plain if grouped(raw[name])}
    for name, other in unclear.items():
        first = looks[name].format or NumberFormat()
        if mark is None:
            raise ProjectError(_question(looks[name], raw[name], first, other, source))
        if first.decimal != mark:
            looks[name] = look(raw[name], name, missing, other)
    others = _contrary(raw, looks, decimal) if decimal else []
    if others and not unclear:
        raise ProjectError(_overruled(looks[others[0]], raw[others[0]], str(decimal), source))
    told = []
    for name, item in looks.items():
        if (item.format is not None and item.kind != "empty") or name in others:
            like, read = _understood(item, raw[name])
            if name in others:
                read += f", although DECIMAL={decimal}: it cannot be read as a number otherwise"
            told.append(Decision(name, like, read))
    return looks, told


def _contrary(raw: pd.DataFrame, looks: dict[str, Look], decimal: str) -> list[str]:
    """Columns whose numbers clearly use the other decimal mark."""
    found = []
    for name, item in looks.items():
        if item.numbers is None or not isinstance(raw[name].dtype, pd.StringDtype):
            continue
        if item.format is not None:
            other = item.format.decimal != decimal and _marked(item)
        else:
            other = decimal == "," and "." in _example(item, raw[name])
        found += [name] if other else []
    return found


def _overruled(item: Look, values: "pd.Series", decimal: str, source: str) -> str:
    """The error message for a DECIMAL that contradicts the table."""
    other = "," if decimal == "." else "."
    return (
        f"{source}: column `{item.name}` holds `{_example(item, values)}`, a number with a decimal "
        f"{'comma' if other == ',' else 'point'}, but DECIMAL={decimal} was given: leave it out or "
        f"say DECIMAL={other}"
    )


def _mark(raw: pd.DataFrame, looks: dict[str, Look], unclear: Collection[str]) -> str | None:
    """The decimal mark that other columns clearly use, if they agree."""
    seen = set()
    for name, item in looks.items():
        if (
            name in unclear
            or item.numbers is None
            or not isinstance(raw[name].dtype, pd.StringDtype)
        ):
            continue
        if item.format is not None and (item.format.thousands in {",", "."} or _marked(item)):
            seen.add(item.format.decimal)
        elif item.format is None and item.kind == "float" and not grouped(raw[name]):
            seen.add(".")
    return seen.pop() if len(seen) == 1 else None


def _marked(item: Look) -> bool:
    mark = item.format.decimal if item.format else "."
    return any(mark in text for text in item.texts if text not in item.markers)


def _question(
    item: Look, values: "pd.Series", first: NumberFormat, other: NumberFormat, source: str
) -> str:
    text = _example(item, values)
    options = {form.decimal: f"{parser(form)(text):.12g}" for form in (first, other)}
    return (
        f"{source}: column `{item.name}` can be read in two ways, `{text}` is {options['.']} or "
        f"{options[',']}: say DECIMAL=. for a decimal point ({options['.']}) or DECIMAL=, for a "
        f"decimal comma ({options[',']}), or leave the column out with EXCLUDE="
    )


def _example(item: Look, values: "pd.Series") -> str:
    """The longest of the first texts, which shows every mark."""
    known = [str(text).strip() for text in values.dropna().head(200)]
    return max((text for text in known if text not in item.markers), key=len, default="")


def _understood(item: Look, values: "pd.Series") -> tuple[str, str]:
    """One number as written, and the value it is read as."""
    form = item.format or NumberFormat()
    text = _example(item, values)
    unit = f" {form.symbol}" if form.symbol else ""
    kept = ", percentages are not converted" if form.symbol in {"%", "‰"} else ""
    return f"numbers like `{text}`", f"read as {parser(form)(text):.15g}{unit}{kept}"


def refuse_huge(raw: pd.DataFrame, looks: dict[str, Look], target: str, source: str) -> None:
    """Raise ProjectError for a number that is too large for a model, naming its line."""
    for name, item in looks.items():
        if item.numbers is not None and not item.long:
            column = Column(raw[name], name, source, item.markers)
            limit = LARGEST_TARGET if name == target else LARGEST
            check_size(column, item.numbers, limit)
