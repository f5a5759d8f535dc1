"""Kubeflow Pipelines: versions and runs of one pipeline."""

from pathlib import Path
from typing import Any

import kfp_server_api

from ..base.errors import ProjectError
from .access import Access
from .answers import Run, Task, failed_nodes
from .client import ConflictError, Connection
from .logs import reason
from .probe import probe
from .recurring import RecurringRuns
from .spec import compiled, specification, tasks


class Kubeflow:
    """A KFP server, probed before anything else."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._kfp = Connection(access, probe(access))
        self._account = access.settings.kf_pipelines_service_account or None
        self.recurring = RecurringRuns(self._kfp, self._account)

    def experiment(self, name: str) -> str:
        """Id of the KFP experiment of this name, created if missing."""

        def find() -> Any:
            return self._kfp.client.create_experiment(name, namespace=self._kfp.namespace)

        try:
            made = self._kfp.call("opening the KFP experiment", find)
        except ConflictError:  # another submit made it since we looked
            made = self._kfp.call("opening the KFP experiment", find)
        return self._kfp.id(made, "experiment_id", "opening the KFP experiment")

    def pipeline(self, name: str) -> str:
        """Id of the pipeline of this name, created empty if missing."""
        found = self._pipeline(name)
        if found is None:
            body = kfp_server_api.V2beta1Pipeline(display_name=name, namespace=self._kfp.namespace)
            create = self._kfp.client.pipelines.pipeline_service_create_pipeline
            try:
                found = self._kfp.call("creating the pipeline", lambda: create(pipeline=body))
            except ConflictError:
                found = self._pipeline(name)
        return self._kfp.id(found, "pipeline_id", "creating the pipeline")

    def _pipeline(self, name: str) -> Any:
        def page(token: str) -> Any:
            return self._kfp.client.list_pipelines(token, 100, namespace=self._kfp.namespace)

        return self._kfp.named(self._kfp.pages("listing pipelines", page, "pipelines"), name)

    def version(self, pipeline: str, package: Path, name: str, other: str) -> tuple[str, str, bool]:
        """Upload a version. Returns its id and name, and whether it existed already.

        The name is `name`, or `other` if `name` is taken by another specification.
        """
        for wanted in (name, other):
            found = self._version(pipeline, wanted)
            if found is None:
                try:
                    made = self._upload(pipeline, package, wanted)
                    return self._kfp.id(made, "pipeline_version_id", "uploading"), wanted, False
                except ConflictError:
                    found = self._version(pipeline, wanted)
            if found is not None and specification(found.pipeline_spec) == compiled(package):
                return self._kfp.id(found, "pipeline_version_id", "listing versions"), wanted, True
        raise ProjectError(
            f"{self.access.where} has versions {name} and {other} with other contents: "
            "delete the second one there"
        )

    def _upload(self, pipeline: str, package: Path, name: str) -> Any:
        return self._kfp.call(
            "uploading the version",
            lambda: self._kfp.client.upload_pipeline_version(
                str(package), name, pipeline_id=pipeline
            ),
        )

    def _version(self, pipeline: str, name: str) -> Any:
        def page(token: str) -> Any:
            return self._kfp.client.list_pipeline_versions(pipeline, token, 100)

        return self._kfp.named(self._kfp.pages("listing versions", page, "pipeline_versions"), name)

    def start(
        self, experiment: str, pipeline: str, version: str, name: str, arguments: dict[str, Any]
    ) -> str:
        """Start a run. Returns its id."""
        made = self._kfp.call(
            "starting the run",
            lambda: self._kfp.client.run_pipeline(
                experiment,
                name,
                pipeline_id=pipeline,
                version_id=version,
                params=arguments,
                service_account=self._account,
            ),
        )
        return self._kfp.id(made, "run_id", "starting the run")

    def find(self, experiment: str, name: str) -> tuple[str, str]:
        """Id and name of a run, by either; the newest of that name. Raises ProjectError if none."""
        for item in self._kfp.runs(experiment):
            if name in (item.run_id, item.display_name):
                return str(item.run_id), str(item.display_name)
        raise ProjectError(
            f"{self.access.where} has no run `{name}` of this project: give the name that "
            "make pipeline-submit printed, or the run's id"
        )

    def tasks(self, run: str) -> frozenset[str]:
        """Names of the tasks of a run that run in pods, by the version it was started from."""
        doing, client = "reading the run's version", self._kfp.client
        found = self._kfp.call(doing, lambda: client.get_run(run))
        told = found.pipeline_version_reference
        version = self._kfp.call(
            doing, lambda: client.get_pipeline_version(told.pipeline_id, told.pipeline_version_id)
        )
        return tasks(version.pipeline_spec)

    def look(self, run: str) -> Run:
        """The current state of a run. Raises SilenceError if a retry makes sense."""
        found = self._kfp.call("following the run", lambda: self._kfp.client.get_run(run))
        self._kfp.id(found, "run_id", "following the run")
        details = (found.run_details and found.run_details.task_details) or []
        tasks = sorted(details, key=lambda item: str(item.start_time or item.create_time or ""))
        states = [found.state, *(item.state for item in found.state_history or [])]
        return Run(
            found.state or "PENDING",
            tuple(_task(item) for item in tasks),
            (found.error and found.error.message) or "",
            terminated="CANCELING" in states,
        )

    def why(self, run: str, found: Run) -> str:
        """The reason in a failed task's log; empty if none is available."""
        return reason(self.access, run, failed_nodes(found.tasks))


def _task(item: Any) -> Task:
    told = item.child_tasks or []
    children = tuple(child.pod_name for child in told if child.pod_name)
    error = (item.error and item.error.message) or ""
    return Task(item.display_name or item.task_id or "", item.state or "", error, children)
