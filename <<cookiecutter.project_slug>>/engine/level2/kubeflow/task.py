"""One command inside a task of the production pipeline, in a pod that has only the image."""

import importlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ..base import terminal
from ..base.errors import ProjectError
from ..base.faults import may_pass
from ..base.plain import packed, plain, unpacked
from ..base.yaml_text import inline
from ..params.config import Settings, load_params
from ..project import Context
from ..training import tuners
from ..training.graph import STEPS, step_named
from ..workspace import Workspace
from .katib import search
from .task_metrics import Done, Paths
from .task_output import Voice

Inputs = Mapping[str, str | Sequence[str]]  # as Paths; a list is that of all branches
PAUSE = 10.0  # seconds before the second attempt, twice that before the third


def run(
    step: str,
    inputs: Inputs,
    outputs: Paths,
    overrides: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Done:
    """Run one command on KFP's artifacts. An error ends the process with one sentence.

    After a transient fault, like a lost connection, the command is run again, up to TASK_RETRIES
    times, because KFP does not restart a failed container.
    """
    voice, words = Voice(), tuple(map(unpacked, overrides))
    terminal.prepare()
    began = time.perf_counter()
    try:
        known = Settings(**(settings or {}))
        line = _patiently(
            lambda: _run(step, inputs, outputs, words, known, arguments or {}, voice),
            known.task_retries,
            partial(voice.again, step),
        )
    except Exception as error:
        voice.stopped(step, terminal.sentence(error))
        raise SystemExit(1) from None
    voice.step(step, line, time.perf_counter() - began)
    terminal.leave_after_executor()
    return Done(plain(line), outputs)


def knobs(overrides: Sequence[str], source: str) -> list[str]:
    """The overrides for every task: the given ones, and the raw table's address if there is one.

    They are an output parameter and therefore ASCII: `run` decodes them.
    """
    address = [f"data.source={inline(unpacked(source))}"] if source else []
    return [packed(unpacked(word)) for word in (*overrides, *address)]


def families(overrides: Sequence[str]) -> list[str]:
    """The candidate families, one branch of the graph each; ASCII, like `knobs`."""
    params = load_params(Path.cwd() / "params.yaml", tuple(map(unpacked, overrides)))
    return [packed(family) for family in params.tune.families]


def word(packed_word: str) -> str:
    """A parameter that came as ASCII, as it was."""
    return unpacked(packed_word)


def paths(artifacts: Sequence[Any]) -> list[str]:
    """Where KFP keeps the artifacts of all branches."""
    return [str(artifact.path) for artifact in artifacts]


def _patiently(verb: Callable[[], str], retries: int, say: Callable[[str], None]) -> str:
    """The command's result, retried after transient faults. Raises the last error."""
    for attempt in range(1, retries + 1):
        try:
            return verb()
        except Exception as error:
            if not may_pass(error):
                raise
            pause = PAUSE * 2 ** (attempt - 1)
            said = terminal.sentence(error)
            say(f"attempt {attempt + 1} of {retries + 1} in {pause:g} s, after: {said}")
            time.sleep(pause)
    return verb()


def _run(
    step: str,
    inputs: Inputs,
    outputs: Paths,
    overrides: tuple[str, ...],
    known: Settings,
    arguments: Mapping[str, Any],
    voice: Voice,
) -> str:
    root = Path.cwd()
    params = load_params(root / "params.yaml", overrides)
    with _workspace(root, known.pipeline_home) as workspace:
        _place(workspace, inputs)
        context = Context(params, workspace, known, voice, overrides=overrides)
        tuners.add("katib", search.search)
        line = _line(step, context, arguments)
        _hand_over(workspace, outputs)
    return line


def _line(step: str, context: Context, arguments: Mapping[str, Any]) -> str:
    """What a step of the loop says, or a verb that only the pipeline has."""
    if step in {known.name for known in STEPS}:
        return step_named(step).run(context)
    verb = importlib.import_module(f"..training.steps.{step}", __package__)
    return str(verb.run(context, **arguments))


@contextmanager
def _workspace(root: Path, home: Path | None) -> Iterator[Workspace]:
    """A private workspace in the temporary folder: the project's own may be read-only."""
    with tempfile.TemporaryDirectory(prefix="task-") as folder:
        yield Workspace(root, Path(folder), home)


def _place(workspace: Workspace, inputs: Inputs) -> None:
    """Link every artifact to where the command looks for it, those of a list into a folder."""
    for name, known in inputs.items():
        place: Path = getattr(workspace, name)
        if isinstance(known, str):
            _link(name, known, place)
        else:
            for number, path in enumerate(known):
                _link(name, path, place / f"{number:04d}.json")


def _link(name: str, path: str, place: Path) -> None:
    if not Path(path).exists():
        raise ProjectError(f"the artifact `{name}` is missing at {path}: run the previous task")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(Path(path).resolve())


def _hand_over(workspace: Workspace, outputs: Paths) -> None:
    """Move the command's outputs to where KFP expects them."""
    for name, path in outputs.items():
        made = workspace.need(getattr(workspace, name), "this task")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, path)
