"""Params (versioned knobs, params.yaml) and Settings (addresses and secrets, the environment)."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ..base.errors import ProjectError
from ..base.yaml_file import read_yaml
from ..data.contract import TIMESTAMP, DataContract
from ..data.feature import Strict
from ..data.featurize import Featurize
from ..features import own
from ..features.lags import period
from ..features.transforms import CALENDAR, derived_features, model_features
from ..model import recall, search_space
from ..model.gate import own_rules
from ..model.metrics import BUILT_IN, choosable, primary_metric, use
from ..owned import declarations
from .decide import Decide
from .file import explained, override
from .monitor import Monitor
from .sections import BuildDataset, Evaluate, Promote, Train, Tune, Validate


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
    decide: Decide = Decide()

    @property
    def metric(self) -> str:
        """The metric that tuning optimizes and the gate compares."""
        return self.evaluate.metric or primary_metric(self.data.task)

    @property
    def computed(self) -> tuple[str, ...]:
        """The metrics that `evaluate` names: those of the project's own are computed too."""
        return (self.metric, *self.evaluate.metrics)

    @model_validator(mode="after")
    def _coherent(self) -> "Params":
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        """Yield what sections ask of each other and do not get: the first one is refused."""
        data, featurize, lag = self.data, self.featurize, self.evaluate.seasonal_naive_lag
        yield from self._unknown_metrics()
        for name in self.promote.rules:
            if name not in own_rules():
                known = ", ".join(own_rules()) or "none is"
                yield f"promote.rules: `{name}` is not declared in rules.py ({known})"
        if not data.has_time and (
            self.build_dataset.split == "time" or featurize.calendar or featurize.lags
        ):
            yield "a time split, calendar features and lags need data.event_timestamp"
        if self.build_dataset.split == "group" and data.group is None:
            yield "build_dataset.split: group needs data.group, the column of the groups"
        if data.group is not None and self.build_dataset.split != "group":
            yield "data.group needs build_dataset.split: group"
        derives = (
            featurize.calendar or featurize.lags or featurize.own or featurize.entity_as_feature
        )
        if not (data.features or derives):
            yield "data.features is empty and featurize derives nothing: a model needs an input"
        if data.frequency is not None and period(data.frequency) is None:
            yield f"data.frequency: `{data.frequency}` is not a period like 1D, 1h or MS"
        if (featurize.lags or lag) and not data.frequency:
            yield "lags and the seasonal-naive baseline need data.frequency (like 1D or 1h)"
        if self.evaluate.horizon > 1 and not data.frequency:
            yield "evaluate.horizon counts periods: it needs data.frequency (like 1D or 1h)"
        yield from self._too_short()
        if (featurize.lags or lag) and data.task != "regression":
            yield "lags of the target and the seasonal-naive baseline need task regression"
        if featurize.entity_as_feature and not data.entities:
            yield "featurize.entity_as_feature needs data.entities, the list of allowed values"
        if self.evaluate.threshold is not None:
            yield from self.evaluate.threshold.problems(data.classes)
        yield from recall.problems(self.promote.min_recall, data.classes)
        if self.train.class_weight != "none" and data.task == "regression":
            yield "train.class_weight needs classes: a regression has none"
        yield from search_space.problems(self.tune.families, self.tune.sampler)
        yield from self._unknown_columns()

    def _unknown_metrics(self) -> Iterator[str]:
        """Yield metrics that nobody declared, and bounds on those that are not computed."""
        task, known = self.data.task, choosable(self.data.task)
        for key, names in {
            "evaluate.metric": [self.metric],
            "evaluate.metrics": self.evaluate.metrics,
            "promote.thresholds": self.promote.thresholds,
        }.items():
            for name in names:
                if name not in known:
                    yield (
                        f"{key}: `{name}` is not a metric of task {task}, "
                        f"use one of {', '.join(known)}"
                    )
        for name in self.promote.thresholds:
            if name not in (*BUILT_IN[task], *self.computed):
                yield f"promote.thresholds: `{name}` must be named under evaluate.metrics too"

    def _too_short(self) -> Iterator[str]:
        """Yield values of the past that are not known yet when a row is predicted."""
        horizon, lag = self.evaluate.horizon, self.evaluate.seasonal_naive_lag
        for key, periods in (
            ("featurize.lags", self.featurize.lags),
            ("evaluate.seasonal_naive_lag", (lag,) if lag else ()),
        ):
            early = [count for count in periods if count < horizon]
            if early:
                yield (
                    f"{key}: {early[0]} is shorter than evaluate.horizon {horizon}: that value is "
                    "not known yet when a row is predicted, leave it out or lower the horizon"
                )

    def _unknown_columns(self) -> Iterator[str]:
        """Yield derived names that nobody knows or that the contract has already taken."""
        data, featurize = self.data, self.featurize
        for name in featurize.calendar:
            if name not in CALENDAR:
                yield f"featurize.calendar: `{name}` is unknown, use one of {', '.join(CALENDAR)}"
        yield from self._unknown_own_features()
        taken = {
            name.casefold(): name for name in (*data.features, data.target, data.entity_column)
        }
        for name in derived_features(data, featurize):
            met = taken.get(name.casefold())
            if met is not None:
                which = "is" if met == name else f"is `{met}`, for DuckDB,"
                problem = f"`{name}` is derived and {which} a column of the data too"
                yield f"featurize: {problem}: rename it"
        columns = [*model_features(data, featurize), data.entity_column, data.target]
        for name in self.evaluate.slices:
            if name not in columns:
                yield (
                    f"evaluate.slices: `{name}` is not a column of the training set, "
                    f"use one of {', '.join(columns)}"
                )

    def _unknown_own_features(self) -> Iterator[str]:
        """Yield features of the project's own that it does not declare, or that lack an input."""
        for name in self.featurize.own:
            if name not in own.choosable():
                known = ", ".join(own.choosable()) or "none is"
                yield f"featurize.own: `{name}` is not declared in features.py ({known})"
                continue
            columns = (*self.data.features, self.data.entity_column, TIMESTAMP)
            for column in own.inputs_of(name):
                if column not in columns:
                    yield (
                        f"featurize.own: {name} is computed from `{column}`, which is not one of "
                        f"{', '.join(columns)}"
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
    github_api_url: str = "https://api.github.com"
    github_repository: str = ""
    github_run_id: str = ""
    github_token: SecretStr = SecretStr("")  # an issue is opened with it, by `decide --apply`
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
    task_retries: int = Field(default=0, ge=0)  # of a task's verb after a fault that may pass
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
    """Read and check params.yaml, each override a `dotted.key=value`. Raises ProjectError.

    What the project declares of its own, like estimators, can be named in it.
    """
    tree = read_yaml(path)
    declarations.install(path.parent)
    changed = copy.deepcopy(tree)
    for word in overrides:
        override(changed, word)
    try:
        return parse_params(changed, path.name)
    except ProjectError:
        parse_params(tree, path.name)  # the file itself may be at fault
        parse_params(changed, " ".join(f"--set {word}" for word in overrides))
        raise


def parse_params(tree: dict[str, Any], name: str = "params.yaml") -> Params:
    """Check a params tree. Raises ProjectError with the key's path and what was expected."""
    try:
        params = Params.model_validate(tree)
    except ValidationError as error:
        raise ProjectError(f"{name}: {explained(error, Params)}") from None
    use(params.data.task, params.computed)
    return params
