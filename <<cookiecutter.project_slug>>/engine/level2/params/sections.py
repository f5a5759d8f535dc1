"""The sections of params.yaml besides `data`: each setting with type, bounds and default."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from ..data.feature import Strict
from ..model.class_weights import ClassWeight, checked
from ..model.constraints import Direction
from ..model.search_space import Range, Sampler
from ..model.threshold import Cutoff

Fraction = Annotated[float, Field(gt=0, lt=0.9)]
Share = Annotated[float, Field(ge=0, le=1)]


class Drift(Strict):
    """Limits of the distribution checks against the champion's data."""

    max_psi: float = Field(0.5, gt=0)
    max_missing_increase: float = Field(0.1, ge=0, le=1)


class Validate(Strict):
    """Section `validate`: what stops the run before training."""

    min_rows: int = Field(50, ge=10)
    max_missing: float = Field(0.5, ge=0, le=1)
    single_feature_score: float = Field(0.995, gt=0.5, le=1)
    drift: Drift = Drift()


class BuildDataset(Strict):
    """Section `build_dataset`: how rows are split."""

    split: Literal["time", "random", "group"] = "random"
    test_fraction: Fraction = 0.2
    validation_fraction: Fraction = 0.2

    @model_validator(mode="after")
    def _coherent(self) -> "BuildDataset":
        if self.test_fraction + self.validation_fraction > 0.9:
            raise ValueError(
                "test_fraction and validation_fraction leave less than a tenth of the rows to train"
            )
        return self


class Cluster(Strict):
    """Katib Experiments, one per family; the local tuner runs one trial after another."""

    parallel_trials: int = Field(2, ge=1, le=1000)
    minutes: int = Field(60, ge=1, le=20_000)
    cpu: str = Field("1", pattern=r"^\d+(\.\d+)?$|^\d+m$")
    memory: str = Field("2Gi", pattern=r"^\d+(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$")


class Tune(Strict):
    """Section `tune`: the search space of each candidate estimator."""

    trials: int = Field(20, ge=1, le=10_000)
    max_failed_trials: int = Field(3, ge=0)
    sampler: Sampler = "tpe"
    cluster: Cluster = Cluster()
    families: dict[str, dict[str, Range]] = Field(min_length=1)


class Train(Strict):
    """Section `train`."""

    seed: int = Field(0, ge=0, lt=2**32)
    threads: int = Field(1, ge=1, le=1024)
    class_weight: Annotated[ClassWeight, BeforeValidator(checked)] = "none"
    monotonic: dict[str, Direction] = Field(default_factory=dict)
    coverage: float | None = Field(None, ge=0.5, lt=1)


class Evaluate(Strict):
    """Section `evaluate`: the deciding metric and the slices."""

    metric: str | None = None
    metrics: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    min_slice_rows: int = Field(30, ge=1)
    threshold: Cutoff | None = None
    seasonal_naive_lag: int | None = Field(None, ge=1)
    horizon: int = Field(1, ge=1)
    origins: int = Field(3, ge=1, le=20)


class Threshold(Strict):
    """An absolute bound on one metric."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Threshold":
        if self.min is None and self.max is None:
            raise ValueError("a threshold needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Promote(Strict):
    """Section `promote`: the quality gate."""

    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    margin: float = Field(0.0, ge=-0.5, le=0.5)
    baseline_margin: float = Field(0.05, ge=0, lt=1)
    origins_won: float | None = Field(0.6, gt=0, le=1)
    min_recall: dict[str, Share] | Share | None = None
    coverage: float | None = Field(None, ge=0, lt=1)
    worst_slice_ratio: float | None = Field(1.5, ge=1)
    onnx_tolerance: float = Field(1e-3, gt=0)
    rules: tuple[str, ...] = ()
    replace_incomparable_champion: bool = False


class Ct(Strict):
    """Section `ct`: how the champion of staging becomes that of production."""

    auto_promote: bool = False
    retrain: bool = False
    production_alias: str = Field("champion-production", pattern=r"^[a-z][a-z0-9_-]*$")

    @model_validator(mode="after")
    def _free(self) -> "Ct":
        name = self.production_alias
        if name == "latest" or (name[0] == "v" and name[1:].isdecimal()):
            raise ValueError(f"production_alias {name} is reserved by MLflow: choose another name")
        return self
