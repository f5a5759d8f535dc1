"""A project that its owner has changed, brought from an older template to this one by cruft.

The older template is this one with some things undone, as a release before it would have had them:
so every kind of change is there, whatever this checkout's history holds.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PROJECT, ROOT
from projects import VENV, copy, python

pytestmark = pytest.mark.slow
PACKAGE = "bike_rentals"
MOVED_WITH = f"{PROJECT.name}/engine/level2/__init__.py"
ANSWERS = {"project_name": "Bike Rentals", "package_name": PACKAGE}
# file: what stands there now, what stood there before
OLDER = {
    ".env.example": ("# MLFLOW_TRACKING_TOKEN=\n", ""),
    "params.yaml": ("  trials: 20\n", "  trials: 10\n"),
    "README.md": ("make test     # lint, types and every test", "make test     # every test"),
    "engine/level2/model/metrics.py": ('"""', '"""Older words. '),
    "engine/level2/model/gate.py": ('"""', '"""Older words. '),
}
SINCE = "engine/level2/model/split.py"  # a file that the older template did not have
DROPPED = "docs/old.md"  # and one that it still had


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.rstrip()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path.name} holds no {old!r}"
    path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def published(template, tmp_path_factory):
    """A repository of the template: tag v1 is the older one, main is this one."""
    folder = copy(template, tmp_path_factory.mktemp("published") / "template")
    project = folder / PROJECT.name
    now = {name: (project / name).read_text() for name in [*OLDER, SINCE]}
    for name, (later, before) in OLDER.items():
        replace(project / name, later, before)
    (project / SINCE).unlink()
    (project / DROPPED).write_text("Old.\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=older")
    git(folder, "tag", "v1")
    for name, text in now.items():
        (project / name).write_text(text)
    (project / DROPPED).unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=now")
    return folder


def cruft(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cruft", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def generated(published, tmp_path_factory):
    """A project made from the older template, committed."""
    out = tmp_path_factory.mktemp("project")
    words = ["--no-input", "--checkout", "v1", "--extra-context", json.dumps(ANSWERS)]
    done = cruft(out, "create", f"file://{published}", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = out / "bike-rentals"
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=generated")
    return folder


@pytest.fixture
def project(generated, tmp_path):
    return copy(generated, tmp_path / "bike-rentals")


def edit(project: Path) -> None:
    """What an owner does: knobs, a source file, words, a file of their own, one thrown away."""
    replace(project / "params.yaml", "window_days: 30", "window_days: 14")
    with (project / "engine/level2/model/metrics.py").open("a") as stream:
        stream.write('\n\ndef ours() -> int:\n    """Ours."""\n    return 7\n')
    replace(project / "README.md", "# Bike Rentals", "# Bikes of our town")
    (project / f"src/{PACKAGE}/ours.py").write_text('"""Ours."""\n')
    (project / "docs/data.md").unlink()
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=ours")


def update(project: Path) -> subprocess.CompletedProcess[str]:
    return cruft(project, "update", "--skip-apply-ask", "--checkout", "main")


def test_check_tells_that_the_template_has_moved_on(project):
    assert cruft(project, "check", "--checkout", "v1").returncode == 0
    done = cruft(project, "check", "--checkout", "main")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "out of date" in (done.stdout + done.stderr).replace("-", " ")


def test_an_update_brings_the_template_and_keeps_what_is_the_owners(project):
    edit(project)
    done = update(project)
    assert done.returncode == 0, done.stdout + done.stderr
    params = (project / "params.yaml").read_text()
    assert "window_days: 14" in params
    assert "  trials: 20\n" in params
    metrics = (project / "engine/level2/model/metrics.py").read_text()
    assert "def ours() -> int:" in metrics
    assert "Older words" not in metrics
    readme = (project / "README.md").read_text()
    assert readme.startswith("# Bikes of our town")
    assert "lint, types and every test" in readme
    assert "# MLFLOW_TRACKING_TOKEN=\n" in (project / ".env.example").read_text()
    assert (project / "engine/level2/model/split.py").is_file(), "new in the template"
    assert (project / f"src/{PACKAGE}/ours.py").is_file()
    assert not (project / DROPPED).exists(), "the template has dropped it"
    assert not (project / "docs/data.md").exists(), "the owner has"
    assert not list(project.rglob("*.rej"))
    assert conflicts(project) == []
    assert cruft(project, "check", "--checkout", "main").returncode == 0
    everything = "".join(path.read_text() for path in (project / "src").rglob("*.py"))
    assert "mlproject" not in everything, "what arrives has the owner's name of the package"


def test_what_is_updated_lints_and_starts(project):
    edit(project)
    assert update(project).returncode == 0
    for words in (("check", "."), ("format", "--check", ".")):
        done = subprocess.run([f"{VENV}/bin/ruff", *words], cwd=project, capture_output=True)
        assert done.returncode == 0, done.stdout.decode()
    subprocess.run(
        [f"{VENV}/bin/python", "-m", "compileall", "-q", "engine", "src", "pipelines", "tests"],
        cwd=project,
        check=True,
    )
    asked = "import level2.training.loop, level2.model.split; from level2.params import config; "
    asked += "from pathlib import Path; print(config.load_params(Path('params.yaml')).tune.trials)"
    assert python(project, asked) == "20"


def conflicts(project: Path) -> list[str]:
    """Files that git cannot merge by itself, as it names them."""
    lines = git(project, "status", "--porcelain").splitlines()
    return [line[3:] for line in lines if line[:2] in ("UU", "AA", "DU", "UD")]


def test_a_conflict_is_left_in_its_file_and_named(project):
    replace(project / "params.yaml", "  trials: 10\n", "  trials: 33\n")
    replace(project / "engine/level2/model/gate.py", '"""Older words. ', '"""Our words. ')
    git(project, "commit", "--quiet", "--all", "--message=ours")
    done = update(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Applied patch to 'params.yaml' with conflicts." in done.stdout + done.stderr
    gate = "engine/level2/model/gate.py"
    assert conflicts(project) == [gate, "params.yaml"]
    marked = "<<<<<<< ours\n  trials: 33\n=======\n  trials: 20\n>>>>>>> theirs\n"
    assert marked in (project / "params.yaml").read_text()
    assert "Our words." in (project / gate).read_text(), "no side is lost"
    assert "# MLFLOW_TRACKING_TOKEN=\n" in (project / ".env.example").read_text(), "the rest came"
    refused = subprocess.run(
        ["git", "commit", "--quiet", "--message=update"],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert refused.returncode != 0, "what is not decided cannot be committed"
    assert "unmerged" in refused.stderr


def test_an_update_of_a_folder_with_open_changes_is_refused(project):
    (project / "params.yaml").write_text((project / "params.yaml").read_text() + "# open\n")
    before = git(project, "status", "--porcelain")
    done = update(project)
    assert done.returncode == 1
    assert git(project, "status", "--porcelain") == before


def test_a_project_of_this_repositorys_own_past_is_brought_here(tmp_path):
    """From thirty commits ago, or the oldest that a shallow clone holds, to the last one."""
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", "--no-checkout", str(ROOT), str(template))
    since = git(template, "log", "--format=%H", "--diff-filter=A", "HEAD", "--", MOVED_WITH)
    began = since.split()[-1]  # when the engine moved: test_move.py brings a project across that
    after = git(template, "rev-list", "--first-parent", "--max-count=30", f"{began}..HEAD")
    commits = [*after.split(), began][:31]
    done = cruft(tmp_path, "create", str(template), "--no-input", "--checkout", commits[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    project = tmp_path / "load-forecast"
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / "src/load_forecast/ours.py").write_text('"""Ours."""\n')
    with (project / "engine/level2/model/metrics.py").open("a") as stream:
        stream.write('\n\ndef ours() -> int:\n    """Ours."""\n    return 7\n')
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=ours")
    done = cruft(project, "update", "--skip-apply-ask", "--checkout", commits[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert conflicts(project) == []
    assert not list(project.rglob("*.rej"))
    assert "def ours()" in (project / "engine/level2/model/metrics.py").read_text()
    assert (project / "src/load_forecast/ours.py").is_file()
    assert cruft(project, "check", "--checkout", commits[0]).returncode == 0
    fresh = tmp_path / "fresh"
    words = ["--no-input", "--checkout", commits[0], "--output-dir", str(fresh)]
    assert cruft(tmp_path, "create", str(template), *words).returncode == 0
    leave = ("--exclude=.git", "--exclude=.cruft.json")
    done = subprocess.run(
        ["diff", "--recursive", "--brief", *leave, str(fresh / "load-forecast"), str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    differing = done.stdout.splitlines()
    assert len(differing) == 2, differing
    assert "model/metrics.py" in "".join(differing)
    assert "ours.py" in "".join(differing)
