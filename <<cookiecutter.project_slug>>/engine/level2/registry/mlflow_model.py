"""A run's content and its scikit-learn model, as MLflow stores them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mlflow.sklearn
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from ..data.feature import Feature
from .mlflow_trials import TrialRecord


@dataclass(frozen=True)
class RunRecord:
    """Everything a run contains."""

    model: Any
    task: str
    features: Mapping[str, Feature]
    example: Any
    trusted: list[str]
    requirements: list[str]
    params: dict[str, Any]
    metrics: dict[str, float]
    tags: dict[str, str]
    digests: dict[str, str]
    model_files: tuple[Path, ...]
    artifacts: tuple[Path, ...]
    trials: tuple[TrialRecord, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)  # by the name of the file, UTF-8


def log_model(record: RunRecord) -> Any:
    """Log the scikit-learn model into the active run."""
    # MLflow would compare the requirements, read off this very environment, with it, and load the
    # model again to ask it the example: half a second each. The gate asks both of our files.
    check = "mlflow.utils.requirements_utils._check_requirement_satisfied"
    ask = "mlflow.models.utils._validate_serving_input"
    with (
        patch(check, lambda _: None, create=True),
        patch(ask, lambda **_: None, create=True),
    ):
        return mlflow.sklearn.log_model(
            record.model,
            name="model",
            serialization_format="skops",
            skops_trusted_types=record.trusted,
            signature=signature(record.features, record.task),
            input_example=record.example,
            pip_requirements=record.requirements,
            metadata={"sha256": record.digests},
        )


def signature(features: Mapping[str, Feature], task: str) -> ModelSignature:
    """MLflow's model signature, derived from the contract's features."""
    inputs = [
        ColSpec(
            DataType.float if feature.numeric else DataType.string,
            name,
            required=not feature.nullable,
        )
        for name, feature in features.items()
    ]
    output = DataType.double if task == "regression" else DataType.long
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(output)]))
