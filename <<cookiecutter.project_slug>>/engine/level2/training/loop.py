"""Run steps in order, one run at a time; a killed run is resumed from its stamps."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..base import git
from ..base.errors import ProjectError
from ..base.files import digest, explain, read_json, sweep, write_json
from ..base.memory import release, settled
from ..model.records import Records
from ..params.config import Params
from ..project import Context
from ..workspace import Workspace
from .graph import Step, step_named


@contextmanager
def sole_run(workspace: Workspace) -> Iterator[None]:
    """Lock the folder for one run. Raises ProjectError while another process has the lock.

    Also if git refuses the repository, because no model could record its commit.
    """
    git.check(workspace.root)
    path = workspace.out / ".run.lock"
    owner = path.with_suffix(".owner")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        lock.acquire(timeout=0)
        owner.write_text(str(os.getpid()))
    except Timeout:
        by = f" (process {owner.read_text()})" if owner.exists() else ""
        raise ProjectError(
            f"another run{by} works in {workspace.out}: "
            "wait until it ends, or stop it, then run again"
        ) from None
    except OSError as error:
        raise ProjectError(explain(error, workspace.out) or str(error)) from error
    try:
        sweep(workspace.out)
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def run_steps(
    context: Context,
    steps: Sequence[Step],
    start: str | None,
    report: Callable[[int, str, str, float], None],
) -> Records:
    """Run `steps` in order, from `start` if given. Returns the records of those that ran.

    `report` is called after each with its number, name, summary and seconds.
    Raises ProjectError when a step before `start` has not finished with these params.
    """
    names = [step.name for step in steps]
    first = names.index(step_named(start).name) if start else 0
    for step in steps[:first]:
        _trust(context, step, start or "")
    for step in steps[first:]:
        _stamp_path(context, step).unlink(missing_ok=True)
    records: Records = {}
    with settled() as settle:
        for number, step in enumerate(steps[first:], start=first + 1):
            began = time.perf_counter()
            step.load()
            settle()
            detail = step.run(context, records)
            _stamp(context, step)
            release()
            report(number, step.name, detail, time.perf_counter() - began)
    return records


def _stamp_path(context: Context, step: Step) -> Path:
    return context.workspace.stamps / f"{step.name}.json"


def _state(context: Context, step: Step) -> dict[str, Any]:
    """The params a step read and the digests of what it wrote."""
    outputs = {}
    for name in step.outputs:
        path: Path = getattr(context.workspace, name)
        outputs[name] = digest(path) if path.exists() else "missing"
    return {"params": _sections(context.params, step), "outputs": outputs}


def _sections(params: Params, step: Step) -> dict[str, Any]:
    tree = params.model_dump(mode="json", by_alias=True)
    return {name: tree[name] for name in step.sections}


def _stamp(context: Context, step: Step) -> None:
    write_json(_stamp_path(context, step), _state(context, step))


def _trust(context: Context, step: Step, start: str) -> None:
    """Accept a step's outputs only if it finished, with these params, and nothing has changed."""
    path = _stamp_path(context, step)
    if not path.exists():
        raise ProjectError(
            f"cannot start from {start}: {step.name} has not finished here, "
            f"make run FROM={step.name}"
        )
    before, now = read_json(path), _state(context, step)
    for kind, what in (
        ("params", "params.yaml has changed for"),
        ("outputs", "files have changed for"),
    ):
        if before[kind] != now[kind]:
            raise ProjectError(
                f"cannot start from {start}: {what} {step.name} since it ran, "
                f"make run FROM={step.name}"
            )
