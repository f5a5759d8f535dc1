"""Choose a plain name for each column of a table."""

import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

from ..base.names import made
from ..data.contract import ROW_ID

_LONG = 50  # characters of a name that is made


def names_for(
    columns: Sequence[str],
    target: str,
    entity: str | None,
    key: str = ROW_ID,
    others: Collection[str] = (),
    classes: Sequence[str] = (),
) -> dict[str, str]:
    """A plain name for each column; plain names that are not taken stay as they are.

    `key` is the join key if there is no entity; `others` are columns of the table that keep their
    own names.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()

    def refused(column: str, name: str) -> bool:
        if name.casefold() in taken or name in others:
            return True
        known = {**names, column: name} if column in ends else names
        of = known.get(target, ""), known.get(entity or "", key)
        met = known.values() if column in ends else [name]
        return any(made(item, *of, classes) for item in met)

    ends = {target, entity}  # what others are called after: these are named first
    for column in sorted(columns, key=lambda name: (name not in ends, not plain(name))):
        base = column if plain(column) else _plainer(column)
        name, number = base, 2
        while refused(column, name):  # DuckDB does not tell `Wind` from `wind`
            name, number = f"{base[:_LONG].rstrip('_')}_{number}", number + 1
        names[column] = name
        taken.add(name.casefold())
    return names


def plain(name: str) -> bool:
    """Whether a name is valid everywhere: Python, SQL, Feast, file names."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)) and (
        not keyword.iskeyword(name) and "__" not in name and len(name) <= 60
    )


def _plainer(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    text = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONG].rstrip("_") or "column"
    text = text if text[0].isalpha() else f"c_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text
