"""Params (versioned knobs, params.yaml) and Settings (addresses and secrets, the environment)."""

import copy
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator

from ..base.environment import Environment
from ..base.errors import ProjectError
from ..base.yaml_file import read_yaml
from ..data.contract import DataContract
from ..data.feature import Strict
from ..data.featurize import Featurize
from ..model.class_weights import by_code
from ..model.metrics import primary_metric, use
from ..owned import declarations
from .canary import Canary
from .coherence import problems
from .decide import Decide
from .file import explained, override
from .monitor import Monitor
from .sections import BuildDataset, Ct, Evaluate, Promote, Train, Tune, Validate


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
    ct: Ct = Ct()
    canary: Canary = Canary()

    @property
    def metric(self) -> str:
        """The metric that tuning optimizes and the gate compares."""
        return self.evaluate.metric or primary_metric(self.data.task)

    @property
    def computed(self) -> tuple[str, ...]:
        """The metrics that `evaluate` names: those of the project's own are computed too."""
        return (self.metric, *self.evaluate.metrics)

    @property
    def class_weight(self) -> str | dict[int, float]:
        """`train.class_weight` as estimators take it: `none`, `balanced` or by class code."""
        return by_code(self.train.class_weight, self.data.classes)

    @model_validator(mode="after")
    def _coherent(self) -> "Params":
        for problem in problems(self):
            raise ValueError(problem)
        return self


class Settings(Environment):
    """Addresses and secrets, from the environment only; never written anywhere."""

    mlflow_tracking_uri: str = "sqlite:///mlflow.db"
    model_environment: str = ""  # staging or production: whose champion is meant
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
