"""The verdict for Prometheus' textfile collector."""

from collections.abc import Iterator, Mapping
from typing import Any

HELP = {
    "monitor_timestamp_seconds": "Time of the check, seconds since 1970",
    "monitor_rows": "Rows of the current window",
    "monitor_signal": "0 quiet, 1 worth a look, 2 alarm; absent if unknown",
    "monitor_drift_ratio": "A column against its limits: above 1 is drift",
    "monitor_psi": "Population stability index of a column",
    "monitor_interval_coverage": "Share of labelled rows inside the interval of their prediction",
    "monitor_loss_ratio": "Mean loss of labelled rows relative to that at acceptance",
    "monitor_findings": "Findings by signal",
}
_LEVELS = {"quiet": 0, "warn": 1, "alarm": 2}


def render(verdict: Mapping[str, Any], now: float) -> str:
    """Text format 0.0.4."""
    lines: dict[str, list[str]] = {}
    labels = {"model": verdict["model"]["name"], "version": verdict["model"]["version"]}
    for name, more, value in _values(verdict, now):
        lines.setdefault(name, []).append(f"{name}{_labels({**labels, **more})} {value:.10g}")
    return "".join(
        f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n" + "\n".join(found) + "\n"
        for name, found in lines.items()
    )


def _values(verdict: Mapping[str, Any], now: float) -> Iterator[tuple[str, dict[str, str], float]]:
    yield "monitor_timestamp_seconds", {}, now
    yield "monitor_rows", {}, verdict["window"]["rows"]
    for name, state in verdict["signals"].items():
        if state in _LEVELS:
            yield "monitor_signal", {"signal": name}, _LEVELS[state]
            found = sum(item["signal"] == name for item in verdict["findings"])
            yield "monitor_findings", {"signal": name}, found
    for item in verdict["columns"]:
        yield "monitor_drift_ratio", {"column": item["column"]}, item["times"]
        yield "monitor_psi", {"column": item["column"]}, item["psi"]
    if verdict["performance"]:
        found = verdict["performance"]
        yield "monitor_loss_ratio", {}, found["loss"] / max(found["usual"], 1e-12)
        if found.get("covered") is not None:
            yield "monitor_interval_coverage", {}, found["covered"]


def _labels(pairs: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs.items())
    return f"{{{inside}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
