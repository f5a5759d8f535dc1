"""params.yaml as people read it: one comment over each section, one line per feature."""

from collections.abc import Mapping
from typing import Any

from ..base.yaml_text import Line, dump

COMMENTS = {
    "data": "The data contract: what a row means. Everything else derives from it.",
    "validate": "What stops the run before training.",
    "featurize": "Columns derived from those of the contract.",
    "build_dataset": "How rows are split into training, validation and test.",
    "tune": "Candidate estimators and their search spaces.",
    "train": "What makes two trainings the same.",
    "evaluate": "The slices that are watched beside the whole.",
    "promote": "The quality gate: what a candidate must reach to become champion.",
    "monitor": "What the champion meets, against what it was accepted on.",
    "decide": "What follows when signals of the monitor alarm: the first rule that fits.",
}
NOTES = {
    "missing_markers": "what stands for a missing value, besides nothing",
    "rename": "column of the file: name in this project",
    "min": "ranges are those seen, widened by half their spread: narrow them",
    "allow_leakage": "columns that look like the answer and are wanted all the same",
    "max_missing": "share of missing values a nullable column may have",
    "single_feature_score": "a feature that alone scores better is taken for leakage",
    "thresholds": "absolute bounds, like `rmse: {max: 3}`, once you know them",
    "margin": "relative gain over the champion that a candidate must reach",
    "baseline_margin": "relative gain over the best baseline that it must reach",
    "min_recall": "share of a class that must be found in the test rows",
    "worst_slice_ratio": "worst slice against the whole",
    "onnx_tolerance": "relative to the spread of the predictions",
}


def _lines(data: dict[str, Any]) -> dict[str, Any]:
    features = {name: Line(feature) for name, feature in data.get("features", {}).items()}
    return {**data, **({"features": features} if features else {})}


def params_text(tree: dict[str, Any], title: str, hints: Mapping[str, str] | None = None) -> str:
    """Return the tree as commented YAML; `hints` stand behind the features they name."""
    blocks = [f"# {title}\n# Every versioned knob; sections are named after the steps.\n"]
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
