"""Files are written whole or not at all, and faults of the disk are one sentence."""

import errno
import hashlib
import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from level2.base import files
from level2.base.errors import ProjectError

ROOT_USER = os.geteuid() == 0


def names(folder):
    return sorted(item.name for item in folder.iterdir())


def write_half(path, fault):
    with files.atomic(path) as temporary:
        temporary.write_text("half")
        raise fault


def test_what_is_written_is_there_and_nothing_else(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    files.write_text(path, "grün")
    assert path.read_bytes() == "grün".encode()
    assert names(path.parent) == ["a.txt"]


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("old")
    with files.atomic(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.suffix == path.suffix
        assert temporary.parent == path.parent
    assert path.read_text() == "new"


@pytest.mark.parametrize("fault", [ValueError("bad"), KeyboardInterrupt(), MemoryError()])
def test_a_failure_leaves_the_old_file_and_no_temporary(tmp_path, fault):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(fault)):
        write_half(path, fault)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_first_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_half(tmp_path / "a.txt", ZeroDivisionError())
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_full_disk_is_one_sentence_and_keeps_the_old_file(tmp_path, monkeypatch, number, moment):
    def full(*_, **__):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.txt"
    path.write_text("old")
    if moment == "write":
        monkeypatch.setattr(Path, "write_text", full)
    else:
        monkeypatch.setattr(os, moment, full)
    with pytest.raises(ProjectError, match=r"a\.txt: the disk is full, free some space and run"):
        files.write_text(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.fixture
def mounted(tmp_path):
    """Return options -> a small disk mounted with them, where this user may mount one."""
    made = []

    def mount(options):
        folder = tmp_path / f"disk{len(made)}"
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            done = subprocess.run(words, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount command")
        if done.returncode:
            pytest.skip("mounting a disk needs root")
        made.append(folder)
        return folder

    yield mount
    for folder in made:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full_keeps_the_old_file(mounted):
    disk = mounted("size=64k")
    path = disk / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(ProjectError, match="the disk is full"):
        files.write_text(path, "x" * 200_000)
    assert path.read_text() == "old"
    assert names(disk) == ["a.txt"]
    files.write_text(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_forbidden_write_is_one_sentence(tmp_path, monkeypatch, number):
    def forbidden(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", forbidden)
    with pytest.raises(ProjectError, match=r"a\.txt cannot be written \(.*\): make its folder wri"):
        files.write_text(tmp_path / "a.txt", "new")
    assert names(tmp_path) == []


@pytest.mark.skipif(ROOT_USER, reason="nothing is forbidden to root")
def test_a_read_only_folder_is_one_sentence(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    folder.chmod(0o500)
    try:
        with pytest.raises(ProjectError, match="cannot be written"):
            files.write_text(folder / "a.txt", "new")
        assert (folder / "a.txt").read_text() == "old"
    finally:
        folder.chmod(0o700)


def test_a_disk_that_is_really_read_only_is_one_sentence(mounted):
    path = mounted("ro") / "a.txt"
    with pytest.raises(ProjectError, match=r"a\.txt cannot be written \(Read-only file system\)"):
        files.write_text(path, "new")
    assert not path.exists()


def test_other_faults_are_not_hidden(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(IsADirectoryError):
        files.write_text(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


def test_json_is_sorted_and_knows_no_nan(tmp_path):
    path = tmp_path / "a.json"
    tree = {
        "b": [1.5, math.nan, (math.inf,)],
        "a": {"x": -math.inf, "y": np.float64("nan")},
        3: "ü",
    }
    files.write_json(path, tree)
    assert files.read_json(path) == {
        "b": [1.5, None, [None]],
        "a": {"x": None, "y": None},
        "3": "ü",
    }
    text = path.read_text(encoding="utf-8")
    assert text.index('"3"') < text.index('"a"') < text.index('"b"')
    assert "NaN" not in text
    json.loads(text, parse_constant=pytest.fail)


def test_the_same_tree_is_the_same_file(tmp_path):
    for name, tree in (("a", {"x": 1, "y": [2.5]}), ("b", {"y": [2.5], "x": 1})):
        files.write_json(tmp_path / name, tree)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_json_of_what_json_cannot_hold_writes_nothing(tmp_path):
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "a.json", {"x": object()})
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff\xfe\x00", None])
def test_damaged_json_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProjectError, match=r"a\.json cannot be read .*: delete it and run again"):
        files.read_json(path)


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_the_digest_of_a_file_is_the_usual_one(tmp_path, algorithm):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 3_000_000)
    assert files.digest(path, algorithm) == hashlib.new(algorithm, path.read_bytes()).hexdigest()


def test_the_digest_of_a_folder_sees_every_change(tmp_path):
    def made(**content):
        folder = tmp_path / str(len(names(tmp_path)))
        (folder / "sub").mkdir(parents=True)
        for name, text in content.items():
            (folder / name.replace("_", "/")).write_text(text)
        return files.digest(folder)

    first = made(a="1", sub_b="2")
    assert first == made(sub_b="2", a="1")
    others = [
        made(a="1", sub_b="3"),
        made(a="1"),
        made(a="1", sub_c="2"),
        made(a="12", sub_b=""),
        made(a="2", sub_b="1"),
    ]
    assert len({first, *others}) == 6
