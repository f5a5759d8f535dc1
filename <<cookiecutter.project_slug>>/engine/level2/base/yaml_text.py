"""YAML 1.2, read by the parser that DVC uses, so that a run and its record have the same values.

YAML 1.1, as in PyYAML, reads `1e-3` as text, `NO` as false, `017` as 15, `1:30` as 90.
"""

import functools
import io
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

_TEXT, _MAP = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map"


class DamagedError(ValueError):
    """Text that is not YAML; `line` counts from 1 and is None if unknown."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def load(text: str) -> Any:
    """The value of a YAML document. Raises DamagedError, also for tags that name objects."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or (str(error).splitlines() or ["unreadable"])[0]
        raise DamagedError(str(problem), mark.line + 1 if mark else None) from error


def dump(value: Any, **layout: Any) -> str:
    """YAML that reads back equal in YAML 1.1 and 1.2, keys in their order.

    `layout` are options of PyYAML: default_flow_style, width.
    """
    layout = {"sort_keys": False, "allow_unicode": True, "width": 10_000, **layout}
    return str(yaml.dump(value, Dumper=_Dumper, **layout))


def added(
    text: str, entries: Mapping[tuple[str, str], Mapping[str, Any]], before: tuple[str, str]
) -> str:
    """A document with entries added to mappings at (section, key), its comments kept.

    A mapping that is missing is made, before the key `before`. Each value is written on one line.
    """
    parser = YAML()
    parser.preserve_quotes, parser.width = True, 10_000
    tree = parser.load(text)
    for (section, key), values in entries.items():
        if not tree[section].get(key):
            place = list(tree[section]).index(before[1]) if before[1] in tree[section] else 0
            comment = tree[section].ca.items.get(key)
            tree[section].pop(key, None)
            tree[section].insert(place, key, CommentedMap())
            if comment is not None:
                tree[section].ca.items[key] = comment
        for name, value in values.items():
            made = CommentedMap(value)
            made.fa.set_flow_style()
            tree[section][key][name] = made
    stream = io.StringIO()
    parser.dump(tree, stream)
    return stream.getvalue()


def inline(text: str) -> str:
    """The text itself, or quoted if `load` would read something else."""
    try:
        same = load(text) == text
    except DamagedError:
        same = False
    return text if same else dump([text], default_flow_style=True).strip()[1:-1]


class Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Quotes texts that either version of YAML would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the same list twice is two lists
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Quote a text that looks like a number, a boolean, a date or null.

        Text with line breaks or invisible characters is written with escapes, on one line.
        """
        if len(text.splitlines()) > 1 or _UNUSUAL.search(text):
            return self.represent_scalar(_TEXT, text, style='"')
        return self.represent_scalar(_TEXT, text, style=None if _plain(text) else "'")

    yaml_representers: ClassVar[dict[Any, Any]] = {
        **yaml.SafeDumper.yaml_representers,
        str: represent_text,
        Line: lambda dumper, line: dumper.represent_mapping(_MAP, line, True),
    }


_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def _plain(text: str) -> bool:
    """Whether YAML 1.2 reads the bare text as text."""
    return _resolver().resolve(ScalarNode, text, (True, False)) == _TEXT


@functools.cache
def _resolver() -> Any:
    return VersionedResolver()
