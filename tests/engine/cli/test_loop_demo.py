"""The loop closed from outside, and a demo that fails where a phase does."""

import re
import shutil

import pytest
import yaml

from processes import ROOT, command

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """The project as it is generated, before anything ran."""
    ignored = shutil.ignore_patterns("data", "__pycache__")
    shutil.copytree(ROOT / "feature_repo", tmp_path / "feature_repo", ignore=ignored)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def test_drift_ends_in_a_better_champion_that_serves(folder, monkeypatch):
    monkeypatch.setenv("PREDICTION_LOG", "s3://of-the-team/log")  # its own log is what it shows
    before = sorted(folder.rglob("*"))
    done = command(folder, "loop-demo")
    assert done.returncode == 0, done.stderr
    phases = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert [name for name in phases if name != "loop"] == [
        *("train", "serve", "log", "monitor", "decide", "log", "monitor", "decide"),
        *("promote", "reload"),
    ]
    old, new = re.search(r"v2 serves · rmse ([\d,]+) → ([\d,]+) MW", done.stdout).groups()
    assert float(new.replace(",", "")) < float(old.replace(",", ""))
    assert sorted(folder.rglob("*")) == before, "it leaves nothing behind"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tree: tree["decide"].update(rules=[]), "decided keep, not retrain"),
        (lambda tree: tree["promote"].update(margin=0.5), "the gate said"),
        (lambda tree: tree["data"].update(source="data/raw/mine.csv"), "shows the sample table"),
    ],
)
def test_a_phase_that_ends_otherwise_ends_the_demo(folder, change, words):
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    change(tree)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree))
    done = command(folder, "loop-demo")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "loop closed" not in done.stdout
