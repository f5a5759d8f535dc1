"""engine/SHA256SUMS is that of the engine; a project's `make` names what its team edited there."""

import subprocess
import sys

import pytest

from conftest import PROJECT, tracked
from projects import VENV, copy, make

ENGINE = PROJECT / "engine"
WRITE = "import sys; from pathlib import Path; from level2.base import sums; "
WRITE += "sys.stdout.write(sums.text(Path()))"


def test_the_sums_are_up_to_date(template):
    folder = template / PROJECT.name / "engine"  # tracked files alone
    command = [sys.executable, "-BSc", WRITE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    recorded = (ENGINE / "SHA256SUMS").read_text()
    assert recorded == done.stdout, "engine/SHA256SUMS is old: run `make engine-sums` and commit it"
    assert len(recorded.splitlines()) == len(tracked(ENGINE)) - 1


@pytest.fixture
def project(bake, tmp_path):
    folder = copy(bake(), tmp_path / "load-forecast")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


# one target of the environment is made already: nothing is installed here
def engine_check(project, *words, ok=True):
    return make(project, "engine-check", *words, ok=ok)


def test_a_new_project_passes_and_each_change_is_named(project):
    assert "every file is as the template released it" in engine_check(project)
    with (project / "engine/level2/model/gate.py").open("a") as stream:
        stream.write("OURS = 1\n")
    (project / "engine/level2/model/split.py").unlink()
    (project / "engine/level2/model/ours.py").write_text('"""Ours."""\n')
    said = engine_check(project, ok=False)
    restore = "`git checkout -- engine/level2/model/{}` restores it"
    assert "engine/level2/model/gate.py was edited: put your change into src/<package>" in said
    assert restore.format("gate.py") in said
    assert f"engine/level2/model/split.py is missing: {restore.format('split.py')}" in said
    assert "engine/level2/model/ours.py was added: put your change into src/<package>" in said
    said = engine_check(project, "EDITED=yes")
    assert " note      engine/level2/model/gate.py was edited" in said
    assert "stopped" not in said
    assert "EDITED=maybe is not understood" in engine_check(project, "EDITED=maybe", ok=False)


@pytest.mark.parametrize("target", ["check", "test"])
def test_check_and_test_begin_with_it(project, target):
    (project / "engine/level2/workspace.py").unlink()
    said = make(project, target, ok=False)
    assert "engine/level2/workspace.py is missing" in said
    assert "All checks passed" not in said, "the linter came first"


def test_the_command_says_the_same(project):
    (project / "engine/level2/model/ours.py").write_text('"""Ours."""\n')
    command = [f"{VENV}/bin/python", "-m", "level2", "engine-check"]
    options = {"cwd": project, "capture_output": True, "text": True}
    options["env"] = {"PYTHONPATH": "engine", "HOME": str(project)}
    done = subprocess.run(command, **options)
    assert done.returncode == 1
    assert "engine/level2/model/ours.py was added" in done.stderr
    assert "Traceback" not in done.stderr
    assert subprocess.run([*command, "--edited"], **options).returncode == 0
