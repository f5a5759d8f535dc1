"""The project's own modules: found, checked, and registered with the engine.

A module that is absent declares nothing. Each function of the owner is called through a guard: a
fault in it is one sentence that names the file and the line.
"""

import importlib
import re
import traceback
from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from .core import estimators
from .errors import ProjectError

PACKAGE = f"{__package__}.own"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def owner_of(root: Path) -> str:  # noqa: ARG001  every root has the same package in this layout
    """Return the name of the package that holds the owner's modules."""
    return PACKAGE


def install(root: Path) -> None:
    """Register what the owner declares. Raises ProjectError for a fault in one of the modules."""
    estimators.add_own(_families(module(root, "estimators")))


def module(root: Path, name: str) -> ModuleType | None:
    """Import one of the owner's modules, None where there is no such file. Raises ProjectError."""
    full = f"{owner_of(root)}.{name}"
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
    """Return a path as a person in the project's folder writes it."""
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
                "use small letters, digits and underscores"
            )
        if name in taken:
            raise ProjectError(
                f"{place}: {table} has `{name}`, which is built in: choose another name"
            )
    return dict(entries)


def function(found: ModuleType, entry: str, value: Any) -> Callable[..., Any]:
    """Return what was declared if it can be called. Raises ProjectError."""
    if callable(value):
        return value
    raise ProjectError(
        f"{shown(str(found.__file__))}: {entry} is {kind(value)}, it must be a function"
    )


def _families(found: ModuleType | None) -> dict[str, estimators.Family]:
    entries = declared(found, "ESTIMATORS", estimators.BUILT_IN)
    if found is None:
        return {}
    scaled = getattr(found, "SCALED", ())
    strange = sorted(str(name) for name in scaled if name not in entries)
    if strange:
        raise ProjectError(
            f"{shown(str(found.__file__))}: SCALED names `{strange[0]}`, "
            "which is not one of ESTIMATORS"
        )
    return {
        name: estimators.Family(
            _guarded(found, name, function(found, f"ESTIMATORS[{name!r}]", value)),
            scaled=name in scaled,
            trusted=estimators.TRUSTED,
        )
        for name, value in entries.items()
    }


def _guarded(found: ModuleType, name: str, build: Callable[..., Any]) -> Callable[..., Any]:
    """Build an estimator and check that it is one."""
    file = str(found.__file__)

    def guarded(task: str, params: Mapping[str, Any], seed: int) -> Any:
        try:
            model = build(task, dict(params), seed)
        except (TypeError, ValueError):  # parameters that it does not take: the caller names them
            raise
        except Exception as error:
            raise ProjectError(fault(error, file)) from error
        verb = "predict" if task == "regression" else "predict_proba"
        if isinstance(model, type) or not all(
            hasattr(model, wanted) for wanted in ("fit", "get_params", verb)
        ):
            raise ProjectError(
                f"{shown(file)}: {name} returned {kind(model)} for task {task}, "
                f"it must return a scikit-learn estimator with `{verb}`"
            )
        return model

    return guarded


def kind(value: Any) -> str:
    """`a list`, `an int`, `None` or `the class dict`."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
