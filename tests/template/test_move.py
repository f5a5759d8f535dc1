"""A project of the last release before engine/, with edits, is brought across the move by cruft.

What the team had changed inside the old package is carried along or stays, and is listed.
"""

import subprocess
from pathlib import Path

import pytest
from test_update import conflicts, cruft, git, replace

from conftest import ROOT, lacking
from projects import copy

pytestmark = pytest.mark.slow
RELEASED = "b5e189f"  # the last release before the move
OURS = '\n\ndef ours() -> int:\n    """Ours."""\n    return 7\n'
METRICS = "engine/level2/model/metrics.py"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A clone of this repository and a project of the last release, committed."""
    folder = tmp_path_factory.mktemp("released")
    template = folder / "template"
    git(folder, "clone", "--quiet", "--no-checkout", str(ROOT), str(template))
    there = subprocess.run(["git", "cat-file", "-e", f"{RELEASED}^{{commit}}"], cwd=template)
    if there.returncode:
        lacking(f"this clone is shallow: it does not hold {RELEASED}, the last release")
    done = cruft(folder, "create", str(template), "--no-input", "--checkout", RELEASED)
    assert done.returncode == 0, done.stdout + done.stderr
    project = folder / "load-forecast"
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=generated")
    return template, project


@pytest.fixture
def project(released, tmp_path):
    """That project with an edited module of the package, a module and a knob of the team's own."""
    folder = copy(released[1], tmp_path / "load-forecast")
    with (folder / "src/load_forecast/core/metrics.py").open("a") as stream:
        stream.write(OURS)
    (folder / "src/load_forecast/ours.py").write_text("from .core import metrics\n")
    replace(folder / "params.yaml", "max_out_of_range: 0.01", "max_out_of_range: 0.02")
    replace(folder / "pipelines/pods.py", 'most_memory="4Gi"', 'most_memory="6Gi"')
    git(folder, "rm", "--quiet", "src/load_forecast/core/slices.py")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=ours")


def update(released, folder: Path) -> str:
    head = git(released[0], "rev-parse", "HEAD")
    done = cruft(folder, "update", "--skip-apply-ask", "--checkout", head)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def listed(folder: Path, code: int) -> str:
    """What `make update-check` prints, before any environment is there."""
    done = subprocess.run(["make", "update-check"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode != 0) == bool(code), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_what_the_team_had_changed_arrives_and_is_listed(released, project):
    update(released, project)
    assert conflicts(project) == []
    assert not list(project.rglob("*.rej"))
    assert "max_out_of_range: 0.02" in (project / "params.yaml").read_text()
    assert OURS in (project / METRICS).read_text(), "carried along"
    assert 'most_memory="6Gi"' in (project / "pipelines/cluster_tasks.py").read_text()
    assert not (project / "pipelines/pods.py").exists(), "renamed with what the team had changed"
    assert (project / "src/load_forecast/ours.py").is_file()
    said = listed(project, 1)
    assert f"core/metrics.py was edited by you: your lines are in {METRICS} now" in said
    assert "ours.py is your own: it stays" in said
    assert "core/slices.py was deleted by you: the template has it as engine/level2/model" in said
    assert f"ours.py imports src/load_forecast/core/metrics.py, now {METRICS}" in said
    assert said.count(" changed ") == 3, said


def test_the_list_is_the_same_once_committed_and_imports_mended_end_it(released, project):
    update(released, project)
    (project / "src/load_forecast/ours.py").write_text("from level2.model import metrics\n")
    before = listed(project, 0)
    commit(project)
    with (project / "src/load_forecast/metrics.py").open("a") as stream:
        stream.write(OURS)
    commit(project)
    after = listed(project, 0)
    assert [line.split(";")[0] for line in after.splitlines()] == [
        line.split(";")[0] for line in before.splitlines()
    ], "what is changed after the move is not of the old package"
    shown = after.split("`git diff ")[1].split("`")[0]
    assert "diff --git" in git(project, "diff", *shown.split())


def test_an_edit_of_a_file_that_is_gone_stays_and_is_named(released, project):
    with (project / "src/load_forecast/session.py").open("a") as stream:
        stream.write("# ours\n")
    replace(project / "src/load_forecast/core/gate.py", '"""', '"""Our words. ')
    commit(project)
    assert "Retrying again with a different update strategy" in update(released, project)
    assert "# ours" in (project / "src/load_forecast/session.py").read_text()
    assert OURS in (project / METRICS).read_text()
    said = listed(project, 1)
    assert "src/load_forecast/session.py is still there, unused" in said
    assert "core/gate.py was edited by you" in said
    everything = [*project.rglob("*.py"), *project.rglob("*.rej")]
    assert any("Our words." in path.read_text() for path in everything), "no edit is lost"
    for path in project.rglob("*.rej"):
        assert f"{path.relative_to(project)} was refused by git" in said


def test_a_shallow_clone_is_refused_with_the_way_out(released, project, tmp_path):
    update(released, project)
    commit(project)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project}", "shallow")
    assert "this clone is shallow: `git fetch --unshallow`" in listed(tmp_path / "shallow", 1)


def test_a_project_generated_after_the_move_has_nothing_listed(bake, tmp_path):
    folder = copy(bake(), tmp_path / "load-forecast")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    assert "you had changed nothing in the package" in listed(folder, 0)
