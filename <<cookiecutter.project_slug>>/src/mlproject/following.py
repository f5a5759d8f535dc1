"""A run on a cluster, followed from a terminal: tasks as they change, until it ends."""

import time
from typing import TYPE_CHECKING

from .console import Screen
from .core.kfp_answers import DONE, Task, shown, verdict
from .errors import ProjectError

if TYPE_CHECKING:
    from .adapters.kubeflow import Kubeflow

PATIENCE = 120.0  # seconds without an answer after which a run is no longer followed
QUICKEST, SLOWEST = 0.2, 10.0  # seconds between two looks: short after news, longer without


def follow(server: "Kubeflow", run: str, title: str, minutes: float, screen: Screen) -> None:
    """Print tasks as they change until the run ends. Raises ProjectError unless it SUCCEEDED."""
    start, link, states = time.monotonic(), server.access.link(run), dict[str, str]()
    silent_since, pause = 0.0, QUICKEST
    while True:
        found = _look(server, run, link)
        now = time.monotonic()
        if isinstance(found, str):
            if not silent_since:
                silent_since = now
                screen.say(f" {clock(now - start)}  no answer, asking again")
            if now - silent_since > PATIENCE:
                raise ProjectError(f"{found}: the run goes on, look at {link}")
        else:
            silent_since, (state, tasks, error) = 0.0, found
            if _tell(shown(tasks, title), states, now - start, screen):
                pause = QUICKEST
            if state in DONE:
                break
        if now - start >= minutes * 60:
            raise ProjectError(
                f"run {title} is not done after {minutes:g} min and goes on: look at {link}"
            )
        time.sleep(min(pause, max(start + minutes * 60 - now, 0.01)))
        pause = min(pause * 1.5, SLOWEST)
    if wrong := verdict(state, tasks, title, link, error):
        raise ProjectError(wrong)


def _look(server: "Kubeflow", run: str, link: str) -> tuple[str, list[Task], str] | str:
    """The run as it is, or a sentence where asking again makes sense. Raises ProjectError."""
    from .adapters.kfp_client import SilenceError

    try:
        try:
            return server.look(run)
        except SilenceError as silence:
            server.access.revive()
            return str(silence)
    except ProjectError as fault:
        raise ProjectError(f"{fault}; the run goes on, look at {link}") from None


def _tell(tasks: list[Task], states: dict[str, str], seconds: float, screen: Screen) -> bool:
    """One line for every task whose state is new."""
    news = [task for task in tasks if states.get(task.name) != task.state]
    for task in news:
        states[task.name] = task.state
        screen.say(f" {clock(seconds)}  {task.name:<20} {task.state.lower()}")
    return bool(news)


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:3d}:{rest:02d}"
