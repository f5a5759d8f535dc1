"""What workflows ask of a project, as commands in a repository with its own DVC remote."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from layout import PROJECT
from level2.cli import push

ROOT = PROJECT
PACKAGE = "level2"
METRICS = {
    "candidate": {"rmse": 400.0, "mae": 300.0, "r2": 0.95, "smape": 0.02},
    "baselines": {"mean": {"rmse": 900.0, "mae": 800.0, "r2": 0.0, "smape": 0.4}},
}


def call(folder, *words, ok=True, **more):
    foreign = ("GITHUB_", "MLFLOW_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**kept, "PYTHONPATH": str(ROOT / "engine"), "DVC_NO_ANALYTICS": "1", **more}
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, said
    assert "Traceback" not in said, said
    return said


def verb(folder, *words, **more):
    return call(folder, sys.executable, "-m", PACKAGE, *words, **more)


def git(folder, *words):
    return call(folder, "git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words)


def said_to(folder):
    """Where a job on GitHub takes outputs and its page."""
    return {"GITHUB_OUTPUT": str(folder / "out"), "GITHUB_STEP_SUMMARY": str(folder / "page")}


def write(folder, rmse=400.0, baseline=900.0):
    """What a run of the experimental pipeline leaves, as far as a report reads it."""
    metrics = json.loads(json.dumps(METRICS))
    metrics["candidate"]["rmse"], metrics["baselines"]["mean"]["rmse"] = rmse, baseline
    (folder / "artifacts").mkdir(exist_ok=True)
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "artifacts/metrics.json").write_text(json.dumps(metrics))
    evaluation = {
        "task": "regression",
        "metric": "rmse",
        "unit": "MW",
        "candidate": {"metrics": metrics["candidate"]},
        "champion": None,
        "baselines": metrics["baselines"],
        "slices": [],
        "parity": {"relative_difference": 0.0, "rows": 10},
    }
    (folder / "artifacts/evaluation.json").write_text(json.dumps(evaluation))
    (folder / "reports/report.md").write_text("### the candidate's own report\n")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A small repository whose base branch has committed metrics: copy it to use it."""
    folder = tmp_path_factory.mktemp("base")
    for name in ("params.yaml", "dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "src").mkdir()
    (folder / "data/raw").mkdir(parents=True)
    (folder / "data/raw/load.csv").write_text("area,date\nA,2020-01-01\n")
    write(folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    call(folder, sys.executable, "-m", "dvc", "init", "--quiet")
    call(folder, sys.executable, "-m", "dvc", "remote", "add", "-d", "there", "../dvc")
    call(folder, sys.executable, "-m", "dvc", "add", "--quiet", "data/raw/load.csv")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "base")
    return folder


@pytest.fixture
def project(base, tmp_path):
    return shutil.copytree(base, tmp_path / "project")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rmse", "baseline", "verdict", "says"),
    [
        (390.0, 900.0, "pass", "390.0 against 400.0 on the base branch"),
        (400.0, 900.0, "pass", "+0.0"),
        (410.0, 900.0, "hold", "410.0 against 400.0 on the base branch"),
        (410.0, 950.0, "pass", "test rows differ"),
    ],
)
def test_a_pull_request_is_reported_against_its_base(
    project, tmp_path, rmse, baseline, verdict, says
):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("trials: 20", "trials: 7"))
    write(project, rmse, baseline)
    outputs = {
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page"),
    }
    said = verb(project, "ci-report", "--base", "HEAD", PULL_REQUEST="7", **outputs)
    assert f"verdict   {verdict}" in said
    assert (tmp_path / "out").read_text() == f"verdict={verdict}\n"
    text = (project / "reports/pull_request/report.md").read_text()
    assert says in text
    assert "| `tune.trials` | `20` | `7` |" in text
    assert text.endswith("### the candidate's own report\n")
    assert (tmp_path / "page").read_text() == text
    number = json.loads((project / "reports/pull_request/pull_request.json").read_text())
    assert number == {"number": 7}


