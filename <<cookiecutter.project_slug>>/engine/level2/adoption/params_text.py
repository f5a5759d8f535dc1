"""Write params.yaml for people to read: a comment above each section, one line per feature."""

from collections.abc import Mapping
from typing import Any

from ..base.yaml_text import Line, dump

COMMENTS = {
    "data": "The data contract: what a row means. Everything else is derived from it.",
    "validate": "What stops the run before training.",
    "featurize": "Features derived from the contract's columns.",
    "build_dataset": "How rows are split into training, validation and test.",
    "tune": "Candidate estimators and their search spaces.",
    "train": "What makes training reproducible.",
    "evaluate": "The metric, and the slices measured in addition to all rows.",
    "promote": "The quality gate: what a candidate must reach to become champion.",
    "monitor": "When new data, predictions and errors differ too much from those at acceptance.",
    "decide": "What to do when signals of the monitor alarm: the first matching rule.",
}
NOTES = {
    "missing_markers": "texts that mean a missing value, besides an empty field",
    "rename": "column in the file: name in this project",
    "min": "observed ranges, widened by half their width on each side: narrow them",
    "allow_leakage": "columns that look like leaks but are kept on purpose",
    "max_missing": "largest share of missing values in a nullable column",
    "single_feature_score": "a single feature that scores better than this counts as leakage",
    "thresholds": "absolute bounds, like `rmse: {max: 3}`, once you know them",
    "margin": "relative gain over the champion that a candidate must reach",
    "baseline_margin": "relative gain over the best baseline that it must reach",
    "min_recall": "share of a class that must be found in the test rows",
    "worst_slice_ratio": "worst slice relative to all test rows",
    "onnx_tolerance": "relative to the spread of the predictions",
}


def _lines(data: dict[str, Any]) -> dict[str, Any]:
    features = {name: Line(feature) for name, feature in data.get("features", {}).items()}
    return {**data, **({"features": features} if features else {})}


def params_text(tree: dict[str, Any], title: str, hints: Mapping[str, str] | None = None) -> str:
    """Return the tree as commented YAML, with each of `hints` after the feature it names."""
    blocks = [f"# {title}\n# All versioned settings; sections are named after the steps.\n"]
    for section, values in tree.items():
        shown = _lines(values) if section == "data" else values
        body = dump({section: shown}, default_flow_style=None)
        lines = [_noted(line, hints or {}) for line in body.splitlines()]
        blocks.append("\n".join([f"# {COMMENTS[section]}", *lines]) + "\n")
    return "\n".join(blocks)


def _noted(line: str, hints: Mapping[str, str]) -> str:
    key = line.strip().partition(":")[0]
    depth = len(line) - len(line.lstrip())
    if depth == 2 and key == "features":
        return f"{line}  # {NOTES['min']}"
    if depth == 4 and key in hints and "{type: int," in line:
        return f"{line}  # {hints[key]}"
    return f"{line}  # {NOTES[key]}" if depth == 2 and key in NOTES else line
