"""Monotonic constraints: inputs along which predictions only rise, or only fall."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from ..base.errors import ProjectError
from ..data.feature import Feature

Direction = Literal["increasing", "decreasing"]
Monotonic = Mapping[str, Direction]  # by feature
SIGNS: dict[Direction, int] = {"increasing": 1, "decreasing": -1}
FREE: Monotonic = {}
_PARAMETER = "monotonic_cst"
# Before an estimator: each keeps the columns in place and the order of every column's values.
_KEEPING = ("SimpleImputer", "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")


def problems(
    monotonic: Monotonic, features: Mapping[str, Feature], task: str, unable: Sequence[str]
) -> Iterator[str]:
    """What keeps `train.monotonic` from being held; `unable` are families searched that cannot."""
    if not monotonic:
        return
    if task == "multiclass":
        yield "train.monotonic needs task regression or binary: more classes have no order"
    for name in monotonic:
        if name not in features:
            yield (
                f"train.monotonic: `{name}` is not an input of the model, "
                f"use one of {', '.join(key for key, item in features.items() if item.numeric)}"
            )
        elif not features[name].numeric:
            yield f"train.monotonic: `{name}` is a category, whose values have no order: remove it"
    for family in unable:
        yield _refusal(family)


def refuse_unable(estimator: Any, family: str) -> str:
    """The path of the constraints' parameter of an estimator. Raises ProjectError without one."""
    parameter = _parameter(estimator)
    if parameter is None:
        raise ProjectError(f"params.yaml: {_refusal(family)}")
    return parameter


def constrain(
    estimator: Any, numbers: Sequence[str], width: int, monotonic: Monotonic, family: str
) -> None:
    """Set the constraints of an unfitted estimator of `width` inputs, which `numbers` begin.

    Raises ProjectError if it takes none.
    """
    if not monotonic:
        return
    parameter = refuse_unable(estimator, family)
    signs = [SIGNS[monotonic[name]] if name in monotonic else 0 for name in numbers]
    estimator.set_params(**{parameter: signs + [0] * (width - len(signs))})


def _refusal(family: str) -> str:
    return (
        f"train.monotonic: {family} cannot be constrained, leave it out of tune.families: "
        "hist_gradient_boosting, extra_trees and forests of your own can"
    )


def _parameter(estimator: Any) -> str | None:
    """The path of the constraints' parameter; None if there is none or the columns may move."""
    from sklearn.pipeline import Pipeline

    path = ""
    while isinstance(estimator, Pipeline):
        *before, (name, last) = estimator.steps
        if not all(type(step).__name__ in _KEEPING or step == "passthrough" for _, step in before):
            return None
        path, estimator = f"{path}{name}__", last
    return path + _PARAMETER if _PARAMETER in estimator.get_params(deep=False) else None
