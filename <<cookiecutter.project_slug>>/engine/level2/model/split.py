"""Split rows into training, validation and test rows."""

import numpy as np
import pandas as pd

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def by_time(time: pd.Series, test_fraction: float, validation_fraction: float) -> "np.ndarray":
    """Labels of shape (n,): the newest rows test, those before validate; no time is divided."""
    moments = pd.Index(time.unique()).sort_values()  # np.sort would make objects of zoned times
    test_from = moments[_cut(len(moments), 1 - test_fraction)]
    validation_from = moments[_cut(len(moments), 1 - test_fraction - validation_fraction)]
    return np.where(time >= test_from, TEST, np.where(time >= validation_from, VALIDATION, TRAIN))


def _cut(count: int, share: float) -> int:
    return min(max(int(count * share), 1), count - 1)


def marks(rows: pd.DataFrame, seed: int) -> "np.ndarray":
    """A number of shape (n,) for each row, computed from its values and the seed only.

    Splitting rows by this number keeps nearly every row on its side when others are added, so that
    a champion is not tested on its training rows; equal rows are on one side.
    """
    found = pd.util.hash_pandas_object(rows, index=False).to_numpy(np.uint64)
    begun = seed * 0x9E3779B97F4A7C15 % 2**64  # the key that pandas takes is for texts alone
    found = found + np.uint64(begun)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)  # splitmix64, Steele 2014
    return found ^ (found >> np.uint64(31))


def by_group(
    groups: pd.Series, test_fraction: float, validation_fraction: float, seed: int
) -> "np.ndarray":
    """Labels of shape (n,): whole groups are drawn, so that none is on both sides.

    Each part is filled until it has its share of the rows; the rest trains, including the largest
    group if that leaves the other parts below their share.
    """
    codes, names = pd.factorize(groups)
    rows = np.bincount(codes, minlength=len(names))
    labels = np.full(len(names), TRAIN, dtype=object)
    order = np.argsort(marks(pd.DataFrame({"group": names.astype(str)}), seed), kind="stable")
    largest, shares = rows.argmax(), test_fraction + validation_fraction
    for part, share in ((TEST, test_fraction), (VALIDATION, validation_fraction)):
        left = [group for group in order if labels[group] == TRAIN and group != largest]
        missing = min(share * len(groups), share / shares * rows[left].sum())
        shares -= share
        for group in left:
            if rows[group] <= 2 * missing:  # nearer to the share with it than without
                labels[group] = part
                missing -= rows[group]
        if left and not (labels == part).any():
            labels[min(left, key=lambda group: rows[group])] = part
    return labels[codes].astype(str)


def at_random(
    classes: pd.Series | None, drawn: "np.ndarray", test_fraction: float, validation_fraction: float
) -> "np.ndarray":
    """Labels of shape (n,), drawn per class if there are classes, so that each has its share.

    `drawn` are the rows' `marks`: the lowest test, those above validate.
    """
    labels = np.full(len(drawn), TRAIN, dtype=object)
    groups = (
        [np.arange(len(drawn))]
        if classes is None
        else [np.flatnonzero(classes.to_numpy() == value) for value in np.sort(classes.unique())]
    )
    for rows in groups:
        ranked = np.sort(drawn[rows])
        tests = round(len(ranked) * test_fraction)
        others = tests + round(len(ranked) * validation_fraction)
        for part, count in ((VALIDATION, others), (TEST, tests)):
            if count:  # equal rows are on one side, also where that is one row more
                labels[rows[drawn[rows] <= ranked[count - 1]]] = part
    return labels.astype(str)
