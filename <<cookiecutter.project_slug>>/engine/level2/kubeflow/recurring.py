"""Kubeflow Pipelines: recurring runs, which start a pipeline by a cron line."""

from typing import Any

from .answers import DONE
from .client import Connection


class RecurringRuns:
    """The recurring runs of a KFP server."""

    def __init__(self, connection: Connection, account: str | None) -> None:
        self._kfp = connection
        self._account = account

    def named(self, experiment: str, name: str) -> list[Any]:
        """The recurring runs of this name."""

        def page(token: str) -> Any:
            return self._kfp.client.list_recurring_runs(token, 100, experiment_id=experiment)

        every = self._kfp.pages("listing recurring runs", page, "recurring_runs")
        return [item for item in every if item.display_name == name]

    def create(
        self,
        experiment: str,
        pipeline: str,
        version: str,
        name: str,
        cron: str,
        arguments: dict[str, Any],
    ) -> str:
        """Create a recurring run that never overlaps or catches up. Returns its id."""
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

    def end(self, recurring: str, experiment: str) -> list[str]:
        """Disable a recurring run and delete it, unless one of its runs is in progress.

        Its runs' workflows are deleted with it, so while one is in progress the recurring run is
        only disabled. Returns the names of those runs.
        """
        doing, client = "switching the recurring run off", self._kfp.client
        self._kfp.call(doing, lambda: client.disable_recurring_run(recurring))
        going = self._going(recurring, experiment)
        if not going:
            doing = "deleting the old recurring run"
            self._kfp.call(doing, lambda: client.delete_recurring_run(recurring))
        return going

    def _going(self, recurring: str, experiment: str) -> list[str]:
        mine = [item for item in self._kfp.runs(experiment) if item.recurring_run_id == recurring]
        return [str(item.display_name) for item in mine if item.state not in DONE]
