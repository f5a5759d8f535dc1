"""Plots of a regression: fit, errors, errors over time, recent weeks per entity."""

import numpy as np
import pandas as pd

from ...base.amounts import plural
from ...data.contract import ROW_ID, TIMESTAMP, DataContract
from ...data.zones import local
from ...model import wording
from .charts import LEAST_ROWS, Band, Chart, Columns, Line, Points, Values

MOST_ENTITIES = 4
RECENT = pd.Timedelta(days=56)
MOST_RECENT_ROWS = 400  # of one entity: hourly data show their last two weeks
LEAST_RECENT_ROWS = 30  # yearly or monthly data show more than eight weeks


def regression_charts(table: pd.DataFrame, contract: DataContract) -> list[Chart]:
    """Every plot the rows allow; `table` has truth, prediction, the key and the baselines."""
    table = table[np.isfinite(table["truth"]) & np.isfinite(table["prediction"])]
    if len(table) < 2:
        return []
    found = [_fit(table, contract), _errors(table, contract)]
    if contract.has_time:
        found += _recent(table, contract) if contract.entity_column != ROW_ID else []
        found += _errors_over_time(table, contract)
    return found


def _fit(table: pd.DataFrame, contract: DataContract) -> Chart:
    truth, prediction = table["truth"].to_numpy(), table["prediction"].to_numpy()
    ends = np.array([min(truth.min(), prediction.min()), max(truth.max(), prediction.max())])
    top = truth >= np.quantile(truth, 0.9)
    bias = float((prediction[top] - truth[top]).mean() / max(abs(truth[top].mean()), 1e-12))
    title = "Peaks are met on average"
    note = f"The {top.sum():,} rows of the highest tenth: {wording.change(bias)} on average."
    if top.sum() < LEAST_ROWS:
        title = "Actual against predicted"
        note = f"{plural(len(table), 'row')}: too few to assess the highest tenth separately."
    elif abs(bias) >= 0.02:
        title = f"Peaks are predicted too {'high' if bias > 0 else 'low'}"
    return Chart(
        "fit",
        title,
        wording.axis(f"predicted {contract.target}", contract.unit),
        wording.axis(f"actual {contract.target}", contract.unit),
        (Points(prediction, truth, "candidate"), Line(ends, ends, "guide", dashed=True)),
        tall=True,
        note=note,
    )


def _errors(table: pd.DataFrame, contract: DataContract) -> Chart:
    error = (table["prediction"] - table["truth"]).to_numpy()
    low, high = np.quantile(error, [0.005, 0.995])
    inside = error[(error >= low) & (error <= high)]
    counts, edges = np.histogram(inside, bins=min(40, max(5, len(inside) // 5)))
    half = wording.with_unit(wording.number(float(np.median(np.abs(error)))), contract.unit)
    mean = wording.with_unit(wording.number(float(error.mean())), contract.unit)
    zero = np.zeros(2)
    return Chart(
        "errors",
        f"Median error ±{half}",
        wording.axis("predicted − actual", contract.unit),
        "rows",
        (
            Columns(edges, counts, "candidate"),
            Line(zero, np.array([0, counts.max()]), "guide", dashed=True),
        ),
        note=f"Half of the predictions are closer than that; the bias (mean error) is {mean}.",
    )


def _errors_over_time(table: pd.DataFrame, contract: DataContract) -> list[Chart]:
    time, error = (
        _moments(table, contract.timezone),
        (table["prediction"] - table["truth"]).to_numpy(),
    )
    order = np.argsort(time, kind="stable")
    bins = min(26, len(np.unique(time)) // 3)
    if bins < 3:
        return []
    parts = [part for part in np.array_split(order, bins) if len(part)]
    middle = np.array([time[part[len(part) // 2]] for part in parts])
    low, median, high = np.array([np.quantile(error[part], [0.1, 0.5, 0.9]) for part in parts]).T
    title, note = _trend(error[order], contract.unit)
    return [
        Chart(
            "errors_over_time",
            title,
            "",
            wording.axis("predicted − actual", contract.unit),
            (
                Band(middle, low, high, "candidate", "8 of 10 errors"),
                Line(middle, median, "candidate", "median error"),
                Line(middle[[0, -1]], np.zeros(2), "guide", dashed=True),
            ),
            note=note,
        )
    ]


def _trend(error: Values, unit: str) -> tuple[str, str]:
    """Title and note: the errors of the first third of the test rows against the last third."""
    third = len(error) // 3
    if third < LEAST_ROWS:
        return (
            "Errors over time",
            f"{plural(len(error), 'row')}: too few to say whether errors grow.",
        )
    first, last = (float(np.abs(part).mean()) for part in (error[:third], error[-third:]))
    word = "are steady"
    if last > 1.15 * first:
        word = "grow"
    elif last < 0.87 * first:
        word = "shrink"
    change = f"{wording.number(first)} → {wording.with_unit(wording.number(last), unit)}"
    return f"Errors {word} over time", f"MAE of the first and the last third of rows: {change}."


def _recent(table: pd.DataFrame, contract: DataContract) -> list[Chart]:
    """The last weeks of the entities with the largest errors."""
    column = contract.entity_column
    squares = (table["prediction"] - table["truth"]) ** 2
    worst = squares.groupby(table[column].astype(str)).mean().sort_values(ascending=False)
    found = []
    for place, entity in enumerate(worst.index[:MOST_ENTITIES]):
        rows = _last_rows(table[table[column].astype(str) == entity])
        if len(rows) >= 2:
            name = entity if contract.entity else contract.target
            found.append(_series(rows, contract, f"recent_{place}", wording.clean(name, 40)))
    return found


def _last_rows(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(TIMESTAMP, kind="stable")
    recent = rows[rows[TIMESTAMP] > rows[TIMESTAMP].max() - RECENT]
    return rows.tail(min(max(len(recent), LEAST_RECENT_ROWS), MOST_RECENT_ROWS))


def _series(rows: pd.DataFrame, contract: DataContract, name: str, shown: str) -> Chart:
    time = _moments(rows, contract.timezone)
    truth, prediction = rows["truth"].to_numpy(), rows["prediction"].to_numpy()
    marks = [Line(time, truth, "truth", "actual"), Line(time, prediction, "candidate", "predicted")]
    title = f"{wording.middle(shown, 16)}: RMSE {_rmse(truth, prediction)}"
    note = "The latest test rows."
    if "seasonal_naive" in rows:
        past = rows["seasonal_naive"].to_numpy()
        marks.insert(0, Line(time, past, "baseline", "seasonal naive", dashed=True))
        note = f"The latest test rows; seasonal naive has {_rmse(truth, past)} on them."
    axis = wording.axis(contract.target, contract.unit)
    return Chart(name, title, "", axis, tuple(marks), note=note)


def _rmse(truth: Values, prediction: Values) -> str:
    known = np.isfinite(prediction)
    if not known.any():
        return "unknown"
    return wording.number(float(np.sqrt(np.mean((prediction[known] - truth[known]) ** 2))))


def _moments(table: pd.DataFrame, zone: str | None) -> Values:
    """Event times in local time of the zone."""
    time = pd.to_datetime(table[TIMESTAMP], utc=True)
    return local(time, zone).to_numpy(dtype="datetime64[us]")
