"""Checksums of the engine: each way of changing a file is named, nothing else is."""

import subprocess
import sys
from pathlib import Path

import pytest

from level2.base import sums

SOURCE = Path(sums.__file__)


@pytest.fixture
def folder(tmp_path):
    """An engine of three files with their sums."""
    engine = tmp_path / "engine"
    (engine / "level2" / "base").mkdir(parents=True)
    (engine / "pyproject.toml").write_text("[project]\n")
    (engine / "level2" / "__init__.py").write_text('"""Engine."""\n')
    (engine / "level2" / "base" / "sums.py").write_text(SOURCE.read_text())
    sums.write(engine)
    return engine


def test_as_written_nothing_differs_and_caches_do_not_count(folder, capsys):
    for place in ("level2/__pycache__", ".ruff_cache", "level2/base/.mypy_cache/3.11"):
        (folder / place).mkdir(parents=True)
        (folder / place / "x.pyc").write_bytes(b"1")
    assert sums.changed(folder) == {"edited": [], "missing": [], "added": []}
    assert sums.check(folder) == 0
    assert "every file is as the template released it (3 files)" in capsys.readouterr().out


def test_lines_are_sorted_checksums_that_sha256sum_reads(folder):
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    names = [line[66:] for line in lines]
    assert names == ["level2/__init__.py", "level2/base/sums.py", "pyproject.toml"]
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("fault", "kind", "name"),
    [
        (lambda f: (f / "level2/__init__.py").write_text("x = 1\n"), "edited", "__init__.py"),
        (lambda f: (f / "level2/__init__.py").write_bytes(b""), "edited", "__init__.py"),
        (lambda f: (f / "level2/__init__.py").unlink(), "missing", "__init__.py"),
        (lambda f: (f / "level2/my own.py").write_text(""), "added", "my own.py"),
        (lambda f: (f / "level2/.hidden.py").write_text(""), "added", ".hidden.py"),
        (lambda f: (f / "level2/link").symlink_to(f.parent), "added", "link"),
    ],
)
def test_a_changed_file_is_named_with_what_to_do(folder, capsys, fault, kind, name):
    fault(folder)
    expected = {"edited": [], "missing": [], "added": [], kind: [f"level2/{name}"]}
    assert sums.changed(folder) == expected
    assert sums.check(folder) == 1
    said = capsys.readouterr().err
    words = {"edited": "was edited", "missing": "is missing", "added": "was added"}[kind]
    assert f"engine/level2/{name} {words}" in said
    if kind != "added":
        assert f"`git checkout -- engine/level2/{name}` restores it" in said
    if kind != "missing":
        assert "put your change into src/<package>, or change the template" in said
    assert sums.check(folder, edited=True) == 0
    said = capsys.readouterr().err
    assert f" note      engine/level2/{name} {words}" in said
    assert "stopped" not in said


def test_a_file_that_became_a_link_to_the_same_bytes_was_edited(folder, tmp_path):
    inside = folder / "level2/__init__.py"
    outside = inside.rename(tmp_path / "outside.py")
    inside.symlink_to(outside)
    assert sums.changed(folder)["edited"] == ["level2/__init__.py"]


def test_without_its_sums_a_folder_is_refused_and_a_wheel_passes(folder, capsys):
    (folder / "SHA256SUMS").unlink()
    assert sums.check(folder) == 1
    assert "engine/SHA256SUMS is missing: `git checkout" in capsys.readouterr().err
    (folder / "pyproject.toml").unlink()  # as site-packages
    assert sums.check(folder) == 0
    assert "installed as a wheel" in capsys.readouterr().out


def test_sums_that_somebody_has_written_into_are_refused(folder, capsys):
    with (folder / "SHA256SUMS").open("a") as stream:
        stream.write("<<<<<<< ours\n")
    assert sums.check(folder) == 1
    assert "line 4 of SHA256SUMS is not a checksum and a path" in capsys.readouterr().err


def test_it_runs_where_an_edit_keeps_the_command_line_from_starting(folder):
    cli = folder / "level2/cli.py"
    cli.write_text("def broken(:\n")
    command = [sys.executable, "-m", "level2.base.sums"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={})
    assert done.returncode == 1
    assert "engine/level2/cli.py was added" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run([*command, "--edited"], cwd=folder, capture_output=True, env={})
    assert done.returncode == 0
