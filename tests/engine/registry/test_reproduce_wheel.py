"""A version whose commit names a wheel of the engine is reproduced by that version alone."""

import pytest

from level2.base.errors import ProjectError
from level2.registry import reproduce


class Installed:
    """A distribution that is installed."""

    version = "1.2.0"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A commit without engine/, whose lock names level2 1.2.0, which is installed here."""
    (tmp_path / "requirements").mkdir()
    lock = "kfp==2.17.0 \\\n    --hash=sha256:00\nlevel2==1.2.0 \\\n    --hash=sha256:11\n"
    (tmp_path / "requirements/train.txt").write_text(lock)
    monkeypatch.setattr(reproduce.metadata, "distributions", lambda **_: iter([Installed()]))
    return tmp_path


def test_the_installed_wheel_trains_where_it_is_the_one_that_the_lock_names(tree):
    assert reproduce._code(tree) == ("level2", tree / "src")


def test_another_version_is_refused(tree, monkeypatch):
    monkeypatch.setattr(Installed, "version", "1.3.0")
    with pytest.raises(ProjectError, match=r"ran on level2 1\.2\.0, installed here is 1\.3\.0"):
        reproduce._code(tree)


def test_none_installed_is_refused(tree, monkeypatch):
    monkeypatch.setattr(reproduce.metadata, "distributions", lambda **_: iter([]))
    with pytest.raises(ProjectError, match="installed here is none"):
        reproduce._code(tree)


def test_a_commit_that_names_no_engine_is_refused(tree):
    (tree / "requirements/train.txt").write_text("kfp==2.17.0\n")
    with pytest.raises(ProjectError, match="neither engine/ nor a package"):
        reproduce._code(tree)
