"""`monitor`: what the champion meets now against what it was accepted on."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ...base.amounts import plural
from ...base.errors import ProjectError
from ...base.files import write_json, write_text
from ...baseline import store as references
from ...baseline.compare import PREDICTION
from ...baseline.losses import TRUTH
from ...baseline.reference import Reference
from ...data import labels
from ...data.contract import TIMESTAMP
from ...features.transforms import derive, entity_feature, model_features
from ...model import estimators, onnx
from ...model.artifact import ModelArtifact
from ...prediction_log import window as sqlite_window
from ...prediction_log.feedback import SENT_BACK
from ...project import Context
from ...registry import champion as champions
from ...registry.mlflow_sqlite import Version
from ...reports.monitoring import charts, page, text
from ...reports.monitoring import summary as summaries
from ...reports.training.elements import plotted
from .. import look as looking
from .. import skew
from ..records import Verdict


class Champion(NamedTuple):
    """The model that is watched."""

    version: Version
    model: ModelArtifact
    reference: Reference


def champion(context: Context) -> Champion:
    """From the registry. Raises ProjectError where there is none."""
    store, name = champions.reader(context), context.params.data.name
    version = store.champion(name)
    if version is None:
        raise ProjectError(f"{name} has no champion to watch: `make run` promotes one")
    model = champions.champion_model(store, version)
    return Champion(version, model, references.read(context, store, version))


def from_log(
    context: Context, path: Path, known: Champion, raw: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows the champion answered lately; the truth comes from `raw`, where it is there by now."""
    contract = context.params.data
    table = sqlite_window.recent(
        path,
        contract.name,
        known.version.version,
        context.params.monitor.window_days,
        contract.entity_column,
        entity_feature(contract),
        known.model.features,
        known.model.record["classes"] or (),
    )
    table = _newest(context, table)
    if raw is None or table.empty or table[TIMESTAMP].min() > raw[TIMESTAMP].max():
        return table  # no label of these rows is here
    truth = raw[[*contract.key, contract.target]].rename(columns={contract.target: TRUTH})
    truth[contract.entity_column] = truth[contract.entity_column].astype(str)
    found = table.merge(truth, on=contract.key, how="left", validate="many_to_one")
    found[contract.target] = found[TRUTH]
    return found


def offline(
    context: Context, known: Champion, table: pd.DataFrame, raw: pd.DataFrame | None
) -> skew.Pairs | None:
    """Rows of the log beside what is computed of the raw data for the same key, where there is."""
    params = context.params
    contract = params.data
    if raw is None or table.empty:
        return None
    if contract.has_time and table[TIMESTAMP].min() > raw[TIMESTAMP].max():
        return None  # these days are not offline yet
    made = derive(raw, contract, params.featurize)
    keys = contract.key if contract.has_time else [contract.entity_column]
    wanted = [name for name in known.model.features if name in made]
    return skew.pairs(table, made[[*keys, *wanted]], keys)


def from_data(context: Context, known: Champion, raw: pd.DataFrame) -> pd.DataFrame:
    """Rows that came after the champion's data, with what it answers to them, and the truth."""
    params = context.params
    contract = params.data
    wanted, made = known.model.features, model_features(contract, params.featurize)
    lacking = [name for name in wanted if name not in made]
    if lacking:
        raise ProjectError(
            f"the champion needs {', '.join(lacking)}, which params.yaml no longer produces: "
            "run the loop to train one without"
        )
    end = pd.Timestamp(known.reference.end, unit="s", tz="UTC")
    table = derive(raw, contract, params.featurize)
    table[[TRUTH, contract.target]] = raw[[contract.target, contract.target]].to_numpy()
    if contract.has_time:
        table = table[(table[TIMESTAMP] > end).to_numpy()].reset_index(drop=True)
    table = _newest(context, table)
    if len(table):
        frame = estimators.model_frame(table, wanted)
        found = onnx.predict(known.model.files["model.onnx"], contract.task, frame)
        table = table.assign(**_answers(found, contract.classes, known.model.record))
    return table


def _answers(
    found: Any, classes: tuple[str, ...] | None, record: Mapping[str, Any]
) -> dict[str, Any]:
    chances = {f"p_{name}": found[:, place] for place, name in enumerate(classes or ())}
    return {PREDICTION: references.answers(found, classes, labels.read(record)), **chances}


def _newest(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the window, by event time."""
    if not context.params.data.has_time or table.empty:
        return table
    since = table[TIMESTAMP].max() - pd.Timedelta(days=context.params.monitor.window_days)
    inside = (table[TIMESTAMP] > since).to_numpy()
    return table if inside.all() else table[inside].reset_index(drop=True)


def run(context: Context, known: Champion, current: looking.Current) -> Verdict:
    """Compare; write verdict, report and metrics. Returns the verdict."""
    contract, knobs, now = context.params.data, context.params.monitor, time.time()
    entity = contract.entity_column if contract.entity else None
    reference = known.reference
    found = looking.look(
        reference, current, known.model.features, contract.target, contract.unit, entity, knobs
    )
    if knobs.max_model_age_days or knobs.max_data_age_days:
        data = reference.end if contract.has_time else None
        found.looked_at.add("staleness")
        found.findings += looking.ages(known.version.created, data, now, knobs)
    verdict = looking.verdict(found, _told(known, current, now, knobs.min_rows))
    workspace = context.workspace
    write_json(workspace.watched, verdict)
    write_text(workspace.watched_metrics, text.render(verdict, now))
    write_text(workspace.watched_summary, summaries.render(verdict))
    plots = _drawn(verdict)
    write_text(workspace.watched_page, page.render(verdict, plots))
    return verdict


def _drawn(verdict: Mapping[str, Any]) -> list[Any]:
    """The charts as the page shows them; where nothing was compared there are none to draw."""
    wanted = charts.charts(verdict)
    if not wanted:
        return []
    from ...reports import drawing  # half a second to import

    return [plotted(item, drawing.draw(item)) for item in wanted]


def _told(known: Champion, current: looking.Current, now: float, needed: int) -> looking.Told:
    table, version, reference = current.table, known.version, known.reference
    times = table[TIMESTAMP] if reference.grid.step and len(table) else None
    labelled = int(table[TRUTH].notna().sum()) if TRUTH in table else 0
    return {
        "at": _moment(now),
        "model": {
            "name": version.name,
            "version": version.version,
            "registered": _moment(version.created),
        },
        "window": {
            "source": current.source,
            "rows": len(table),
            "needed": needed,
            "compared": len(current.pairs.served) if current.pairs else 0,
            "labelled": labelled,
            "sent_back": int(table[SENT_BACK].notna().sum()) if SENT_BACK in table else 0,
            "first": times.min().isoformat() if times is not None else None,
            "last": times.max().isoformat() if times is not None else None,
        },
        "reference": {
            "rows": reference.rows,
            "first": _moment(reference.grid.start) if reference.grid.step else None,
            "last": _moment(reference.end) if reference.grid.step else None,
        },
    }


def _moment(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def summary(verdict: Verdict) -> str:
    """`alarm: data, performance · 124 rows of the log · v3`."""
    loud = [name for name, state in verdict["signals"].items() if state == verdict["verdict"]]
    word = "nothing to compare" if verdict["verdict"] == "unknown" else verdict["verdict"]
    names = f": {', '.join(loud)}" if verdict["verdict"] in ("alarm", "warn") else ""
    window, model = verdict["window"], verdict["model"]
    return (
        f"{word}{names} · {plural(window['rows'], 'row')} of the {window['source']} · "
        f"{model['name']} v{model['version']}"
    )
