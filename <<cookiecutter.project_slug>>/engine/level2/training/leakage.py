"""Features that leak the target: copies, sums and near-perfect predictors."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..base import scikit
from ..data.contract import DataContract
from .leakage_sums import MIN_ROWS, Leak, copies, sums

Floats = npt.NDArray[np.float64]

SCREENED = 2_000  # rows from which on neighbours are asked before a tree is fitted
SAMPLE = 20_000  # rows looked at first; what they suggest is confirmed on all rows


def find_leakage(table: pd.DataFrame, contract: DataContract, threshold: float) -> list[Leak]:
    """Return suspicious declared features of an ingested table, except those waived.

    `threshold` is the score (R2, balanced accuracy) on held-out halves that no honest single
    feature reaches. It examines 20,000 rows chosen by a fixed seed and confirms equality on all.
    """
    names = [name for name in contract.features if name not in contract.allow_leakage]
    sample = _sample(table)
    leaks = []
    if contract.task == "regression":
        leaks += copies(table, names, contract.target)
        names = _without(names, leaks)
        leaks += sums(table, sample, contract, names)
        names = _without(names, leaks)
    return leaks + _predictors(sample, contract, names, threshold)


def advice(leaks: list[Leak]) -> tuple[str, list[str]]:
    """One sentence for all leaks, and the columns they name."""
    columns = list(dict.fromkeys(name for leak in leaks for name in leak.columns))
    reasons = "; ".join(leak.reason for leak in leaks)
    return f"{reasons}: a model would learn the answer, not the pattern", columns


def _sample(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= SAMPLE:
        return table
    chosen = np.random.default_rng(0).choice(len(table), SAMPLE, replace=False)
    return table.take(np.sort(chosen))


def _without(names: list[str], leaks: list[Leak]) -> list[str]:
    found = {name for leak in leaks for name in leak.columns}
    return [name for name in names if name not in found]


def _predictors(
    sample: pd.DataFrame, contract: DataContract, names: list[str], threshold: float
) -> list[Leak]:
    """Features that alone predict the target nearly perfectly on rows they were not fitted to."""
    known = sample[contract.target].notna()
    if known.sum() < MIN_ROWS:
        return []
    y = sample[contract.target].to_numpy()
    first = _halves(len(sample), contract)
    label = "R2" if contract.task == "regression" else "balanced accuracy"
    leaks = []
    for name in names:
        score = _score(sample[name], y, first, contract.task)
        if score >= threshold:
            reason = (
                f"`{name}` alone predicts the target `{contract.target}` with {label} {score:.4f}"
            )
            leaks.append(Leak((name,), reason))
    return leaks


def _halves(rows: int, contract: DataContract) -> npt.NDArray[np.bool_]:
    """Which rows are the first half: alternating blocks of time, or rows at random."""
    if contract.has_time:  # neighbours in time resemble one another whatever the feature says
        return np.asarray((np.arange(rows) * 20 // rows) % 2 == 0)
    return np.asarray(np.random.default_rng(0).permutation(rows) < rows // 2)


def _score(
    feature: "pd.Series[float]", y: Floats, first: npt.NDArray[np.bool_], task: str
) -> float:
    """Mean score of both halves, each predicted from the other; 0 if it cannot be computed."""
    x = feature.to_numpy()
    if x.dtype == object:
        codes = pd.factorize(feature)[0].astype(np.float64)
        x = np.where(codes < 0, np.nan, codes)
        if len(np.unique(codes)) > 0.2 * len(codes):
            return 0.0  # nearly every row its own category: nothing repeats
    known = np.isfinite(x)
    if not may_tell(x[known], y[known], task):
        return 0.0
    scores = []
    for train in (first, ~first):
        fit, test = known & train, known & ~train
        if min(fit.sum(), test.sum()) < MIN_ROWS // 2:
            return 0.0
        scores.append(_tree_score(x, y, fit, test, task))
    return float(np.mean(scores)) * float(known.mean() > 0.5)


def may_tell(x: Floats, y: Floats, task: str) -> bool:
    """Whether `x` could predict `y` nearly perfectly, without fitting anything.

    In order of `x`, a row is then like one of its two neighbours, because both are in the same leaf
    of the predicting tree: the smaller squared step, relative to the usual difference of two rows,
    is at most the noise (0.005 for an R2 of 0.995). For classes it is the share of rows without a
    neighbour of the same class, relative to the same share among shuffled rows.
    """
    if len(x) < SCREENED:
        return True
    mixed = np.random.default_rng(0).permutation(len(x))  # rows of one x stand in no other order
    answers = y[mixed][np.argsort(x[mixed], kind="stable")]
    if task == "regression":
        steps = np.diff(answers) ** 2
        return float(np.minimum(steps[1:], steps[:-1]).mean()) < 0.05 * 2 * float(np.var(answers))
    other = np.diff(answers) != 0
    shares = np.unique(answers, return_counts=True)[1] / len(answers)
    return float((other[1:] & other[:-1]).mean()) < 0.2 * float((shares * (1 - shares) ** 2).sum())


def _tree_score(
    x: Floats, y: Floats, fit: npt.NDArray[np.bool_], test: npt.NDArray[np.bool_], task: str
) -> float:
    scikit.load()
    from sklearn.metrics import balanced_accuracy_score, r2_score
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if len(np.unique(y[fit])) < 2 or len(np.unique(y[test])) < 2:
        return 0.0
    size = {"max_leaf_nodes": 256, "min_samples_leaf": 2, "random_state": 0}
    if task == "regression":
        model = DecisionTreeRegressor(**size).fit(x[fit, None], y[fit])
        return float(r2_score(y[test], model.predict(x[test, None])))
    model = DecisionTreeClassifier(**size, class_weight="balanced").fit(x[fit, None], y[fit])
    return float(balanced_accuracy_score(y[test], model.predict(x[test, None])))
