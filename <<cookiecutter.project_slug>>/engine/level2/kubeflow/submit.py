"""The production pipeline on a cluster: upload a version, start and follow a run, schedule."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base import git
from ..base.console import Screen
from ..base.errors import ProjectError
from ..base.files import digest
from ..base.plain import packed
from ..params.config import load_params
from .access import AccessSettings, opened
from .follow import clock, follow
from .pipeline import check_trigger, check_tuner
from .schedule import kfp_cron

if TYPE_CHECKING:
    from .runs import Kubeflow

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Uploaded:
    """A pipeline on the server, at the version of this commit."""

    experiment: str
    pipeline: str
    version: str
    commit: str


def arguments(
    root: Path, trigger: str, tuner: str, source: str, overrides: tuple[str, ...]
) -> Arguments:
    """The parameters of a run. Raises ProjectError for what a task would refuse an hour later."""
    check_trigger(trigger)
    check_tuner(tuner)
    load_params(root / "params.yaml", overrides)
    return {
        "trigger": trigger,
        "tuner": tuner,
        "source": packed(source),
        "overrides": [packed(word) for word in overrides],
    }


@contextmanager
def _server() -> Iterator["Kubeflow"]:
    """The server named in the environment, probed."""
    from .runs import Kubeflow

    with opened(AccessSettings()) as access:
        yield Kubeflow(access)


def submit(root: Path, package: Path, name: str, arguments: Arguments, minutes: float) -> None:
    """Start a run of a compiled pipeline, named after its trigger; follow it until it ends.

    With `minutes` 0 it is only started. Raises ProjectError unless it SUCCEEDED in time.
    """
    screen, started = Screen(0), time.monotonic()
    commit = committed(root)
    with _server() as server:
        there = _upload(server, package, name, commit, screen)
        title = f"{arguments['trigger']}-{commit[:7]}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        run = server.start(there.experiment, there.pipeline, there.version, title, arguments)
        link = server.access.link(run)
        screen.say(f" run       {title}")
        screen.say(f" look      {link}")
        if minutes:
            from .spec import compiled_tasks

            follow(server, run, title, compiled_tasks(package), minutes, screen)
            screen.say(f" run       {title} SUCCEEDED in {clock(time.monotonic() - started)}")


def follow_again(name: str, wanted: str, minutes: float) -> None:
    """Follow a run that was started before, named by its title or id, until it ends.

    Raises ProjectError unless it SUCCEEDED in time.
    """
    if not wanted:
        raise ProjectError("no run is named: RUN= takes the name that make pipeline-submit printed")
    screen = Screen(0)
    with _server() as server:
        run, title = server.find(server.experiment(name), wanted)
        screen.say(f" run       {title}")
        screen.say(f" look      {server.access.link(run)}")
        follow(server, run, title, server.tasks(run), minutes, screen)
        screen.say(f" run       {title} SUCCEEDED")


def schedule(root: Path, package: Path, name: str, cron: str, arguments: Arguments) -> None:
    """Let KFP repeat a compiled pipeline in one recurring run, replacing any other."""
    screen, six = Screen(0), kfp_cron(cron)
    commit, title = committed(root), _title(name)
    with _server() as server:
        there = _upload(server, package, name, commit, screen)
        old = server.recurring.named(there.experiment, title)
        same = [item for item in old if _repeats(item, there.version, six, arguments)]
        if not same:  # the new one first: better two for a moment than none
            server.recurring.create(
                there.experiment, there.pipeline, there.version, title, six, arguments
            )
        left = _forget(server, [item for item in old if item not in same[:1]], there.experiment)
        done = "kept" if same else "replaced" if old else "created"
        screen.say(f" schedule  {title} {done}: `{cron}` (UTC), version {there.commit[:7]}")
        _say_left(screen, left, "the previous one is switched off", "the next schedule deletes it")


def unschedule(name: str) -> None:
    """End the schedule: no new run starts, and one in progress continues.

    Deleting a recurring run would delete the workflows of its runs. So it is only disabled while a
    run is in progress; calling this again later deletes it.
    """
    title, screen = _title(name), Screen(0)
    with _server() as server:
        experiment = server.experiment(name)
        old = server.recurring.named(experiment, title)
        left = _forget(server, old, experiment)
        done = "switched off" if left else "deleted" if old else "did not exist"
        screen.say(f" schedule  {title} {done}")
        _say_left(screen, left, "it is kept for that run", "CRON=off once more deletes it")


def _forget(server: "Kubeflow", old: list[Any], experiment: str) -> list[str]:
    """Disable recurring runs and delete those whose runs have ended; return the other runs."""
    return [run for item in old for run in server.recurring.end(item.recurring_run_id, experiment)]


def _say_left(screen: Screen, runs: list[str], kept: str, then: str) -> None:
    if runs:
        screen.say(f" goes on   {', '.join(runs)}: {kept}, {then} when the run has ended")


def committed(root: Path) -> str:
    """The commit a version is named after. Raises ProjectError if the files differ from it."""
    if git.dirty(root, "pipelines"):
        raise ProjectError(
            "the sources of the pipeline (engine, src, pipelines, params.yaml, requirements, data) "
            "is not committed: git add --all && git commit, so that the version's name tells "
            "its code"
        )
    return git.commit(root)


def _upload(server: "Kubeflow", package: Path, name: str, commit: str, screen: Screen) -> Uploaded:
    """The pipeline's version of this commit, uploaded if it is missing."""
    screen.say(f" server    {server.access.url}")
    pipeline = server.pipeline(name)
    other = f"{commit}-{digest(package)[:8]}"
    version, called, known = server.version(pipeline, package, commit, other)
    what = "exists already" if known else "uploaded"
    screen.say(f" version   {name} {called} {what}")
    return Uploaded(server.experiment(name), pipeline, version, commit)


def _title(name: str) -> str:
    return f"schedule-{name}"


def _repeats(item: Any, version: str, cron: str, arguments: Arguments) -> bool:
    """Whether a recurring run is enabled and matches the request."""
    reference, runtime = item.pipeline_version_reference, item.runtime_config
    times = item.trigger and item.trigger.cron_schedule
    return (
        item.mode == "ENABLE"
        and bool(reference and reference.pipeline_version_id == version)
        and bool(times and times.cron == cron)
        and bool(runtime and (runtime.parameters or {}) == arguments)
    )
