"""`monitor`: what the champion meets now against what it was accepted on."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...base.amounts import plural
from ...base.errors import ProjectError
from ...base.files import write_json, write_text
from ...baseline import store
from ...baseline.losses import TRUTH
from ...data.contract import TIMESTAMP
from ...params.monitor import Monitor
from ...prediction_log.feedback import SENT_BACK
from ...project import Context
from ...registry.champion import champion_model, reader
from ...reports.monitoring import charts, page, summary, text
from ...reports.training.elements import plotted
from .. import look
from ..current_rows import Champion
from ..records import Verdict


def champion(context: Context) -> Champion:
    """From the registry. Raises ProjectError where there is none."""
    registry, name = reader(context), context.params.data.name
    version = registry.champion(name)
    if version is None:
        raise ProjectError(f"{name} has no champion to watch: `make run` promotes one")
    model = champion_model(registry, version)
    return Champion(version, model, store.read(context, registry, version))


def run(context: Context, known: Champion, current: look.Current) -> Verdict:
    """Compare; write verdict, report and metrics. Returns the verdict."""
    contract, knobs, now = context.params.data, context.params.monitor, time.time()
    entity = contract.entity_column if contract.entity else None
    reference = known.reference
    found = look.look(
        reference, current, known.model.features, contract.target, contract.unit, entity, knobs
    )
    if knobs.max_model_age_days or knobs.max_data_age_days:
        data = reference.end if contract.has_time else None
        found.looked_at.add("staleness")
        found.findings += look.ages(known.version.created, data, now, knobs)
    verdict = look.verdict(found, _told(known, current, now, knobs))
    workspace = context.workspace
    write_json(workspace.watched, verdict)
    write_text(workspace.watched_metrics, text.render(verdict, now))
    write_text(workspace.watched_summary, summary.render(verdict))
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


def _told(known: Champion, current: look.Current, now: float, knobs: Monitor) -> look.Told:
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
            "needed": knobs.min_rows,
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
        "max_age_days": {"model": knobs.max_model_age_days, "data": knobs.max_data_age_days},
    }


def _moment(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def line(verdict: Verdict) -> str:
    """`alarm: data, performance · 124 rows of the log · v3`."""
    loud = [name for name, state in verdict["signals"].items() if state == verdict["verdict"]]
    word = "nothing to compare" if verdict["verdict"] == "unknown" else verdict["verdict"]
    names = f": {', '.join(loud)}" if verdict["verdict"] in ("alarm", "warn") else ""
    window, model = verdict["window"], verdict["model"]
    return (
        f"{word}{names} · {plural(window['rows'], 'row')} of the {window['source']} · "
        f"{model['name']} v{model['version']}"
    )
