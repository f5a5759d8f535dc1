"""Records that steps pass on about a model: measurements, decision, identity."""

from typing import Any, Literal, NotRequired, TypedDict

from .class_weights import ClassWeight
from .constraints import Monotonic

Metrics = dict[str, float]


class Tuning(TypedDict):
    """artifacts/tuning.json: every trial, and the family and parameters that `train` takes."""

    metric: str
    tuner: NotRequired[str]
    branches: list[dict[str, Any]]  # family, trials, best
    chosen: dict[str, Any]  # family, params, value


class Branch(TypedDict):
    """The search of one family, as a task of the pipeline hands it on."""

    metric: str
    direction: str  # "minimize" or "maximize"
    tuner: str
    branch: dict[str, Any]  # family, trials, best


class Candidate(TypedDict):
    """The evaluated model."""

    family: str
    params: dict[str, Any]
    digest: str  # SHA-256 of model.onnx
    metrics: Metrics
    recall: NotRequired[list[dict[str, Any]]]  # of each class, where there are classes
    threshold: NotRequired[Any]
    interval: NotRequired[dict[str, Any]]  # nominal, measured, half_width, rows


class ChampionRecord(TypedDict):
    """The champion on the same rows; without metrics if it is not `comparable`."""

    version: str
    digest: str
    comparable: bool
    reason: str
    metrics: Metrics
    slices: list[dict[str, Any]]


class Evaluation(TypedDict):
    """artifacts/evaluation.json: what the gate, the report and MLflow read."""

    task: str
    metric: str
    direction: str  # "minimize" or "maximize"
    unit: str
    candidate: Candidate
    baselines: dict[str, Metrics]
    partial: dict[str, Any]  # baselines that do not know every row
    left_out: dict[str, str]  # baselines that know too few, and why
    slices: list[dict[str, Any]]  # {column, value, rows, metrics}
    small_slices: Any
    parity: dict[str, Any]  # scikit-learn against ONNX
    importance: Any
    rows: dict[str, int]  # by part of the split
    origins: list[dict[str, Any]]  # windows of time, the test part last
    champion: ChampionRecord | None


class GateRecord(TypedDict):
    """artifacts/decision.json: the gate's decision and the versions it is about."""

    digest: str
    verdict: Literal["promote", "hold", "unchanged"]
    rules: list[dict[str, Any]]
    reasons: list[str]
    version: str
    champion: str | None  # after the decision
    previous: str | None


class Records(TypedDict, total=False):
    """What the steps of one process have handed on; the rest is in the files of an earlier one."""

    tuning: Tuning
    evaluation: Evaluation
    decision: GateRecord


class ModelRecord(TypedDict):
    """model.json beside a model's files, as `train` writes it; `sha256` is added when saved."""

    family: str
    params: dict[str, Any]
    seed: int
    class_weight: ClassWeight
    threshold: Any
    rows: int
    target: str
    task: str
    classes: list[str] | None
    features: dict[str, dict[str, Any]]
    serving: dict[str, Any]
    monotonic: NotRequired[Monotonic]  # where train.monotonic asks for it
    interval: NotRequired[dict[str, Any]]  # where train.coverage asks for one
