"""Rooms of the package that a project may delete: without one of them the loop still runs."""

import ast
import shutil

import pytest

from conftest import ROOT
from projects import champion, copy, make

# each optional room with a command that needs it
NEEDS = {
    "deploy": ("deploy", "ENV=staging"),
    "github": ("ci-outcome",),
    "intake": ("inbox", "ONCE=yes"),
    "kubeflow": ("pipeline", "TUNER=optuna"),
}


@pytest.fixture
def project(bake, tmp_path):
    return copy(bake(), tmp_path / "load-forecast")


def test_the_list_is_that_of_the_architecture():
    tree = ast.parse((ROOT / "tests" / "engine" / "test_architecture.py").read_text())
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OPTIONAL"
    ]
    assert ast.literal_eval(value) == set(NEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("room", NEEDS)
@pytest.mark.parametrize("leaves_cache", [False, True], ids=["gone", "its cache stays"])
def test_without_the_room_the_loop_runs_and_its_command_says_what_is_missing(
    project, room, leaves_cache
):
    folder = project / "engine" / "level2" / room
    assert folder.is_dir()
    shutil.rmtree(folder)
    if leaves_cache:  # git leaves such a folder behind; Python takes it for a package
        (folder / "__pycache__").mkdir(parents=True)
        said = make(project, *NEEDS[room], ok=False)
        assert f"this command needs engine/level2/{room}, which is not in this project" in said
        return
    said = make(project, "run")
    assert len(champion(project)) == 1, said
    said = make(project, *NEEDS[room], ok=False)
    assert f"this command needs engine/level2/{room}, which is not in this project" in said
