"""MLflow: tracking runs, the model registry, and the only place that moves aliases."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .mlflow_store import Store  # sets what MLflow reads when it is imported

# isort: split
import mlflow
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException

from ..data.request_schema import request_schema
from . import mlflow_trials
from .mlflow_model import RunRecord, log_model
from .mlflow_sqlite import Version

# tag: who writes a run, so that nobody else closes it
WORKER = "level2.worker"


class Registry(Store):
    """The runs and the registered models of a store."""

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

    def log_run(self, experiment: str, name: str, record: RunRecord) -> str:
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
                info = log_model(record)
                for path in record.model_files:
                    self.client.log_model_artifact(info.model_id, str(path))
                for path in record.artifacts:
                    mlflow.log_artifact(str(path))
                for file, text in record.texts.items():
                    mlflow.log_text(text.decode(), file)
                mlflow.log_dict(request_schema(record.features), "request_schema.json")
                self.client.set_tag(run.info.run_id, "model_uri", info.model_uri)
                mlflow_trials.log(self.client, run, record.trials, {WORKER: self.worker})
                return str(run.info.run_id)

    def log_outcome(
        self, experiment: str, name: str, tags: Mapping[str, str], failed: bool
    ) -> None:
        """Log a run with tags only that has already ended, successfully or not."""
        with self._faults():
            made = self.client.create_run(self._experiment(experiment), tags=tags, run_name=name)
            status = RunStatus.FAILED if failed else RunStatus.FINISHED
            self.client.set_terminated(made.info.run_id, RunStatus.to_string(status))

    def noted(self, experiment: str, most: int = 100) -> list[tuple[float, dict[str, str]]]:
        """When and with which tags the newest runs of an experiment were logged."""
        with self._faults():
            found = self.client.get_experiment_by_name(experiment)
            if found is None:
                return []
            order = ["attributes.start_time DESC"]
            runs = self.client.search_runs([found.experiment_id], "", 1, most, order)
            return [(run.info.start_time / 1000, dict(run.data.tags)) for run in runs]

    def has_run(self, run_id: str) -> bool:
        """Whether the store holds this run, finished."""
        run = self._found(lambda: self.client.get_run(run_id))
        return run is not None and run.info.status == "FINISHED"

    def champion(self, name: str, alias: str = "") -> Version | None:
        """The version with the store's alias, or with another one, or None."""
        asked = alias or self.alias
        found = self._found(lambda: self.client.get_model_version_by_alias(name, asked))
        return found and _version(name, found)

    def version(self, name: str, number: str) -> Version | None:
        """The version with this number, or None."""
        found = self._found(lambda: self.client.get_model_version(name, number))
        return found and _version(name, found)

    def newest(self, name: str) -> Version | None:
        """The version that was registered last, or None."""
        with self._faults():
            known = self.client.search_model_versions(f"name = '{name}'")
            found = max(known, key=lambda item: int(item.version), default=None)
            return found and _version(name, found)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The metrics a run recorded."""
        with self._faults():
            return dict(self.client.get_run(run_id).data.metrics)

    def run_file(self, run_id: str, file: str) -> bytes | None:
        """Bytes of one artifact of a run, None if the run has no such file."""
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

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""
        with self._faults():
            for key, value in tags.items():
                self.client.set_model_version_tag(version.name, version.version, key, value)

    def promote(self, version: Version, alias: str = "") -> None:
        """Move the store's alias to this version: one atomic call, the last of a promotion."""
        with self._faults():
            moved = alias or self.alias
            self.client.set_registered_model_alias(version.name, moved, version.version)


def _version(name: str, found: Any) -> Version:
    created = (found.creation_timestamp or 0) / 1000 or None
    return Version(name, str(found.version), str(found.run_id), dict(found.tags), created)
