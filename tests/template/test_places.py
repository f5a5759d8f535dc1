"""A generated project in a folder with odd signs in its name, inside a larger repository."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from projects import VENV, champion

# what a URI, a pattern, make, a shell and SQL read as something else, at once
NAME = '1%20 "it\'s" ü数 #a?;&$HOME[1]*'


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def target(folder: Path, *words: str, ok: bool = True, **more: str) -> str:
    """Run a target with the environment where a user has it: below the project, by its own name."""
    command = ["make", "--no-print-directory", *words, "PACKAGE="]
    environment = {**tool_environment(), **more}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, f"make {' '.join(words)}:\n{said}"
    assert "Traceback" not in said, said
    return said


def tool_environment() -> dict[str, str]:
    """The environment of these tests, which may run below a make themselves."""
    of_ours = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
    kept = {name: value for name, value in os.environ.items() if name not in of_ours}
    return {**kept, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A small project committed deep in a larger repository, not yet run."""
    outer = tmp_path_factory.mktemp("places") / NAME
    outer.mkdir()
    git(outer, "init", "--quiet", "--initial-branch=main")
    (outer / "README").write_text("the larger repository\n")
    folder = outer / "services" / "übung 100%"
    shutil.copytree(bake(), folder, ignore=shutil.ignore_patterns(".git"))
    (folder / ".venv").symlink_to(VENV)
    if (uv := VENV.with_name(f"{VENV.name}-uv")).exists():
        (folder / ".venv-uv").symlink_to(uv)
    (outer / ".git" / "info" / "exclude").write_text(".venv\n.venv-uv\n")
    knobs = folder / "params.yaml"
    knobs.write_text(knobs.read_text().replace("trials: 20", "trials: 2"))
    said = target(folder, "init")
    assert "dvc       tracks data/raw/load.csv" in said
    assert "created one" not in said  # the larger repository is there
    git(outer, "add", "--all")
    git(outer, "commit", "--quiet", "--message", "Project")
    return folder


@pytest.fixture(scope="module")
def ran(project):
    """The same after a run."""
    assert "champion v1 (the first)" in target(project, "run")
    return project


@pytest.mark.slow
def test_a_folder_that_git_refuses_stops_every_target_before_it_trains(project):
    refused = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}  # git's own switch for its tests
    for words in (("run",), ("repro",), ("inbox", "ONCE=yes"), ("experiment", "NAME=x")):
        said = target(project, *words, ok=False, **refused)
        (line,) = [line for line in said.splitlines() if "stopped:" in line]
        assert "git refuses" in line, said
        assert "safe.directory" in line
        assert "1/9" not in said
    assert not (project / "mlflow.db").exists()


@pytest.mark.slow
def test_the_loop_runs_and_the_model_names_its_commit(ran):
    assert champion(ran) == [("load-forecast", 1)]
    said = target(ran, "lineage")
    assert f"commit      {git(ran, 'rev-parse', 'HEAD')}\n" in said
    assert "uncommitted" not in said
    beside = {path.name for path in ran.parent.iterdir()} | {
        p.name for p in ran.parents[1].iterdir()
    }
    assert beside == {ran.name, ".git", "README", "services"}


@pytest.mark.slow
def test_the_version_is_reproduced_from_the_larger_repository(ran):
    said = target(ran, "reproduce")
    assert "reproduced load-forecast v1 from commit" in said
    assert len(git(ran, "worktree", "list").splitlines()) == 1


@pytest.mark.slow
def test_a_pull_request_is_reported_and_repro_and_inbox_work_there(ran):
    target(ran, "repro")
    git(ran, "add", "--all")
    git(ran, "commit", "--quiet", "--message", "Results")
    knobs = ran / "params.yaml"
    knobs.write_text(knobs.read_text().replace("min_rows: 30", "min_rows: 31"))
    git(ran, "commit", "--quiet", "--all", "--message", "Change")
    said = target(ran, "ci-report", "BASE=HEAD^1")
    assert "verdict" in said
    report = (ran / "reports" / "pull_request" / "report.md").read_text()
    assert "min_rows" in report
    inbox = ran / "data" / "inbox"
    inbox.mkdir()
    shutil.copy(ran / "data" / "raw" / "load.csv", inbox / "same.csv")
    said = target(ran, "inbox", "ONCE=yes")
    assert "same.csv: 0 new rows" in said
    record = json.loads((inbox / ".record.json").read_text())
    assert [item["run"] for item in record.values()] == ["nothing new"]


@pytest.mark.slow
def test_the_production_pipeline_and_predictions_work_there(ran):
    assert "champion" in target(ran, "pipeline")
    two = ran / "two.parquet"
    shutil.copy(ran / "data" / "features.parquet", two)
    said = target(ran, "predict", "INPUT=two.parquet", "OUTPUT=out & so.csv")
    assert "5,844 rows by load-forecast" in said
    assert (ran / "out & so.csv").exists()
    assert "nothing to compare" in target(ran, "monitor")
