"""Trials of a search as child runs of its run, written at once."""

import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Metric, Param, RunStatus
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

REQUESTS = 8  # trials sent to a server at a time


@dataclass(frozen=True)
class TrialRecord:
    """One trial: its name, its parameters, and its metric unless it failed."""

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]

    @property
    def status(self) -> str:
        """How the run of this trial ended."""
        return RunStatus.to_string(RunStatus.FINISHED if self.metrics else RunStatus.FAILED)


def log(client: Any, parent: Any, trials: Sequence[TrialRecord], tags: Mapping[str, str]) -> None:
    """Write each trial as a finished run below `parent`, in the same experiment."""
    experiment, now = str(parent.info.experiment_id), round(1000 * time.time())
    rows = [
        (trial, {**tags, MLFLOW_PARENT_RUN_ID: parent.info.run_id, MLFLOW_RUN_NAME: trial.name})
        for trial in trials
    ]
    store = client._tracking_client.store
    if hasattr(store, "ManagedSessionMaker"):
        _in_one_transaction(store, parent, rows, now)
        return

    def send(row: tuple[TrialRecord, dict[str, str]]) -> None:
        trial, own = row
        run = client.create_run(experiment, start_time=now, tags=own, run_name=trial.name)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, now, 0) for key, value in trial.metrics.items()],
            params=[Param(key, value) for key, value in trial.params.items()],
        )
        client.set_terminated(run.info.run_id, trial.status, end_time=now)

    with ThreadPoolExecutor(REQUESTS) as pool:
        list(pool.map(send, rows))


def _in_one_transaction(
    store: Any, parent: Any, rows: Sequence[tuple[TrialRecord, dict[str, str]]], now: int
) -> None:
    """Write to a database through MLflow's own tables.

    Its client commits six times a trial, and every commit waits for the disk.
    """
    from mlflow.store.tracking.dbmodels import models

    folder, artifacts = parent.info.artifact_uri.rsplit("/", 2)[0], "artifacts"
    runs = []
    for trial, tags in rows:
        number = uuid.uuid4().hex
        values: list[dict[str, Any]] = [
            {"key": key, "value": value, "timestamp": now, "step": 0, "is_nan": False}
            for key, value in trial.metrics.items()
        ]
        runs.append(
            models.SqlRun(
                run_uuid=number,
                name=trial.name,
                experiment_id=int(parent.info.experiment_id),
                user_id=parent.info.user_id,
                status=trial.status,
                start_time=now,
                end_time=now,
                source_type="UNKNOWN",
                source_name="",
                entry_point_name="",
                source_version="",
                lifecycle_stage=parent.info.lifecycle_stage,
                artifact_uri=f"{folder}/{number}/{artifacts}",
                tags=[models.SqlTag(key=key, value=value) for key, value in tags.items()],
                params=[models.SqlParam(key=key, value=text) for key, text in trial.params.items()],
                metrics=[models.SqlMetric(**item) for item in values],
                latest_metrics=[models.SqlLatestMetric(**item) for item in values],
            )
        )
    with store.ManagedSessionMaker(read_only=False) as session:
        session.add_all(runs)
