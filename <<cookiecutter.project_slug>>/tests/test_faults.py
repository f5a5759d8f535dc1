"""Faults of machines and people around the whole loop: nothing is lost or half-made."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CLI = [sys.executable, "-m", "mlproject"]
CHAMPIONS = "select version from registered_model_aliases where alias='champion'"
STEPS = (
    "ingest",
    "validate",
    "featurize",
    "build_dataset",
    "tune",
    "train",
    "evaluate",
    "promote",
    "report",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """A project folder with two years of the sample and a short search: copy it to use it."""
    folder = tmp_path_factory.mktemp("blank")
    shutil.copytree(
        ROOT / "feature_repo",
        folder / "feature_repo",
        ignore=shutil.ignore_patterns("data", "*.pyc"),
    )
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["tune"]["trials"] = 2
    tree["tune"]["families"]["hist_gradient_boosting"]["max_iter"]["max"] = 60
    tree["evaluate"]["slices"] = ["area_key"]
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    done = command(folder, "sample", "--until", "2016-12-31")
    assert "2,924 rows" in done.stdout, done.stderr
    return folder


@pytest.fixture
def project(blank, tmp_path):
    return shutil.copytree(blank, tmp_path / "project")


@pytest.fixture(scope="module")
def finished(blank, tmp_path_factory):
    """The same project after an undisturbed run: read it, never write to it."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("finished") / "project")
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}


