"""One clean copy of the template, and bakes of it shared by every test that asks for the same."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from cookiecutter.environment import StrictEnvironment
from cookiecutter.main import cookiecutter
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

import own_engine
import projects

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "<<cookiecutter.project_slug>>"
LONGEST = {"test_object_storage"}  # few tests of a minute and more each
Bake = Callable[..., Path]


def tracked(folder: Path) -> list[Path]:
    """List the files git tracks or would track below a folder, relative to it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    names = sorted(set(done.stdout.split("\0")) - {""})
    return [Path(name) for name in names if (folder / name).is_file()]


def texts(folder: Path, names: list[Path] | None = None) -> dict[str, str]:
    """Read every text file below a folder, by relative path."""
    found = names or [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    contents = {name.as_posix(): (folder / name).read_bytes() for name in sorted(found)}
    return {name: data.decode() for name, data in contents.items() if b"\0" not in data}


def render(text: str, answers: dict[str, str]) -> str:
    """Render a text as cookiecutter does."""
    words = json.loads((ROOT / "cookiecutter.json").read_text())["_jinja2_env_vars"]
    environment = StrictEnvironment(keep_trailing_newline=True, **words)
    return environment.from_string(text).render(cookiecutter=answers)


def load_hook(name: str, answers: dict[str, str] | None = None) -> ModuleType:
    """Import a hook as it lies, or rendered."""
    source = (ROOT / "hooks" / f"{name}.py").read_text()
    hook = ModuleType(name)
    exec(render(source, answers) if answers else source, hook.__dict__)  # noqa: S102
    return hook


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with most slow tests begin: no worker is left alone with one of them at the end."""
    every = Counter(item.path for item in items)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(
        key=lambda item: (item.path.stem not in LONGEST, -slow[item.path], -every[item.path])
    )


class ByFile(LoadFileScheduling):
    """A worker for each file; one for all files that build images, which share a Docker engine.

    xdist 3.8 under pytest 9.2 splits an `xdist_group` over the workers (findings/).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "images" if file.endswith("image.py") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Distribute by our rule what `--dist loadfile` distributes."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give every test and its commands an empty home and a git that knows nobody's settings."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".gitconfig").write_text("[user]\n\tname = T\n\temail = t@example.com\n")
    os.environ.update(HOME=str(folder), GIT_CONFIG_NOSYSTEM="1")
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # of 2 cores
    if (PROJECT / ".mypy_cache").exists():  # a worker's own copy: two writers break its SQLite file
        shutil.copytree(PROJECT / ".mypy_cache", folder / "mypy")
    os.environ["MYPY_CACHE_DIR"] = str(folder / "mypy")  # saves half a minute a project
    config = {"cookiecutters_dir": f"{folder}/clones", "replay_dir": f"{folder}/replay"}
    (folder / ".cookiecutterrc").write_text(json.dumps(config))
    os.environ["COOKIECUTTER_CONFIG"] = str(folder / ".cookiecutterrc")
    return folder


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the template's files, without what runs leave behind in the checkout."""
    folder = tmp_path_factory.mktemp("template")
    for name in tracked(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def bake(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Bake:
    """Return a function that generates a project in process, once for each set of answers."""
    baked: dict[str, Path] = {}

    def make(**answers: str) -> Path:
        key = json.dumps(answers, sort_keys=True)
        if key not in baked:
            out = tmp_path_factory.mktemp("baked")
            done = cookiecutter(
                str(template), no_input=True, extra_context=answers, output_dir=str(out)
            )
            baked[key] = Path(done)
        return baked[key]

    return make


@pytest.fixture(scope="session")
def trained(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the default project with two trials, once for all workers: copy it to change it."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    project = folder / "trained" / "load-forecast"
    with (folder / "trained.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (project / "artifacts/decision.json").exists():
            shutil.rmtree(project, ignore_errors=True)
            projects.copy(bake(), project)
            params = project / "params.yaml"
            params.write_text(params.read_text().replace("trials: 20", "trials: 2"))
            projects.make(project, "run")
    return project


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a Python tool as a command and captures what it says."""

    def call(tool: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", tool, *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, **options)

    return call


def lacking(why: object) -> None:
    """End a test that this machine cannot run: CI has to be able to."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"in CI this may not be skipped: {why}")
    pytest.skip(str(why))


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """A Docker engine behind DOCKER_HOST: the one that answers, else one of our own."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(own_engine.engine())
        except own_engine.EngineError as error:
            lacking(error)
        yield
