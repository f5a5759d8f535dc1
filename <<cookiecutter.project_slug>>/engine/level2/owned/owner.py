"""The modules that the project's team owns: found and imported, with errors in one sentence.

A missing module declares nothing. declarations.py reads what the others declare.
"""

import copy
import importlib
import re
import sys
import traceback
from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from ..base.errors import ProjectError

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def owner_of(root: Path) -> str | None:
    """Return the name of the one package in src/, or None. Raises ProjectError."""
    packages = sorted(item.parent for item in (root / "src").glob("*/__init__.py"))
    if len(packages) > 1:
        names = " and ".join(shown(str(item)) for item in packages)
        raise ProjectError(f"{names} are two packages: src/ must hold one, the project's own")
    if not packages:
        return None
    folder = str((root / "src").resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return packages[0].name


def module(root: Path, name: str) -> ModuleType | None:
    """Import one of the owner's modules, None if there is no such file. Raises ProjectError."""
    package = owner_of(root)
    if package is None:
        return None
    full = f"{package}.{name}"
    try:
        spec = find_spec(full)
    except ModuleNotFoundError:  # there is no package either
        return None
    if spec is None:
        return None
    try:
        return importlib.import_module(full)
    except Exception as error:
        raise ProjectError(fault(error, str(spec.origin))) from error


def fault(error: BaseException, file: str) -> str:
    """`src/x/metrics.py line 12: ZeroDivisionError: division by zero`."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    line = lines[-1] if lines else None
    text = str(error)
    if isinstance(error, SyntaxError) and error.filename == file:
        line, text = error.lineno, error.msg
    said = (text.splitlines() or [""])[0]
    where = f"{shown(file)} line {line}" if line else shown(file)
    return f"{where}: {type(error).__name__}: {said:.200}".rstrip(": ")


def shown(file: str) -> str:
    """Return a path relative to the project's folder."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def declared(found: ModuleType | None, table: str, taken: Collection[str]) -> dict[str, Any]:
    """Return the module's table of declarations by name. Raises ProjectError for a bad name."""
    if found is None:
        return {}
    place, entries = shown(str(found.__file__)), getattr(found, table, {})
    if not isinstance(entries, Mapping):
        raise ProjectError(f"{place}: {table} is {kind(entries)}, it must be a dict")
    for name in entries:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ProjectError(
                f"{place}: {table} has the name {name!r:.60}, "
                "use lower-case letters, digits and underscores"
            )
        if name in taken:
            raise ProjectError(
                f"{place}: {table} has `{name}`, which is built in: choose another name"
            )
    return dict(entries)


def function(found: ModuleType, entry: str, value: Any) -> Callable[..., Any]:
    """Return the declared value if it is callable. Raises ProjectError."""
    if callable(value):
        return value
    raise ProjectError(
        f"{shown(str(found.__file__))}: {entry} is {kind(value)}, it must be a function"
    )


def kind(value: Any) -> str:
    """`a list`, `an int`, `None` or `the class dict`."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def notify(root: Path, event: str, record: Mapping[str, Any]) -> str:
    """Call the team's notice for an event. Returns what went wrong, empty if nothing did.

    A fault is never raised: what the notice is about has already happened.
    """
    try:
        found = module(root, "notices")
        notice = getattr(found, event, None)
        if found is None or notice is None:
            return ""
        function(found, event, notice)(copy.deepcopy(dict(record)))
    except ProjectError as error:
        return f"the notice failed: {error}"
    except Exception as error:
        return f"the notice failed: {fault(error, str(found and found.__file__))}"
    return ""
