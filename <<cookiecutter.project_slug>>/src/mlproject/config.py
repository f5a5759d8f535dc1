"""Params (versioned knobs, params.yaml) and Settings (addresses and secrets, the environment)."""

import copy
import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .core import search_space
from .core.contract import DataContract, Strict
from .core.metrics import DIRECTIONS, primary_metric
from .core.monitoring.knobs import Monitor
from .core.search_space import Range, Sampler
from .core.transforms import CALENDAR, derived_features, model_features, period
from .errors import ProjectError

Fraction = Annotated[float, Field(gt=0, lt=0.9)]


class Drift(Strict):
    """Limits of the distribution checks against the data of the champion."""

    max_psi: float = Field(0.5, gt=0)
    max_missing_increase: float = Field(0.1, ge=0, le=1)


class Validate(Strict):
    """Section `validate`: what stops the run before training."""

    min_rows: int = Field(50, ge=10)
    max_missing: float = Field(0.5, ge=0, le=1)
    single_feature_score: float = Field(0.995, gt=0.5, le=1)
    drift: Drift = Drift()


class Featurize(Strict):
    """Section `featurize`: columns derived from the contract's."""

    calendar: tuple[str, ...] = ()
    lags: tuple[Annotated[int, Field(ge=1)], ...] = ()
    entity_as_feature: bool = False


class BuildDataset(Strict):
    """Section `build_dataset`: how rows are split."""

    split: Literal["time", "random"] = "random"
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
    """Katib Experiments, one a family; the local tuner runs one trial after another."""

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


class Evaluate(Strict):
    """Section `evaluate`: the metric that decides and the slices that are watched."""

    metric: str | None = None
    slices: tuple[str, ...] = ()
    min_slice_rows: int = Field(30, ge=1)
    seasonal_naive_lag: int | None = Field(None, ge=1)


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
    worst_slice_ratio: float | None = Field(1.5, ge=1)
    onnx_tolerance: float = Field(1e-3, gt=0)
    replace_incomparable_champion: bool = False


class Params(Strict):
    """Everything in params.yaml."""

    data: DataContract
    validate_: Validate = Field(default=Validate(), alias="validate")
    featurize: Featurize = Featurize()
    build_dataset: BuildDataset = BuildDataset()
    tune: Tune
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    promote: Promote = Promote()
    monitor: Monitor = Monitor()

    @property
    def metric(self) -> str:
        """The metric that tuning optimizes and the gate compares."""
        return self.evaluate.metric or primary_metric(self.data.task)

    @model_validator(mode="after")
    def _coherent(self) -> "Params":
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        """Yield what sections ask of each other and do not get: the first one is refused."""
        data, featurize, lag = self.data, self.featurize, self.evaluate.seasonal_naive_lag
        known = DIRECTIONS[data.task]
        for key, names in {
            "evaluate.metric": [self.metric],
            "promote.thresholds": self.promote.thresholds,
        }.items():
            for name in names:
                if name not in known:
                    yield (
                        f"{key}: `{name}` is no metric of task {data.task}, "
                        f"use one of {', '.join(known)}"
                    )
        if not data.has_time and (
            self.build_dataset.split == "time" or featurize.calendar or featurize.lags
        ):
            yield "a time split, calendar features and lags need data.event_timestamp"
        if data.frequency is not None and period(data.frequency) is None:
            yield f"data.frequency: `{data.frequency}` is no period like 1D, 1h or MS"
        if (featurize.lags or lag) and not data.frequency:
            yield "lags and the seasonal-naive baseline need data.frequency (like 1D or 1h)"
        if (featurize.lags or lag) and data.task != "regression":
            yield "lags of the target and the seasonal-naive baseline need task regression"
        if featurize.entity_as_feature and not data.entities:
            yield "featurize.entity_as_feature needs data.entities, the list of allowed values"
        yield from search_space.problems(self.tune.families, self.tune.sampler)
        yield from self._unknown_columns()

    def _unknown_columns(self) -> Iterator[str]:
        """Yield derived names that nobody knows or that the contract has already taken."""
        data, featurize = self.data, self.featurize
        for name in featurize.calendar:
            if name not in CALENDAR:
                yield f"featurize.calendar: `{name}` is unknown, use one of {', '.join(CALENDAR)}"
        for name in derived_features(data, featurize):
            if name in (*data.features, data.target, data.entity_column):
                yield f"featurize: `{name}` is derived and is a column of the data too: rename it"
        columns = [*model_features(data, featurize), data.entity_column, data.target]
        for name in self.evaluate.slices:
            if name not in columns:
                yield (
                    f"evaluate.slices: `{name}` is no column of the training set, "
                    f"use one of {', '.join(columns)}"
                )