def test_an_unknown_base_is_refused(project):
    said = verb(project, "ci-report", "--base", "$(touch x)", ok=False)
    assert "is not a revision of this repository" in said
    assert not (project / "x").exists()


@pytest.mark.slow
def test_data_come_from_the_cache_then_from_the_remote_and_are_never_guessed(project, tmp_path):
    table = project / "data/raw/load.csv"
    before = table.read_bytes()
    assert "is here" in verb(project, "pull")
    call(project, sys.executable, "-m", "dvc", "push", "--quiet")
    for lost in ([table], [table, project / ".dvc/cache"]):
        for path in lost:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert "from DVC" in verb(project, "pull")
        assert table.read_bytes() == before
    table.unlink()
    shutil.rmtree(project / ".dvc/cache")
    shutil.rmtree(tmp_path / "dvc")
    assert "is neither in DVC's cache nor in its remote" in verb(project, "pull", ok=False)
    assert not table.exists(), "the sample is not put in the place of other bytes"


@pytest.mark.slow
def test_a_push_says_where_to_and_leaves_nothing_that_no_clone_can_pull(project, tmp_path):
    said = verb(project, "push")
    assert f" push      1 file pushed · {tmp_path / 'dvc'}" in said
    assert " note      the remote is a folder of this machine" in said
    assert "Everything is up to date" in verb(project, "push")
    shutil.rmtree(tmp_path / "dvc")
    shutil.rmtree(project / ".dvc/cache")
    said = verb(project, "push", ok=False)  # dvc itself calls this up to date, and exits 0
    assert said.startswith(" stopped: dvc.lock or a .dvc file names 1 files that are neither in")
    assert "(data/raw/load.csv)" in said
    assert "files pushed" not in said


@pytest.mark.slow
def test_a_push_to_a_remote_that_refuses_is_one_sentence(project):
    call(project, sys.executable, "-m", "dvc", "remote", "modify", "there", "url", "params.yaml/x")
    said = verb(project, "push", ok=False)
    assert said.startswith(" stopped: dvc push failed: ")
    assert said.count("\n") == 1


@pytest.mark.slow
def test_without_a_remote_a_push_says_that_nothing_is_anywhere_else(project):
    call(project, sys.executable, "-m", "dvc", "remote", "remove", "there")
    said = verb(project, "push")
    assert said.startswith(" push      nothing: .dvc/config names no remote")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/dvc", "s3://bucket/dvc"),
        ("ssh://anna:secret@example.com/dvc", "ssh://example.com/dvc"),
        ("/a/b@c", "/a/b@c"),
    ],
)
def test_an_address_is_shown_without_a_password(url, shown):
    assert push.shown(url) == shown


@pytest.mark.slow
def test_the_sample_is_made_again_where_it_is_what_is_tracked(project):
    table = project / "data/raw/load.csv"
    verb(project, "sample")
    call(project, sys.executable, "-m", "dvc", "add", "--quiet", "data/raw/load.csv")
    before = table.read_bytes()
    table.unlink()
    shutil.rmtree(project / ".dvc/cache")
    assert "generated again, the same bytes" in verb(project, "pull")
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("verdict", "ended", "reasons"),
    [
        ("promote", "promoted", []),
        ("hold", "champion kept", ["rmse got worse"]),
        pytest.param("unchanged", "champion kept", [], marks=pytest.mark.slow),
    ],
)
def test_a_retraining_ends_in_one_of_two_words(project, tmp_path, verdict, ended, reasons):
    decision = {"verdict": verdict, "champion": "3", "version": "4", "reasons": reasons}
    (project / "artifacts/decision.json").write_text(json.dumps(decision))
    outputs = {
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page"),
    }
    said = verb(project, "ci-outcome", "--trigger", "drift", **outputs)
    assert f"drift: {ended}, champion v3" in said
    assert f"ended={ended}\nversion=4\ndata=" in (tmp_path / "out").read_text()
    assert all(reason in (tmp_path / "page").read_text() for reason in reasons)
