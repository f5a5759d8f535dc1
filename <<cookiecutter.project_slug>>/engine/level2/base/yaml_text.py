"""YAML 1.2, read by the parser that DVC uses, so that a run and its record hold the same values.

YAML 1.1, which PyYAML speaks, takes `1e-3` for text, `NO` for false, `017` for 15, `1:30` for 90.
"""

import functools
import re
from typing import Any, ClassVar

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

_TEXT, _MAP = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map"


class DamagedError(ValueError):
    """Text that is not YAML; `line` counts from 1 and is None where it is not known."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def load(text: str) -> Any:
    """The value of a YAML document. Raises DamagedError, also for a tag that names an object."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or (str(error).splitlines() or ["unreadable"])[0]
        raise DamagedError(str(problem), mark.line + 1 if mark else None) from error


def dump(value: Any, **layout: Any) -> str:
    """YAML that reads back equal, by YAML 1.2 and by readers of YAML 1.1; keys in their order.

    `layout` are PyYAML's own words for it: default_flow_style, width.
    """
    layout = {"sort_keys": False, "allow_unicode": True, "width": 10_000, **layout}
    return str(yaml.dump(value, Dumper=_Dumper, **layout))


def inline(text: str) -> str:
    """The text itself, or in quotes where `load` would read something else."""
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
        """A text in quotes where it looks like a number, a truth value, a date or nothing.

        One with line breaks or signs that nobody sees is written with escapes, on one line.
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
    """Whether YAML 1.2 takes the bare text for text."""
    return _resolver().resolve(ScalarNode, text, (True, False)) == _TEXT


@functools.cache
def _resolver() -> Any:
    return VersionedResolver()
