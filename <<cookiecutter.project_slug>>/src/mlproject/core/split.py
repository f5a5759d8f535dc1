"""Which rows train, which choose parameters, which judge."""

import numpy as np
import pandas as pd

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def by_time(time: pd.Series, test_fraction: float, validation_fraction: float) -> "np.ndarray":
    """Labels of shape (n,): the newest rows judge, those before choose; no moment is divided."""
    moments = pd.Index(time.unique()).sort_values()  # np.sort would make objects of zoned times
    test_from = moments[_cut(len(moments), 1 - test_fraction)]
    validation_from = moments[_cut(len(moments), 1 - test_fraction - validation_fraction)]
    return np.where(time >= test_from, TEST, np.where(time >= validation_from, VALIDATION, TRAIN))


def _cut(count: int, share: float) -> int:
    return min(max(int(count * share), 1), count - 1)


def by_group(
    groups: pd.Series, test_fraction: float, validation_fraction: float, seed: int
) -> "np.ndarray":
    """Labels of shape (n,): whole groups are drawn, so that none stands on two sides.

    Each part is filled until it has its share of the rows; the rest trains, with the largest group
    where that leaves the other parts less than their share.
    """
    codes, names = pd.factorize(groups)
    rows = np.bincount(codes, minlength=len(names))
    labels = np.full(len(names), TRAIN, dtype=object)
    order = np.random.default_rng(seed).permutation(len(names))
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
    classes: pd.Series | None,
    count: int,
    test_fraction: float,
    validation_fraction: float,
    seed: int,
) -> "np.ndarray":
    """Labels of shape (n,), drawn per class where there are classes, so that each has its share."""
    rng = np.random.default_rng(seed)
    labels = np.full(count, TRAIN, dtype=object)
    groups = (
        [np.arange(count)]
        if classes is None
        else [np.flatnonzero(classes.to_numpy() == value) for value in np.sort(classes.unique())]
    )
    for rows in groups:
        order = rng.permutation(rows)
        tests = round(len(order) * test_fraction)
        validations = round(len(order) * validation_fraction)
        labels[order[:tests]] = TEST
        labels[order[tests : tests + validations]] = VALIDATION
    return labels.astype(str)
