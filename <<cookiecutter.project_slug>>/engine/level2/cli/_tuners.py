"""Registers tuners of higher rooms, which `training` cannot import."""

from typing import TYPE_CHECKING

from ..training import tuners

if TYPE_CHECKING:
    from ..model.search_plan import Plan
    from ..project import Context


def register() -> None:
    """Register TUNER=katib for the step `tune`; its room is imported when it searches."""
    tuners.add("katib", _katib)


def _katib(context: "Context", plan: "Plan") -> tuple[tuners.Trials, tuple[str, ...]]:
    from ..kubeflow.katib import search

    return search.search(context, plan)
