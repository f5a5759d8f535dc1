"""Kubeflow Pipelines: versions, runs and recurring runs of one pipeline."""

from pathlib import Path
from typing import Any

import kfp_server_api

from ..base.errors import ProjectError
from .access import Access
from .answers import DONE, Run, Task, failed_nodes
from .client import ConflictError, Connection
from .logs import reason
from .probe import probe
from .spec import compiled, specification


class Kubeflow:
    """A KFP server, probed before anything else."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._kfp = Connection(access, probe(access))
        self._account = access.settings.kf_pipelines_service_account or None

    def experiment(self, name: str) -> str:
        """Id of the KFP experiment of this name, made where missing."""

        def find() -> Any:
            return self._kfp.client.create_experiment(name, namespace=self._kfp.namespace)

        try:
            made = self._kfp.call("opening the KFP experiment", find)
        except ConflictError:  # another submit made it since we looked
            made = self._kfp.call("opening the KFP experiment", find)
        return self._kfp.id(made, "experiment_id", "opening the KFP experiment")

    def pipeline(self, name: str) -> str:
        """Id of the pipeline of this name, made empty where missing."""
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
        """Upload a version. Returns its id and name, and whether it was there already.

        `name`, or `other` where `name` is taken by another specification.
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

    def look(self, run: str) -> Run:
        """A run as it is now. Raises SilenceError where trying again makes sense."""
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
        """What the log of a failed task gives as its reason; empty where nothing can be had."""
        return reason(self.access, run, failed_nodes(found.tasks))

    def recurring(self, experiment: str, name: str) -> list[Any]:
        """The recurring runs of this name."""

        def page(token: str) -> Any:
            return self._kfp.client.list_recurring_runs(token, 100, experiment_id=experiment)

        every = self._kfp.pages("listing recurring runs", page, "recurring_runs")
        return [item for item in every if item.display_name == name]

    def repeat(
        self,
        experiment: str,
        pipeline: str,
        version: str,
        name: str,
        cron: str,
        arguments: dict[str, Any],
    ) -> str:
        """Make a recurring run that never overlaps itself and does not catch up. Returns its id."""
        made = self._kfp.call(
            "creating the recurring run",
            lambda: self._kfp.client.create_recurring_run(
                experiment,
                name,
                cron_expression=cron,
                max_concurrency=1,
                no_catchup=True,
                params=arguments,
                pipeline_id=pipeline,
                version_id=version,
                service_account=self._account,
            ),
        )
        return self._kfp.id(made, "recurring_run_id", "creating the recurring run")

    def forget(self, recurring: str, experiment: str) -> list[str]:
        """Switch a recurring run off and delete it, unless a run of it still goes.

        Its runs' workflows belong to it and are deleted with it, so one that goes on is left its
        recurring run, switched off. Returns the names of those runs.
        """
        doing, client = "switching the recurring run off", self._kfp.client
        self._kfp.call(doing, lambda: client.disable_recurring_run(recurring))
        going = self._going(recurring, experiment)
        if not going:
            doing = "deleting the old recurring run"
            self._kfp.call(doing, lambda: client.delete_recurring_run(recurring))
        return going

    def _going(self, recurring: str, experiment: str) -> list[str]:
        def page(token: str) -> Any:
            return self._kfp.client.list_runs(
                token,
                100,
                "created_at desc",
                experiment_id=experiment,
                namespace=self._kfp.namespace,
            )

        every = self._kfp.pages("listing runs", page, "runs")
        mine = [item for item in every if item.recurring_run_id == recurring]
        return [str(item.display_name) for item in mine if item.state not in DONE]


def _task(item: Any) -> Task:
    told = item.child_tasks or []
    children = tuple(child.pod_name for child in told if child.pod_name)
    error = (item.error and item.error.message) or ""
    return Task(item.display_name or item.task_id or "", item.state or "", error, children)
