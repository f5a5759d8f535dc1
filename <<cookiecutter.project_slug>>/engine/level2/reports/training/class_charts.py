"""Plots of a classification: ROC, precision and recall, confusion; see calibration.py too."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...data.contract import DataContract
from ...model import wording
from ...model.metrics import Array
from .calibration import calibration_chart
from .charts import Chart, Line, Matrix, sampled

MOST_CURVE_POINTS = 300
MOST_CLASSES = 10
OTHER = "other"
UNIT = np.array([0.0, 1.0])


def class_charts(table: pd.DataFrame, contract: DataContract) -> list[Chart]:
    """Every plot the rows allow; `table` has the truth's code and one probability per class."""
    classes = contract.classes or ()
    truth, probabilities = known(table, contract)
    if len(truth) < 2:
        return []
    answered = _answered(table, contract, probabilities)
    calibration = calibration_chart(truth, probabilities, classes)
    found = [] if calibration is None else [calibration]
    if contract.task != "binary":
        return [_confusion(truth, answered, classes), *found]
    positive = probabilities[:, 1]
    if len(np.unique(truth)) == 2:
        found = [_roc(truth, positive), _precision_recall(truth, positive), *found]
    return [*found, _confusion(truth, answered, classes)]


def _answered(
    table: pd.DataFrame, contract: DataContract, probabilities: Array
) -> npt.NDArray[np.int_]:
    """Codes of the predicted classes; the likeliest if the table has none."""
    if "answered" not in table:
        return np.asarray(probabilities.argmax(axis=1))
    columns = [f"p_{name}" for name in contract.classes or ()]
    whole = np.isfinite(table[columns].to_numpy(dtype=float)).all(axis=1)
    return table["answered"].to_numpy()[whole].astype(int)


def known(table: pd.DataFrame, contract: DataContract) -> tuple[npt.NDArray[np.int_], Array]:
    """Codes of the true classes and probabilities (a column per class) of complete rows."""
    columns = [f"p_{name}" for name in contract.classes or ()]
    probabilities = table[columns].to_numpy(dtype=float)
    whole = np.isfinite(probabilities).all(axis=1)
    return table["truth"].to_numpy()[whole].astype(int), probabilities[whole]


def ranking(truth: npt.NDArray[np.int_], score: Array) -> tuple[Array, Array]:
    """True and false positives above each distinct score, from the highest score down."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)  # equal scores are accepted together
    hits = np.cumsum(truth[order] == 1)[last].astype(float)
    return hits, np.arange(1, len(order) + 1)[last] - hits


def roc_points(truth: npt.NDArray[np.int_], score: Array) -> tuple[Array, Array]:
    """False- and true-positive rates, from (0, 0) to (1, 1)."""
    hits, misses = ranking(truth, score)
    rates = (np.append(0.0, part / max(part[-1], 1.0)) for part in (misses, hits))
    false_rate, true_rate = rates
    return false_rate, true_rate


def _roc(truth: npt.NDArray[np.int_], score: Array) -> Chart:
    false_rate, true_rate = roc_points(truth, score)
    hits = int((truth == 1).sum())
    area = float(np.trapezoid(true_rate, false_rate))
    caught = float(np.interp(0.1, false_rate, true_rate))
    some = _thin(len(false_rate))
    return Chart(
        "roc",
        f"ROC AUC {area:.3f}",
        "false alarms (share of negatives)",
        "found (share of positives)",
        (
            Line(false_rate[some], true_rate[some], "candidate", "this candidate"),
            Line(UNIT, UNIT, "guide", "guessing", dashed=True),
        ),
        tall=True,
        note=f"At {wording.share(0.1, 0)} false alarms it finds {wording.share(caught, 0)} of "
        f"the {hits:,} positives.",
    )


def _precision_recall(truth: npt.NDArray[np.int_], score: Array) -> Chart:
    hits, misses = ranking(truth, score)
    precision, recall = hits / (hits + misses), hits / max(hits[-1], 1.0)
    average = float(np.sum(np.diff(np.append(0.0, recall)) * precision))
    base = float((truth == 1).mean())
    some = _thin(len(precision))
    return Chart(
        "precision_recall",
        f"Average precision {average:.3f}",
        "found (share of positives)",
        "correct (share of predicted positives)",
        (
            Line(recall[some], precision[some], "candidate", "this candidate"),
            Line(UNIT, np.array([base, base]), "guide", "guessing", dashed=True),
        ),
        tall=True,
        limits=(-0.03, 1.03),
        note=f"Guessing has {base:.3f}, the share of positives.",
    )


def confusion(truth: npt.NDArray[np.int_], predicted: npt.NDArray[np.int_], classes: int) -> Array:
    """Counts: a row per true class, a column per predicted one."""
    pairs = np.bincount(truth * classes + predicted, minlength=classes**2)
    return pairs.reshape(classes, classes).astype(float)


def _confusion(
    truth: npt.NDArray[np.int_], answered: npt.NDArray[np.int_], classes: tuple[str, ...]
) -> Chart:
    counts = confusion(truth, answered, len(classes))
    labels = tuple(wording.clean(name, 40) or "(empty)" for name in classes)
    if len(classes) > MOST_CLASSES + 1:
        counts, labels = _grouped(counts, labels)
    wrong = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(wrong, 0)
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    title, note = "No row is misclassified", ""
    if wrong.max() > 0:
        part = wording.share(float(wrong[row, column]), 0)
        title = f"Most frequent mix-up: {part}"
        note = f"{part} of the rows of {labels[row]} are predicted as {labels[column]}."
    shown = tuple(wording.middle(name, 13) for name in labels)
    mark = Matrix(shown, counts)
    return Chart("confusion", title, "predicted", "actual", (mark,), tall=True, note=note)


def _grouped(counts: Array, labels: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """Keep the most frequent classes, sum up the rest."""
    frequent = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:MOST_CLASSES])
    place = np.full(len(labels), MOST_CLASSES)
    place[frequent] = np.arange(MOST_CLASSES)
    found = np.zeros((MOST_CLASSES + 1, MOST_CLASSES + 1), dtype=counts.dtype)
    np.add.at(found, (place[:, None], place[None, :]), counts)
    return found, (*(labels[code] for code in frequent), OTHER)


def _thin(count: int) -> npt.NDArray[np.intp]:
    """Both ends and a sample in between."""
    inner = sampled(max(count - 2, 0), MOST_CURVE_POINTS) + 1
    return np.unique(np.concatenate([[0], inner, [count - 1]]))
