"""A model frame as numbers: categories of many values by their rows' mean target, as in ONNX."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.feature import Feature
from . import weighing
from .constraints import FREE, Monotonic, constrain
from .metrics import Array

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {"regression": "continuous", "binary": "binary", "multiclass": "multiclass"}


def many_values(task: str, seed: int, scaled: bool) -> Any:
    """An unfitted encoder of categories with many values; unseen ones count as other.

    For trees it is the mean target, one column per category feature and class of a multiclass task:
    `fit_transform` encodes each fifth of the rows from the other four, so that no row is encoded
    from its own target. For linear models (`scaled`) it is a sparse column per value: their penalty
    shrinks rare values as the means would, and other features do not blur a value's effect.
    """
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import OneHotEncoder, TargetEncoder

    if scaled:
        return OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    return TargetEncoder(target_type=_KINDS[task], cv=KFold(5, shuffle=True, random_state=seed))


def transformer(features: Mapping[str, Feature], task: str, seed: int, scaled: bool) -> Any:
    """The unfitted preprocessing of an estimator; `scaled` imputes and standardizes numbers.

    No parameter of the estimator changes it.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name, feature in features.items() if feature.numeric]
    categories = [
        name for name, item in features.items() if not item.numeric and not item.by_target
    ]
    targets = [name for name, feature in features.items() if feature.by_target]
    prepare = (
        make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
        if scaled
        else "passthrough"
    )
    parts: list[tuple[str, Any, list[str]]] = []
    if numbers:
        parts.append(("numbers", prepare, numbers))
    if categories:
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
        parts.append(("categories", encoder, categories))
    if targets:
        parts.append(("targets", many_values(task, seed, scaled), targets))
    return ColumnTransformer(parts, verbose_feature_names_out=False)


def fit(
    model: Any,
    frame: "pd.DataFrame",
    truth: Any,
    monotonic: Monotonic = FREE,
    weights: Array | None = None,
) -> Any:
    """Fit a pipeline and round its encodings to float32, which is what ONNX looks up.

    Unrounded, a tree could send a value and its float32 different ways. Raises ProjectError if
    `monotonic` constrains an estimator that takes no constraints, or `weights`, of shape (n,), are
    given to one that takes none.
    """
    prepare, estimator = model.named_steps["inputs"], model.named_steps["model"]
    # how many columns there are is known only now
    rows = weighing.inputs(prepare, frame, truth, weights)
    family = type(estimator).__name__
    numbers: list[str] = next(
        (names for part, _, names in prepare.transformers if part == "numbers"), []
    )
    constrain(estimator, numbers, rows.shape[1], monotonic, family)
    weighing.fit(estimator, rows, truth, weights, family)
    for means in _encoders(model):
        means.encodings_ = [item.astype(np.float32).astype(float) for item in means.encodings_]
        rounded = np.asarray(means.target_mean_, dtype=np.float32).astype(float)
        means.target_mean_ = rounded if rounded.ndim else float(rounded)
    return model


def _encoders(model: Any) -> Iterator[Any]:
    from sklearn.preprocessing import TargetEncoder

    parts = (part for _, part, _ in model.named_steps["inputs"].transformers_)
    yield from (part for part in parts if isinstance(part, TargetEncoder))


def learned(features: Mapping[str, Feature], frame: "pd.DataFrame") -> dict[str, Feature]:
    """The features with the categories of the training rows, if the contract lists none.

    The service offers them and refuses others (`unseen: refuse`), and the monitor counts them as
    known. `frame` is the model frame of the training rows.
    """
    return {
        name: _learned(feature, frame[name])
        if feature.categories is None and (feature.by_target or feature.unseen == "refuse")
        else feature
        for name, feature in features.items()
    }


def _learned(feature: Feature, values: "pd.Series[str]") -> Feature:
    names = tuple(sorted(str(value) for value in values.unique() if value != ""))
    unseen = feature.unseen or "other"
    return feature.model_copy(update={"categories": names, "unseen": unseen})