def command(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, *words],
        cwd=folder,
        env={**environment(), **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def stopped(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal, nothing else on stderr."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("stopped: "), done.stderr
    return done.stderr.strip()


def registry(folder: Path, question: str) -> list[tuple]:
    with sqlite3.connect(folder / "mlflow.db") as store:
        return store.execute(question).fetchall()


def result(folder: Path) -> tuple[str, str]:
    """What must be equal between two runs: the metrics and the model's digest."""
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    return (folder / "artifacts/metrics.json").read_text(), model["sha256"]["model.onnx"]


def test_killed_in_every_step_and_resumed_gives_the_undisturbed_result(project, finished):
    start: list[str] = []
    for step in STEPS:
        done = subprocess.run(
            [sys.executable, str(ROOT / "tests/killed.py"), step, *start],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == -signal.SIGKILL, f"{step}: {done.stdout}{done.stderr}"
        start = ["--from", step]
    done = command(project, "run", *start)
    assert done.returncode == 0, done.stderr
    assert result(project) == result(finished)
    assert not list(project.rglob("*.tmp*"))
    assert registry(project, "select count(*) from runs where status='RUNNING'") == [(0,)]
    champions = registry(
        project, "select version from registered_model_aliases where alias='champion'"
    )
    assert len(champions) == 1


def test_killed_while_mlflow_is_written_leaves_no_running_run_after_the_next(project, finished):
    folder = shutil.copytree(finished, project.parent / "copy")
    child = subprocess.Popen(
        [*CLI, "run", "--from", "evaluate"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        if registry(folder, "select count(*) from runs where status='RUNNING'") == [(1,)]:
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    child.wait()
    assert registry(folder, "select count(*) from runs where status='RUNNING'") == [(1,)]
    done = command(folder, "run", "--from", "evaluate")
    assert "marked KILLED" in done.stdout, done.stdout + done.stderr
    assert registry(folder, "select count(*) from runs where status='RUNNING'") == [(0,)]
    assert result(folder) == result(finished)


def test_a_finished_run_repeated_keeps_the_champion(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    done = command(folder, "run", "--from", "promote")
    assert "champion v1 (the first)" in done.stdout, done.stdout + done.stderr
    done = command(folder, "run", "--from", "evaluate")
    assert "v1 kept: the candidate is the same model" in done.stdout, done.stdout + done.stderr
    assert registry(folder, "select count(*) from model_versions") == [(1,)]


def test_resuming_after_a_change_of_params_is_refused(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    text = (folder / "params.yaml").read_text().replace("seed: 0", "seed: 1")
    (folder / "params.yaml").write_text(text)
    said = stopped(command(folder, "run", "--from", "train"))
    assert "params.yaml has changed for build_dataset" in said
    assert "--from build_dataset" in said


def test_resuming_on_an_altered_output_is_refused(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    (folder / "artifacts/tuning.json").write_text("{}")
    said = stopped(command(folder, "run", "--from", "train"))
    assert "there are other files than those of tune" in said


def test_resuming_where_nothing_ran_names_the_step_to_start_from(project):
    said = stopped(command(project, "run", "--from", "train"))
    assert "ingest has not finished here, run --from ingest" in said
    assert "no step `trian`" in stopped(command(project, "run", "--from", "trian"))


def test_a_tampered_model_is_not_evaluated(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    file = folder / "artifacts/model/model.onnx"
    file.write_bytes(file.read_bytes() + b"x")
    assert "SHA-256 differs" in stopped(command(folder, "evaluate"))


def test_a_tampered_champion_is_not_compared_with(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    [(source,)] = registry(folder, "select storage_location from model_versions where version=1")
    theirs = Path(source.removeprefix("file://")) / "model.onnx"
    mine = theirs.with_suffix(".bak")
    shutil.copy(theirs, mine)
    try:
        theirs.write_bytes(theirs.read_bytes() + b"x")
        said = stopped(command(folder, "evaluate"))
    finally:
        os.replace(mine, theirs)  # the store of `finished` holds this file
    assert "v1: model.onnx is not the file that was registered" in said


def test_two_runs_at_once_one_is_refused(project):
    first = subprocess.Popen(
        [*CLI, "run"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (project / ".run.owner").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    said = stopped(command(project, "run"))
    assert f"another run (process {first.pid}) works in" in said
    out, err = first.communicate(timeout=300)
    assert first.returncode == 0, out + err


def test_an_unreachable_mlflow_is_named_before_any_work(project):
    began = time.monotonic()
    done = command(project, "run", MLFLOW_TRACKING_URI="http://user:secret@127.0.0.1:9")
    said = stopped(done)
    assert "MLflow at http://127.0.0.1:9 does not work" in said
    assert "secret" not in done.stdout + done.stderr
    assert not (project / "data/ingested.parquet").exists()
    assert time.monotonic() - began < 60


def test_a_worse_model_is_held_and_the_champion_stays(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["tune"]["families"] = {
        "linear": {"alpha": {"type": "double", "min": 1e6, "max": 1e7, "log": True}}
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(tree))
    done = command(folder, "run", "--from", "tune")
    assert done.returncode == 0, done.stderr
    assert "champion v1 kept · candidate v2 held" in done.stdout
    decision = json.loads((folder / "artifacts/decision.json").read_text())
    assert decision["verdict"] == "hold"
    assert decision["champion"] == "1"
    assert any("against champion v1" in reason for reason in decision["reasons"])
    assert registry(folder, CHAMPIONS) == [(1,)]
    [(stored,)] = registry(
        folder, "select value from model_version_tags where version=2 and key='decision'"
    )
    assert stored == "hold"
    [(reasons,)] = registry(
        folder, "select value from model_version_tags where version=2 and key='reasons'"
    )
    assert json.loads(reasons) == decision["reasons"]


def test_a_bad_schema_stops_before_training(project):
    file = project / "data/raw/load.csv"
    file.write_text(file.read_text().replace("temperature", "temprature", 1))
    said = stopped(command(project, "run"))
    assert "temperature" in said
    assert "load.csv" in said
    assert not (project / "artifacts/model").exists()


def test_a_read_only_folder_is_named(project):
    if os.geteuid() == 0:
        mounted = subprocess.run(
            ["mount", "--bind", "-o", "ro", str(project), str(project)], capture_output=True
        )
        if mounted.returncode != 0:
            pytest.skip("as root a read-only mount is needed, and mount is not permitted here")
        subprocess.run(["mount", "-o", "remount,ro,bind", str(project)], check=True)
        try:
            said = stopped(command(project, "run"))
        finally:
            subprocess.run(["umount", str(project)], check=True)
    else:
        project.chmod(0o555)
        try:
            said = stopped(command(project, "run"))
        finally:
            project.chmod(0o755)
    assert "cannot be written" in said


def test_a_full_disk_is_named_and_what_was_there_stays(blank, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system needs the right to mount one")
    try:
        folder = shutil.copytree(blank, small / "project")
        raw = (folder / "data/raw/load.csv").read_bytes()
        free = os.statvfs(small)
        filler = b"x" * (free.f_bavail * free.f_frsize)
        for room in (0, 12_288):  # nothing can be written; all but the table can
            (small / "filler").write_bytes(filler[room:])
            assert "disk is full" in stopped(command(folder, "ingest"))
        assert (folder / "data/raw/load.csv").read_bytes() == raw
        assert not list(folder.rglob("*.tmp*"))
    finally:
        subprocess.run(["umount", str(small)], check=True)
