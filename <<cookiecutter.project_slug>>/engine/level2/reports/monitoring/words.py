"""The content of the monitor's report, before it is laid out as Markdown or HTML."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...base.amounts import plural
from ...model import wording

MARKS = {"quiet": "good", "warn": "warn", "alarm": "bad", "unknown": "unknown"}  # of marks.py
TITLES = {
    "quiet": "Monitor: quiet",
    "warn": "Monitor: worth a look",
    "alarm": "Monitor: alarm",
    "unknown": "Monitor: nothing to compare",
}
STATES = {"quiet": "as usual", "warn": "worth a look", "alarm": "alarm", "unknown": "not known"}
MEANT = {
    "quality": "values missing, out of range, unknown, in another unit, or different from offline",
    "data": "distribution of features",
    "prediction": "distribution of predictions",
    "target": "distribution of labels",
    "performance": "errors on labelled rows",
    "staleness": "age of model and data",
}
NAMES = {"ks": "KS", "w": "w (χ²)"}

BECAME = {  # of a column's distribution
    "usual": "as usual",
    "drift": "has drifted",
    "unit": "another unit",
}

Verdict = Mapping[str, Any]


class Shape(NamedTuple):
    """How a column's distribution changed, and the signal that reports it."""

    state: str
    kind: str
    signal: str

    @property
    def cell(self) -> str:
        """`another unit (quality)`."""
        where = f" ({self.signal})" if self.kind != "usual" else ""
        return f"{BECAME[self.kind]}{where}"


def headline(verdict: Verdict) -> str:
    """Verdict and model in one line."""
    model = verdict["model"]
    return f"{TITLES[verdict['verdict']]} — {model['name']} v{model['version']}"


def why(verdict: Verdict) -> str:
    """The reason for the verdict: the first findings, or why there are none."""
    if verdict["findings"]:
        return "; ".join(item["detail"] for item in verdict["findings"][:3])
    if verdict["verdict"] == "unknown":
        now = verdict["window"]
        return (
            f"Nothing is known yet: there {'is' if now['rows'] == 1 else 'are'} "
            f"{plural(now['rows'], 'row')} of the {now['source']} to compare, at least "
            f"{now['needed']:,} are needed (monitor.min_rows)."
        )
    dark = [name for name, state in verdict["signals"].items() if state == "unknown"]
    known = f"; not known: {', '.join(dark)}" if dark else ""
    return f"Nothing is unusual{known}."


def window(verdict: Verdict) -> str:
    """Which rows were compared with which."""
    now, before = verdict["window"], verdict["reference"]
    rows = f"{plural(now['rows'], 'row')} of the {now['source']}{_span(now)}"
    labelled = f", {now['labelled']:,} of them with their label" if now["labelled"] else ""
    beside = f", {now['compared']:,} with their offline features" if now.get("compared") else ""
    wrong = f", {now['sent_back']:,} corrected by feedback" if now.get("sent_back") else ""
    against = f"{plural(before['rows'], 'row')} of the champion's data{_span(before)}"
    how = " by the same season of earlier years" if verdict["seasonal"] else ""
    return f"{rows}{labelled}{beside}{wrong}, against {against}{how}"


def performance(verdict: Verdict) -> str:
    """The metric on labelled rows compared with that at acceptance."""
    found = verdict["performance"]
    if not found:
        return "no labels have arrived for these rows"
    name = wording.label(found["metric"])
    accepted = wording.metric(found["metric"], found["accepted"])
    value = wording.metric(found["metric"], found["value"])
    inside = ""
    if found.get("covered") is not None:
        inside = f"; {found['covered']:.1%} inside the {100 * found['coverage']:.6g}% interval"
    return (
        f"{name} {value} on {plural(found['rows'], 'labelled row')}, accepted with "
        f"{accepted}; mean loss {wording.number(found['loss'])}, usual "
        f"{wording.number(found['usual'])}, allowed {wording.number(found['limit'])}{inside}"
    )


def finding(item: Mapping[str, Any]) -> str:
    """The mark of a finding."""
    return MARKS["alarm" if item["alarm"] else "warn"]


def shape(verdict: Verdict, item: Mapping[str, Any]) -> Shape:
    """The meaning of a compared column's finding; without one it is as usual."""
    for found in verdict["findings"]:
        if found["column"] == item["column"] and found["kind"] in BECAME:
            return Shape("alarm" if found["alarm"] else "warn", found["kind"], found["signal"])
    return Shape("quiet", "usual", item["signal"])


def about(verdict: Verdict, signal: str) -> str:
    """What a signal examines, which of its columns another signal reports, what has no limit."""
    if signal == "staleness":
        return MEANT[signal] + _unlimited(verdict["max_age_days"])
    moved = [
        (item["column"], shape(verdict, item).signal)
        for item in verdict["columns"]
        if item["signal"] == signal != shape(verdict, item).signal
    ]
    names = ", ".join(f"`{name}`" for name, _ in moved)
    return MEANT[signal] + (f"; {names} is under {moved[0][1]}" if moved else "")


def _unlimited(limits: Mapping[str, float | None]) -> str:
    """The ages that no limit is set for: however great, they are no alarm."""
    names = [name for name, days in limits.items() if days is None]
    knobs = ", ".join(f"`monitor.max_{name}_age_days`" for name in names)
    return f"; no limit set for {' and '.join(names)} ({knobs})" if names else ""


def columns(verdict: Verdict) -> list[dict[str, Any]]:
    """Compared columns, those closest to or beyond their limits first."""
    return sorted(verdict["columns"], key=lambda item: -item["times"])


def _span(part: Mapping[str, Any]) -> str:
    if not part["first"]:
        return ""
    return f" ({part['first'][:10]} … {part['last'][:10]})"
