"""The other sections of params.yaml for an adopted table."""

import copy
import math
import re
from typing import Any

from ..base.amounts import beyond
from ..base.names import folded
from .columns import Decision
from .keys import Keys
from .looks import Look
from .target import Answer

LAGS = {
    "15min": [96, 672],
    "30min": [48, 336],
    "1h": [24, 168],
    "1D": [1, 7],
    "B": [1, 5],
    "7D": [1, 52],
    "MS": [1, 12],
    "ME": [1, 12],
    "QS": [1, 4],
    "QE": [1, 4],
    "2QS": [1, 2],
    "2QE": [1, 2],
}
TREES = {
    "learning_rate": {"type": "double", "min": 0.03, "max": 0.3, "log": True},
    "max_iter": {"type": "int", "min": 50, "max": 200},
    "max_leaf_nodes": {"type": "int", "min": 7, "max": 63},
    "min_samples_leaf": {"type": "int", "min": 5, "max": 60},
}
ALPHA = {"alpha": {"type": "double", "min": 0.001, "max": 100, "log": True}}
INVERSE = {"C": {"type": "double", "min": 0.01, "max": 100, "log": True}}
PROMOTE = {
    "thresholds": {},
    "margin": 0.0,
    "baseline_margin": 0.05,
    "worst_slice_ratio": 2.5,
    "onnx_tolerance": 0.001,
    "replace_incomparable_champion": False,
}
MONITOR = {
    "window_days": 30,
    "min_rows": 30,
    "max_psi": 0.1,
    "margin": 1.1,
    "max_missing_increase": 0.1,
    "max_out_of_range": 0.01,
    "max_unknown": 0.01,
    "max_skew": 0.01,
    "max_loss": 1.5,
    "max_model_age_days": 90,
}
DECIDE = {
    "memory_days": 30,
    "pause_hours": 20,
    "trials": 60,
    "rules": [
        {"when": ["quality"], "then": "change_processing"},
        {"when": ["performance"], "after": ["retrain", "new_model"], "then": "change_inputs"},
        {"when": ["performance"], "after": ["retrain"], "then": "new_model"},
        {"when": ["performance"], "then": "retrain"},
        {"when": ["data"], "then": "retrain"},
        {"when": ["prediction"], "then": "retrain"},
        {"when": ["staleness"], "then": "retrain"},
    ],
}
MAX_SLICES = 3


def sections(
    data: dict[str, Any],
    looks: dict[str, Look],
    keys: Keys,
    answer: Answer,
    split: str,
) -> tuple[dict[str, Any], list[Decision]]:
    """Return every section except the contract; `split` is how rows are split."""
    decisions: list[Decision] = []
    featurize = _featurize(data, keys, answer, decisions)
    evaluate: dict[str, Any] = {"slices": _slices(data, looks, featurize), "min_slice_rows": 30}
    missing = [item.missing / item.rows for item in looks.values()] or [0.0]
    allowed = max(0.5, min(1.0, math.ceil(max(missing) * 10 + 0.5) / 10))
    if allowed > 0.5:
        emptiest = max(looks.values(), key=lambda item: item.missing)
        reason = f"{beyond(max(missing), 0.5, 0)[0]} missing is more than the usual half"
        decisions.append(Decision(emptiest.name, f"validate.max_missing {allowed:g}", reason))
    tree = {
        "validate": {
            "min_rows": 50,
            "max_missing": allowed,
            "single_feature_score": 0.995,
            "drift": {"max_psi": 0.5, "max_missing_increase": 0.1},
        },
        "featurize": featurize,
        "build_dataset": {
            "split": split,
            "test_fraction": 0.2,
            "validation_fraction": 0.2,
        },
        "tune": {
            "trials": 20,
            "sampler": "tpe",
            "families": _families(answer.task),
        },
        "train": {"seed": 0, "threads": 1},
        "evaluate": evaluate,
        "promote": dict(PROMOTE),
        "monitor": dict(MONITOR),
        "decide": copy.deepcopy(DECIDE),
    }
    return tree, decisions


def _families(task: str) -> dict[str, Any]:
    linear = ALPHA if task == "regression" else INVERSE
    return copy.deepcopy({"hist_gradient_boosting": TREES, "linear": linear})


def _featurize(
    data: dict[str, Any], keys: Keys, answer: Answer, decisions: list[Decision]
) -> dict[str, Any]:
    own = folded([*data["features"], data["target"], data.get("entity") or ""])
    calendar = [name for name in _calendar(keys) if name not in own]
    lags: list[int] = []
    if answer.task == "regression" and keys.frequency:
        usual = LAGS.get(_root(keys.frequency)) or [1, *_a_day(keys.frequency)]
        lags = [lag for lag in usual if keys.rows_per_entity > 3 * lag]
    if calendar:
        decisions.append(Decision("", "calendar features", ", ".join(calendar)))
    if lags:
        text = ", ".join(str(lag) for lag in lags)
        reason = f"{text} rows back ({keys.frequency} each): the target must be known by then"
        decisions.append(Decision(answer.column, "lags of the target", reason))
    return {
        "calendar": calendar,
        "lags": lags,
        "entity_as_feature": keys.entities is not None,
    }


def _a_day(frequency: str | None) -> list[int]:
    """Number of periods in a day, if it is a whole number."""
    found = re.fullmatch(r"(\d+)(h|min|s)", frequency or "")
    if found is None:
        return []
    seconds = int(found[1]) * {"h": 3_600, "min": 60, "s": 1}[found[2]]
    return [86_400 // seconds] if seconds < 86_400 and 86_400 % seconds == 0 else []


def _root(frequency: str | None) -> str:
    """The period without its anchor month: `QS` of `QS-FEB`."""
    return (frequency or "").partition("-")[0]


def _calendar(keys: Keys) -> list[str]:
    """Calendar features that vary in this table and occur more than once."""
    if not keys.timestamp:
        return []
    if _root(keys.frequency) in {"YS", "YE"}:
        return []
    if _root(keys.frequency) in {"MS", "ME", "QS", "QE", "2QS", "2QE"}:
        return ["month"]
    if keys.frequency == "7D":
        return ["day_of_year"] if keys.days >= 366 else []
    names = ["hour"] if keys.clock or keys.hour else []
    if keys.days >= 14:
        names.append("weekday")
    if keys.days >= 366:
        names.append("day_of_year")
    return names


def _slices(data: dict[str, Any], looks: dict[str, Look], featurize: dict[str, Any]) -> list[str]:
    """Up to three inputs with few values: entity, booleans, categories, small numbers."""
    found = [f"{data['entity']}_key"] if featurize["entity_as_feature"] else []
    few = [name for name, item in looks.items() if _groups_rows(item)]
    order = {"bool": 0, "category": 1, "int": 2}
    found += sorted(few, key=lambda name: order[looks[name].kind])
    found += [name for name in featurize["calendar"] if name == "weekday"]
    return found[:MAX_SLICES]


def _groups_rows(item: Look) -> bool:
    """Whether a column splits the rows into a few groups worth monitoring."""
    if item.kind == "bool" and item.numbers is not None:
        share = float((item.numbers == 1).mean())
        return 0.02 <= share <= 0.98
    return item.kind in {"bool", "category", "int"} and 2 <= item.distinct <= 8
