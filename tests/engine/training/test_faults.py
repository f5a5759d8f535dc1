"""Faults of machines and people around the whole loop: nothing is lost or half-made."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from processes import CHAMPIONS, CLI, command, environment, registry, stopped

pytestmark = pytest.mark.slow


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
    assert "make run FROM=build_dataset" in said


def test_resuming_on_an_altered_output_is_refused(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    (folder / "artifacts/tuning.json").write_text("{}")
    said = stopped(command(folder, "run", "--from", "train"))
    assert "files have changed for tune" in said


def test_resuming_where_nothing_ran_names_the_step_to_start_from(project):
    said = stopped(command(project, "run", "--from", "train"))
    assert "ingest has not finished here, make run FROM=ingest" in said
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
