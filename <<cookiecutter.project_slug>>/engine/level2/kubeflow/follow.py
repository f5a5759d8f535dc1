"""Follow a run on a cluster in the terminal: tasks as they change, until it ends."""

import time
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.console import Screen
from ..base.errors import ProjectError
from .answers import DONE, Run, Task, shown, verdict

if TYPE_CHECKING:
    from .runs import Kubeflow

PATIENCE = 120.0  # seconds without an answer after which a run is no longer followed
LAST = "record"  # the task that runs last, whatever happened
QUICKEST, SLOWEST = 0.2, 10.0  # seconds between two looks: short after news, longer without


def follow(
    server: "Kubeflow", run: str, title: str, names: Collection[str], minutes: float, screen: Screen
) -> None:
    """Print each of the tasks `names` as it ends, until the run does.

    Raises ProjectError unless it SUCCEEDED.
    """
    start, link, states = time.monotonic(), server.access.link(run), dict[str, str]()
    silent_since, pause, found, terminated = 0.0, QUICKEST, Run("PENDING"), False
    while True:
        answer = _look(server, run, link)
        now = time.monotonic()
        if isinstance(answer, str):
            if not silent_since:
                silent_since = now
                screen.say(f" {clock(now - start)}  no answer, asking again")
            if now - silent_since > PATIENCE:
                raise ProjectError(f"{answer}: the run continues, look at {link}")
        else:
            silent_since, found = 0.0, answer
            terminated = terminated or found.terminated
            if _tell(shown(found.tasks, names), len(names), states, now - start, screen):
                pause = QUICKEST
            if found.state in DONE:
                break
        if now - start >= minutes * 60:
            screen.clear()
            raise ProjectError(_late(found, names, title, minutes, link))
        time.sleep(min(pause, max(start + minutes * 60 - now, 0.01)))
        pause = min(pause * 1.5, SLOWEST)
    screen.clear()
    found = replace(found, terminated=terminated)
    why = server.why(run, found) if found.state == "FAILED" and not terminated else ""
    if wrong := verdict(found, names, title, link, why):
        raise ProjectError(wrong)


def _late(found: Run, names: Collection[str], title: str, minutes: float, link: str) -> str:
    """The message at the deadline; KFP closes a run up to a minute after its last task."""
    tasks = shown(found.tasks, names)
    again = f"follow it by `make pipeline-follow RUN={title}`, or look at {link}"
    if any(task.name == LAST and task.state in DONE for task in tasks):
        return (
            f"run {title} has ended its tasks, but KFP has not closed it within {minutes:g} min, "
            f"which it does up to a minute later: {again}"
        )
    running = [f"`{task.name}`" for task in tasks if task.state == "RUNNING"]
    doing = f", running {', '.join(running)}" if running else ""
    return f"run {title} is not done after {minutes:g} min and continues{doing}: {again}"


def _look(server: "Kubeflow", run: str, link: str) -> Run | str:
    """The current run, or a sentence if a retry makes sense. Raises ProjectError."""
    from .client import SilenceError

    try:
        try:
            return server.look(run)
        except SilenceError as silence:
            server.access.revive()
            return str(silence)
    except ProjectError as fault:
        raise ProjectError(f"{fault}; the run continues, look at {link}") from None


def _tell(
    tasks: list[Task], total: int, states: dict[str, str], seconds: float, screen: Screen
) -> bool:
    """Print one line for every finished task; on a terminal, the running ones below."""
    news = [task for task in tasks if states.get(task.name) != task.state]
    states.update({task.name: task.state for task in news})
    ended = [task for task in news if task.state in DONE]
    for task in ended:
        screen.say(f" {clock(seconds)}  {task.name:<20} {task.state.lower()}")
    done = sum(state in DONE for state in states.values())
    running = ", ".join(name for name, state in states.items() if state not in DONE)
    screen.update(min(done, total - 1), total, running)
    return bool(news)


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:3d}:{rest:02d}"