class Settings(BaseSettings):
    """Addresses and secrets, from the environment only; never written anywhere."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    mlflow_tracking_uri: str = "sqlite:///mlflow.db"
    git_commit: str = ""  # of the code in an image, which holds no repository
    pipeline_home: Path | None = None  # set for the tasks of a pipeline on this machine
    pipeline_stopped: str = ""  # set there too: the task that failed and its sentence
    github_output: Path | None = None  # where a job on GitHub takes values for later steps
    github_step_summary: Path | None = None  # and text for its page
    pull_request: int = 0  # the number of the one a job is about
    kf_pipelines_endpoint: str = ""
    kf_pipelines_ui_endpoint: str = ""
    kf_pipelines_token: SecretStr = SecretStr("")
    kf_pipelines_sa_token_path: str = ""
    kf_pipelines_cookie: SecretStr = SecretStr("")
    kf_pipelines_namespace: str = ""
    kf_pipelines_server_namespace: str = "kubeflow"
    kf_pipelines_service_account: str = ""
    kf_pipelines_ssl_ca_cert: str = ""
    kf_pipelines_allow_http: bool = False
    tuner: Literal["optuna", "katib"] = "optuna"
    pipeline_run_id: str = ""  # what the tasks of one run and their retries share
    kubeconfig: str | None = None
    kube_context_staging: str = "staging"  # of the kubeconfig: where `deploy` goes
    kube_context_production: str = "production"
    katib_namespace: str | None = None
    trial_image: str | None = None
    trial_service_account: str | None = None
    trial_secret: str | None = None  # a Secret of the namespace: credentials of the trials
    dataset_uri: str | None = None  # folder that this process writes and trials read
    aws_endpoint_url: str | None = None


def load_params(path: Path, overrides: tuple[str, ...] = ()) -> Params:
    """Read and check params.yaml, each override a `dotted.key=value`. Raises ProjectError."""
    tree = read_yaml(path)
    changed = copy.deepcopy(tree)
    for override in overrides:
        _apply_override(changed, override)
    try:
        return parse_params(changed, path.name)
    except ProjectError:
        parse_params(tree, path.name)  # the file itself may be at fault
        parse_params(changed, " ".join(f"--set {override}" for override in overrides))
        raise


def read_yaml(path: Path, expand: bool = False) -> dict[str, Any]:
    """Return a YAML mapping, `${NAME}` read from the environment if `expand`.

    Raises ProjectError naming file and line.
    """
    name = path.relative_to(here) if path.is_relative_to(here := Path.cwd()) else path
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.safe_load(os.path.expandvars(text) if expand else text)
    except FileNotFoundError:
        raise ProjectError(f"{name} is missing: run the command in the project's folder") from None
    except OSError as error:
        raise ProjectError(f"{name} cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise ProjectError(
            f"{name}{where} is not valid YAML: {getattr(error, 'problem', error)}"
        ) from None
    if not isinstance(tree, dict):
        raise ProjectError(f"{name} must hold `key: value` sections, not {type(tree).__name__}")
    return tree


def parse_params(tree: dict[str, Any], name: str = "params.yaml") -> Params:
    """Check a params tree. Raises ProjectError with the key's path and what was expected."""
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise ProjectError(f"{name}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """The first finding as `path: what was expected`; a misspelt key before the one it lacks."""
    found = error.errors()
    strange = (item for item in found if item["type"] == "extra_forbidden")
    finding = next(strange, found[0])
    path = ".".join(str(part) for part in finding["loc"])
    kind, message = finding["type"], finding["msg"]
    if kind == "extra_forbidden":
        return f"{path} is not a known key: {_nearest(finding['loc'])}"
    if kind == "missing":
        return f"{path} is required and missing"
    text = message.removeprefix("Value error, ")
    got = "" if kind == "value_error" else f" (got {finding['input']!r:.80})"
    return f"{path + ': ' if path else ''}{text[0].lower() + text[1:]}{got}"


def _nearest(path: tuple[int | str, ...]) -> str:
    """What to do about an unknown key: the known one beside it that it is close to."""
    kind: Any = Params
    for part in path[:-1]:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            fields = kind.model_fields.items()
            kind = next(item.annotation for name, item in fields if part in (name, item.alias))
    known = [item.alias or name for name, item in kind.model_fields.items()]
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"did you mean `{close[0]}`?" if close else "remove it or correct its spelling"


def _apply_override(tree: dict[str, Any], override: str) -> None:
    """Set one dotted key; the last part is read as YAML."""
    key, separator, value = override.partition("=")
    if not separator or not key:
        raise ProjectError(f"`{override}` is not of the form section.key=value, like tune.trials=5")
    node = tree
    *parents, leaf = key.split(".")
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ProjectError(f"params.yaml: {key} cannot be set, `{part}` is not a section")
    try:
        node[leaf] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ProjectError(
            f"`{override}`: `{value}` is not a YAML value like 5 or [1, 7]"
        ) from None
