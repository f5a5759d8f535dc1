"""The shipped families of estimators: each is one entry that exports faithfully to ONNX.

Inputs are float32 numbers and one-hot columns. There is no scaler before trees and no native
categories: both make ONNX exports silently wrong. Where an export is wrong for missing values, as
that of scikit-learn's own forests is, they become the column's median first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..data.feature import Feature

MOST_SQUARED = 100  # input columns of which `polynomial` makes all products


@dataclass(frozen=True)
class Family:
    """How to build one kind of estimator, and the non-default types its skops file may contain."""

    build: Callable[[str, Mapping[str, Any], int], Any]
    scaled: bool  # impute and standardize the numbers first
    trusted: tuple[str, ...] = ()
    monotonic: bool | None = None  # whether it takes constraints; None: the estimator tells


def _hist_gradient_boosting(task: str, params: Mapping[str, Any], seed: int) -> Any:
    from sklearn import ensemble

    kind = "Regressor" if task == "regression" else "Classifier"
    # Early stopping would draw its own random validation rows: ours are split by time.
    return getattr(ensemble, f"HistGradientBoosting{kind}")(
        random_state=seed, early_stopping=False, **params
    )


def _linear(task: str, params: Mapping[str, Any], seed: int) -> Any:
    from sklearn import linear_model

    if task == "regression":
        return linear_model.Ridge(**params)
    return linear_model.LogisticRegression(max_iter=1000, random_state=seed, **params)


def _extra_trees(task: str, params: Mapping[str, Any], seed: int) -> Any:
    from sklearn import ensemble
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    kind = "Regressor" if task == "regression" else "Classifier"
    trees = getattr(ensemble, f"ExtraTrees{kind}")(random_state=seed, **params)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), trees)


def _polynomial(task: str, params: Mapping[str, Any], seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    degree, others = params.get("degree", 2), {k: v for k, v in params.items() if k != "degree"}
    powers = PolynomialFeatures(degree=int(degree), include_bias=False)
    return make_pipeline(powers, _linear(task, others, seed))


def _sgd(task: str, params: Mapping[str, Any], seed: int) -> Any:
    from sklearn import linear_model

    values = {"average": True, **params}  # without, the last few rows decide too much
    if task == "regression":  # scikit-learn's own first step is too short for rare categories
        return linear_model.SGDRegressor(random_state=seed, **{"eta0": 0.05, **values})
    return linear_model.SGDClassifier(loss="log_loss", random_state=seed, **values)


SHIPPED: dict[str, Family] = {
    "hist_gradient_boosting": Family(
        _hist_gradient_boosting,
        scaled=False,
        trusted=(
            "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
            "sklearn.model_selection._split.KFold",  # how target encodings were crossed
        ),
        monotonic=True,
    ),
    "linear": Family(
        _linear,
        scaled=True,
        trusted=("numpy.dtype",),  # the imputer keeps one
        monotonic=False,
    ),
    "extra_trees": Family(
        _extra_trees,
        scaled=False,
        trusted=("numpy.dtype", "sklearn.model_selection._split.KFold", "sklearn.tree._tree.Tree"),
        monotonic=True,
    ),
    "polynomial": Family(_polynomial, scaled=True, trusted=("numpy.dtype",), monotonic=False),
    "sgd": Family(_sgd, scaled=True, trusted=("numpy.dtype",), monotonic=False),
}
# What a project's own family may not be called; others came later, when projects had their own.
BUILT_IN = frozenset({"hist_gradient_boosting", "linear"})
# Types beside scikit-learn's estimators that a skops file of the project's own families may hold.
TRUSTED = (
    "numpy.dtype",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.model_selection._split.KFold",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)


def too_wide(features: Mapping[str, Feature]) -> str:
    """Why `polynomial` cannot take these inputs, empty if it can."""
    width = sum(
        1 if item.numeric else len(item.categories or ()) or item.most for item in features.values()
    )
    if width <= MOST_SQUARED:
        return ""
    return (
        f"{width:,} input columns, a category counting each of its values, would become "
        f"{width * (width + 3) // 2:,}: at most {MOST_SQUARED} are allowed, leave the family out"
    )
