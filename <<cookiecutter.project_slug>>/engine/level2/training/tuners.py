"""Tuners outside this process: a higher room registers its own under the name of TUNER."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..base.errors import ProjectError

if TYPE_CHECKING:
    from ..model.search_plan import Plan
    from ..project import Context

Trials = dict[str, list[dict[str, Any]]]  # by family: number, params and value of each
Search = Callable[["Context", "Plan"], tuple[Trials, tuple[str, ...]]]  # trials, and where they ran
_REGISTERED: dict[str, Search] = {}


def add(name: str, search: Search) -> None:
    """Let `search` run every family's trials if TUNER is `name`."""
    _REGISTERED[name] = search


def registered(name: str) -> Search:
    """The tuner of that name. Raises ProjectError if none is registered."""
    try:
        return _REGISTERED[name]
    except KeyError:
        raise ProjectError(
            f"TUNER={name} is not registered in this process: run `tune` by a command of the "
            "project, or set TUNER=optuna"
        ) from None
