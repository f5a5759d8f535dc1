"""DVC by its own command line, in a real repository: tracking a table, and its own words."""

import subprocess

import pytest

from level2.base import dvc, git
from level2.base.errors import ProjectError
from level2.base.files import digest

pytestmark = pytest.mark.slow  # each command of DVC takes a second


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A Git and DVC repository with a table in it."""
    root = tmp_path_factory.mktemp("project")
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "load.csv").write_text("a,b\n1,2\n")
    git.start(root)
    dvc.command(root, "init", "--quiet")
    return root


def test_a_tracked_table_is_named_by_its_md5_and_kept_out_of_git(project):
    path = project / "data" / "raw" / "load.csv"
    assert not dvc.tracked(path)
    dvc.track(project, path)
    assert dvc.tracked(path)
    assert digest(path, "md5") in path.with_name("load.csv.dvc").read_text()
    ignored = ["git", "-C", str(project), "check-ignore", "data/raw/load.csv"]
    assert subprocess.run(ignored, capture_output=True, check=False).returncode == 0


def test_a_table_is_restored_from_the_cache(project):
    path = project / "data" / "raw" / "more.csv"
    path.write_text("a,b\n3,4\n")
    dvc.track(project, path)
    path.unlink()
    dvc.command(project, "checkout", "data/raw/more.csv.dvc")
    assert path.read_text() == "a,b\n3,4\n"


def test_what_a_command_prints_is_returned(project):
    assert dvc.command(project, "root").strip() == "."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add", "none.csv"), "dvc add failed: .*none.csv.*does not exist"),
        (("pull", "none.csv.dvc"), "dvc pull failed: .*none.csv"),
        (("frobnicate",), "dvc frobnicate failed: .*invalid choice"),
    ],
)
def test_a_failing_command_gives_its_own_sentence(project, words, expected):
    with pytest.raises(ProjectError, match=expected) as caught:
        dvc.command(project, *words)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_repository_is_one_sentence(tmp_path):
    (tmp_path / "a.csv").write_text("a\n")
    with pytest.raises(ProjectError, match=r"dvc add failed: .*not inside of a DVC repository"):
        dvc.track(tmp_path, tmp_path / "a.csv")
