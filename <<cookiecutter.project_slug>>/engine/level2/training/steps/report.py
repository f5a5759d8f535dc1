"""Explain the candidate: report.md for a pull request, report.html for people, plots for DVC."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...base.files import read_json, write_text
from ...data import parquet
from ...data.contract import DataContract
from ...model.records import Evaluation, GateRecord, Tuning
from ...project import Context
from ...registry.lineage import lineage
from ...reports import drawing
from ...reports.training import charts, class_charts, elements, markdown, page
from ...reports.training.build import build
from ...reports.training.calibration import calibration_points, too_few
from ...reports.training.content import Report, Sources
from ...reports.training.model_charts import importance_chart, tuning_chart
from ...reports.training.regression_charts import regression_charts

MOST_ROWS = 3_000  # of a table for `dvc plots`


def run(
    context: Context,
    tuning: Tuning | None = None,
    evaluation: Evaluation | None = None,
    decision: GateRecord | None = None,
) -> str:
    """Write report.md, report.html and plots/*.csv. Returns the page's path in the project.

    Records are those that steps returned in this process; others are read from their files.
    """
    params, workspace = context.params, context.workspace
    if evaluation is None:
        evaluation = read_json(workspace.need(workspace.evaluation, "evaluate"))
    predictions = parquet.read(workspace.need(workspace.predictions, "evaluate"))
    found = build(
        params,
        Sources(
            evaluation=evaluation,
            decision=decision or _maybe(workspace.decision),
            tuning=tuning or _maybe(workspace.tuning),
            validation=_maybe(workspace.validation),
            lineage=_lineage(context, evaluation),
        ),
    )
    _write_tables(workspace.report_plots, found, evaluation, predictions, params.data)
    write_text(workspace.report_summary, markdown.render(found))
    plots = [
        elements.plotted(chart, drawing.draw(chart))
        for chart in _charts(context, found, evaluation, predictions)
    ]
    path = workspace.report_page
    write_text(path, page.render(found, plots, _undrawn(predictions, params.data)))
    near = workspace.root if path.is_relative_to(workspace.root) else workspace.out
    return str(path.relative_to(near))


def _maybe(path: Path) -> Any:
    return read_json(path) if path.exists() else None


def _lineage(context: Context, evaluation: Evaluation) -> dict[str, str]:
    """Links to code, data and features, and the run that tracks this candidate."""
    tracked = _maybe(context.workspace.tracked)
    run = {}
    if tracked and tracked["digest"] == evaluation["candidate"]["digest"]:
        run = {"run": str(tracked["run_id"])}
    return {**lineage(context), **run}


def _charts(
    context: Context, found: Report, evaluation: Evaluation, predictions: pd.DataFrame
) -> list[charts.Chart]:
    contract = context.params.data
    kinds = regression_charts if contract.task == "regression" else class_charts.class_charts
    more = (
        importance_chart(evaluation["importance"], found.task, found.metric),
        tuning_chart(found.tuning, found.task, found.metric, found.unit),
    )
    return [*kinds(predictions, contract), *(chart for chart in more if chart is not None)]


def _undrawn(predictions: pd.DataFrame, contract: DataContract) -> str:
    """Which plot cannot be drawn from these rows, and why."""
    if contract.task == "regression":
        return ""
    truth, _ = class_charts.known(predictions, contract)
    return too_few(truth, contract.classes or ())


def _write_tables(
    folder: Path,
    found: Report,
    evaluation: Evaluation,
    predictions: pd.DataFrame,
    contract: DataContract,
) -> None:
    """Tables of the plots DVC compares between revisions: the same columns for every task."""
    pairs = _truth_and_prediction(predictions, contract)
    _write_csv(folder / "predictions.csv", ("truth", "prediction"), pairs)
    trials = (
        (number, branch.family, value) for branch in found.tuning for number, value in branch.trials
    )
    _write_csv(folder / "tuning.csv", ("number", "family", "value"), trials)
    losses = ((item["feature"], item["loss"]) for item in evaluation["importance"])
    _write_csv(folder / "importance.csv", ("feature", "loss"), losses)


def _truth_and_prediction(
    predictions: pd.DataFrame, contract: DataContract
) -> Iterable[Sequence[Any]]:
    """Numbers for a regression; for classes, observed shares and predicted probabilities."""
    if contract.task == "regression":
        rows = charts.sampled(len(predictions), MOST_ROWS)
        return list(predictions[["truth", "prediction"]].iloc[rows].itertuples(index=False))
    mean, seen, _ = calibration_points(*class_charts.known(predictions, contract))
    return list(zip(seen.tolist(), mean.tolist(), strict=True))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, stream.getvalue())
