"""The optional page by Evidently where Evidently is not installed; the template tries the rest."""

import os
import subprocess
import sys

import pytest

from layout import PROJECT
from level2.base.errors import ProjectError
from level2.cli import monitor
from level2.monitoring import evidently

ROOT = PROJECT
PACKAGE = monitor.__name__.partition(".")[0]
SAID = r"--evidently needs Evidently, which is not installed: `make monitor EVIDENTLY=yes`"


@pytest.fixture(autouse=True)
def missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "evidently", None)


def test_a_missing_package_says_what_installs_it():
    with pytest.raises(ProjectError, match=SAID):
        evidently.need()


@pytest.mark.slow
def test_it_is_refused_before_anything_is_read_or_written(tmp_path):
    code = "import sys; sys.modules['evidently'] = None; from level2 import cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "monitor", "--evidently"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "engine")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "which is not installed" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_the_word_it_is_not_asked_for(tmp_path):
    with pytest.raises(ProjectError) as refused:
        monitor.in_folder(tmp_path, "auto")
    assert "Evidently" not in str(refused.value)
