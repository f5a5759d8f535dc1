"""MLflow: tracking runs, the model registry, and the only place that moves aliases."""

import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")  # seconds without a byte, not 120
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
import mlflow.sklearn
from filelock import FileLock
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from sqlalchemy.exc import SQLAlchemyError

from ..core.contract import Feature
from ..core.request_schema import request_schema
from ..errors import ProjectError
from . import mlflow_trials
from .mlflow_trials import TrialRecord

CHAMPION = "champion"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # how stores say: no such thing
# tag: who writes a run, so that nobody else closes it
WORKER = "mlproject.worker"


@dataclass(frozen=True)
class Version:
    """One model version of the registry."""

    name: str
    version: str
    run_id: str
    tags: dict[str, str]
    created: float | None = field(default=None, compare=False)  # seconds since 1970


class Registry:
    """One MLflow server or store. Raises ProjectError where it cannot be reached."""

    def __init__(self, uri: str, root: Path, worker: str = "") -> None:
        self.uri = _absolute(uri, root)
        self.root = root
        self.worker = worker or f"{socket.gethostname()}:{root}"
        with self._faults():
            self.client = self._open()

    def _open(self) -> mlflow.MlflowClient:
        """Open the store; a fresh sqlite file is migrated by one process at a time."""
        alone: AbstractContextManager[Any] = nullcontext()
        if self.uri.startswith("sqlite:///"):
            file = Path(self.uri.removeprefix("sqlite:///"))
            file.parent.mkdir(parents=True, exist_ok=True)
            alone = FileLock(f"{file}.lock")
        with alone:
            client = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            client.search_experiments(max_results=1)
        return client

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
            raise ProjectError(
                f"MLflow at {_shown(self.uri)} does not work ({_reason(error)}): "
                "check MLFLOW_TRACKING_URI and the server"
            ) from error

    def _experiment(self, name: str) -> str:
        """Id of an experiment, created on first use; local artifacts stay below the project."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = (
            (self.root / "mlartifacts" / name).as_uri() if self.uri.startswith("sqlite") else None
        )
        try:
            return str(self.client.create_experiment(name, artifact_location=location))
        except MlflowException:  # another process was first
            found = self.client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    def close_abandoned(self, experiment: str) -> int:
        """Mark runs this folder left RUNNING as KILLED. Call only under the folder's lock."""
        with self._faults():
            found = self.client.get_experiment_by_name(experiment)
            if found is None:
                return 0
            runs = self.client.search_runs([found.experiment_id], "attributes.status = 'RUNNING'")
            mine = [run for run in runs if run.data.tags.get(WORKER) == self.worker]
            for run in mine:
                self.client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
            return len(mine)

    def log_run(self, experiment: str, name: str, record: "RunRecord") -> str:
        """Log one finished training run, model included. Returns its run id."""
        with self._faults():
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            tags = {**record.tags, WORKER: self.worker}
            with mlflow.start_run(
                experiment_id=self._experiment(experiment),
                run_name=name,
                tags=tags,
                log_system_metrics=False,
            ) as run:
                mlflow.log_params(record.params)
                mlflow.log_metrics(
                    {key: value for key, value in record.metrics.items() if value == value}
                )
                info = _log_model(record)
                for path in record.model_files:
                    self.client.log_model_artifact(info.model_id, str(path))
                for path in record.artifacts:
                    mlflow.log_artifact(str(path))
                mlflow.log_dict(request_schema(record.features), "request_schema.json")
                self.client.set_tag(run.info.run_id, "model_uri", info.model_uri)
                mlflow_trials.log(self.client, run, record.trials, {WORKER: self.worker})
                return str(run.info.run_id)

    def log_outcome(
        self, experiment: str, name: str, tags: Mapping[str, str], failed: bool
    ) -> None:
        """Log a run that holds tags only and has ended already, well or not."""
        with self._faults():
            made = self.client.create_run(self._experiment(experiment), tags=tags, run_name=name)
            status = RunStatus.FAILED if failed else RunStatus.FINISHED
            self.client.set_terminated(made.info.run_id, RunStatus.to_string(status))

    def has_run(self, run_id: str) -> bool:
        """Whether the store holds this run, finished."""
        run = self._found(lambda: self.client.get_run(run_id))
        return run is not None and run.info.status == "FINISHED"

    def _found(self, ask: Callable[[], Any]) -> Any:
        """What `ask` returns, None where the store says there is no such thing."""
        with self._faults():
            try:
                return ask()
            except MlflowException as error:
                if error.error_code in _ABSENT:
                    return None
                raise

    def champion(self, name: str) -> Version | None:
        """The version behind alias `champion`, None where there is none."""
        found = self._found(lambda: self.client.get_model_version_by_alias(name, CHAMPION))
        return found and _version(name, found)

    def version(self, name: str, number: str) -> Version | None:
        """One numbered version, None where there is none."""
        found = self._found(lambda: self.client.get_model_version(name, number))
        return found and _version(name, found)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The metrics a run recorded."""
        with self._faults():
            return dict(self.client.get_run(run_id).data.metrics)

    def run_file(self, run_id: str, file: str) -> bytes | None:
        """Bytes of one artifact of a run, None where the run has no such file."""
        with self._faults(), tempfile.TemporaryDirectory() as folder:
            if file not in {item.path for item in self.client.list_artifacts(run_id)}:
                return None
            return Path(self.client.download_artifacts(run_id, file, folder)).read_bytes()

    def model_file(self, version: Version, file: str) -> bytes:
        """Bytes of one file of a model version."""
        with self._faults(), tempfile.TemporaryDirectory() as folder:
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            path = mlflow.artifacts.download_artifacts(
                f"models:/{version.name}/{version.version}/{file}", dst_path=folder
            )
            return Path(path).read_bytes()

    def register(self, name: str, run_id: str, tags: Mapping[str, str]) -> Version:
        """Make the run's model a version of `name`; the same run is registered once."""
        with self._faults():
            try:
                self.client.create_registered_model(name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            for known in self.client.search_model_versions(f"name = '{name}'"):
                if known.run_id == run_id:
                    for key, value in tags.items():
                        self.client.set_model_version_tag(name, known.version, key, value)
                    return Version(name, str(known.version), run_id, {**known.tags, **tags})
            source = self.client.get_run(run_id).data.tags["model_uri"]
            made = self.client.create_model_version(
                name,
                source,
                run_id=run_id,
                tags=dict(tags),
                model_id=source.removeprefix("models:/"),  # a server refuses the source without it
            )
            return Version(name, str(made.version), run_id, dict(tags))

    def promote(self, version: Version) -> None:
        """Move alias `champion` to this version: one atomic call, the last of a promotion."""
        with self._faults():
            self.client.set_registered_model_alias(version.name, CHAMPION, version.version)


def _version(name: str, found: Any) -> Version:
    created = (found.creation_timestamp or 0) / 1000 or None
    return Version(name, str(found.version), str(found.run_id), dict(found.tags), created)


@dataclass(frozen=True)
class RunRecord:
    """Everything a run carries."""

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


def _log_model(record: RunRecord) -> Any:
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


def _absolute(uri: str, root: Path) -> str:
    """A relative sqlite path is the project's, whatever folder the command runs in."""
    file = uri.removeprefix("sqlite:///")
    if file == uri or file.startswith("/"):
        return uri
    return f"sqlite:///{root / file}"


def _shown(text: str) -> str:
    """An address, or a message with one, without the credentials it may carry."""
    return re.sub(r"://[^\s/]*@", "://", text)


def _reason(error: Exception) -> str:
    """The first line of what MLflow says."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if "Max retries exceeded" in line:
        return "there is no answer from it"
    return _shown(line)[:160]
