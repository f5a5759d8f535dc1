"""`decide`: decide what to do about the monitor's verdict, and do it on request."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._options import Overrides

if TYPE_CHECKING:
    from ..base.console import Screen
    from ..project import Context

RUN = "python -m level2 run"
COMMANDS = {"retrain": "make run", "new_model": f"{RUN} --set tune.trials={{trials}}"}


def decide(
    apply: Annotated[
        bool, typer.Option("--apply", help="Carry out the decision on this machine.")
    ] = False,
    overrides: Overrides = None,
) -> None:
    """Decide what to do about the monitor's verdict, and record why."""
    in_folder(Path.cwd(), apply, tuple(overrides or ()))


def in_folder(
    root: Path,
    apply: bool,
    overrides: tuple[str, ...] = (),
    *,
    elsewhere: bool = False,
    tells: bool = False,
) -> None:
    """Write and print the decision; with `apply`, act on it here; `elsewhere`: a later job acts.

    `tells`: the team's notice is sent even if nobody acts.
    """
    from ..base.console import Screen
    from ..base.files import write_json
    from ..monitoring.advice import after_keeping
    from ..monitoring.steps import decide as step
    from ..project import open_context

    screen = Screen(0)
    context = open_context(root, overrides, screen)
    line, record = step.run(context, acts=apply or elsewhere, tells=tells)
    action = record["action"]
    screen.said_of("decide", line, "green" if action == "keep" else "yellow")
    if action == "keep":
        screen.said_of("next", after_keeping(record["verdict"]))
        return
    if not apply:
        screen.say(f" next      {_advice(context, record['action'], record['trials'])}")
        return
    done = _act(context, action, record["trials"], screen)
    write_json(context.workspace.decided, {**record, "done": done})
    screen.say(f" done      {done}")


def _advice(context: "Context", action: str, trials: int) -> str:
    if action in COMMANDS:
        command = COMMANDS[action].format(trials=trials)
        return f"make decide APPLY=yes, which runs `{command}` and records it"
    return f"a person: {context.workspace.decided_summary.relative_to(context.workspace.root)}"


def _act(context: "Context", action: str, trials: int, screen: "Screen") -> str:
    """Retrain on this machine; a decision for people becomes an issue if GitHub is configured."""
    from ..training.run_loop import run_loop

    root, settings = context.workspace.root, context.settings
    if action in COMMANDS:
        wider = (f"tune.trials={trials}",) if action == "new_model" else ()
        gate = run_loop(root, None, wider)
        return f"{action} ended in {gate['verdict']}, champion v{gate['champion']}"
    evidence = context.workspace.decided_summary
    token = settings.github_token.get_secret_value()
    if not (token and settings.github_repository):
        screen.say(f" person    {evidence.relative_to(root)} says why")
        return f"left to a person: {evidence.relative_to(root)}"
    from ..github import actions, sanitize
    from ..github.client import GitHub

    client = GitHub(settings.github_api_url, settings.github_repository, token)
    text = sanitize.inert(evidence.read_text(encoding="utf-8"), client.repository)
    name, title = actions.ISSUES[action]
    return f"issue {client.issue(name, title, text)}"
