"""Git: the commit a run was made from, and whether the files that decide a model differ."""

import subprocess

import pytest

from level2.base import git
from level2.base.errors import ProjectError


@pytest.fixture(autouse=True)
def _own_git(tmp_path, monkeypatch):
    """No configuration and no repository of the person who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "code.py").write_text("one\n")
    (root / "params.yaml").write_text("seed: 0\n")
    (root / "README.md").write_text("read\n")
    return root


@pytest.fixture
def committed(project):
    assert git.start(project)
    assert git.commit_all(project, "First")
    return project


def said(root, *words):
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_folder_becomes_a_repository_once(project):
    assert git.start(project) is True
    assert said(project, "branch", "--show-current") == "main"
    assert git.start(project) is False


def test_a_folder_inside_a_repository_gets_none_of_its_own(committed):
    inner = committed / "src"
    assert git.start(inner) is False
    assert not (inner / ".git").exists()
    assert git.commit(inner) == git.commit(committed)


def test_a_folder_its_repository_ignores_gets_one_of_its_own_once(committed):
    (committed / ".gitignore").write_text("/demo/\n")
    inner = committed / "demo" / "project"
    inner.mkdir(parents=True)
    assert git.start(inner) is True
    assert (inner / ".git").is_dir()
    assert git.start(inner) is False


def test_before_the_first_commit_there_is_none_and_all_is_dirty(project):
    assert git.commit(project) == "none"
    assert git.dirty(project) is True
    git.start(project)
    assert git.commit(project) == "none"
    assert git.dirty(project) is True


def test_a_commit_is_named_by_its_full_sha(committed):
    assert git.commit(committed) == said(committed, "rev-parse", "HEAD")
    assert len(git.commit(committed)) == 40


def test_a_commit_holds_everything_under_the_name_of_the_project(committed):
    assert said(committed, "log", "--format=%an <%ae> %s") == (
        "Project Setup <setup@localhost> First"
    )
    assert said(committed, "ls-files").split() == ["README.md", "params.yaml", "src/code.py"]
    assert said(committed, "status", "--porcelain") == ""


def test_a_user_that_git_knows_commits_as_himself(project):
    git.start(project)
    said(project, "config", "user.name", "Ada")
    said(project, "config", "user.email", "ada@example.org")
    assert git.commit_all(project, "First")
    assert said(project, "log", "--format=%an <%ae>") == "Ada <ada@example.org>"


def test_git_knows_a_user_just_where_a_commit_has_one(project):
    (project.parent / "home").mkdir()
    (project.parent / "home" / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    git.start(project)
    said(project, "add", "--all")
    commit = ["git", "-C", str(project), "commit", "--quiet", "--message", "Mine"]
    assert git.knows_user(project) is False
    assert subprocess.run(commit, capture_output=True, check=False).returncode != 0
    said(project, "config", "user.email", "ada@example.org")
    assert git.knows_user(project) is False, "the name is missing"
    said(project, "config", "user.name", "Ada")
    assert git.knows_user(project) is True
    assert subprocess.run(commit, capture_output=True, check=False).returncode == 0


def test_there_is_nothing_to_commit_twice(committed):
    before = git.commit(committed)
    assert git.commit_all(committed, "Again") is False
    assert git.commit(committed) == before


@pytest.mark.parametrize(
    ("path", "dirty"),
    [
        ("src/code.py", True),
        ("src/new.py", True),
        ("params.yaml", True),
        ("feature_repo/definitions.py", True),
        ("requirements/train.txt", True),
        ("data/raw/load.csv.dvc", True),
        ("README.md", False),
        ("notes.txt", False),
        ("reports/report.md", False),
    ],
)
def test_only_files_that_decide_a_model_make_a_run_dirty(committed, path, dirty):
    assert git.dirty(committed) is False
    (committed / path).parent.mkdir(parents=True, exist_ok=True)
    (committed / path).write_text("changed\n")
    assert git.dirty(committed) is dirty
    git.commit_all(committed, "Second")
    assert git.dirty(committed) is False


def test_a_deleted_file_makes_a_run_dirty(committed):
    (committed / "src" / "code.py").unlink()
    assert git.dirty(committed) is True


def test_without_git_nothing_fails(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project))
    assert git.commit(project) == "none"
    assert git.dirty(project) is True
    assert git.start(project) is False
    assert git.commit_all(project, "First") is False


def test_an_old_commit_is_checked_out_beside_the_project_and_forgotten(committed, tmp_path):
    first = git.commit(committed)
    (committed / "src" / "code.py").write_text("two\n")
    git.commit_all(committed, "Second")
    tree = tmp_path / "tree"
    git.add_worktree(committed, tree, first)
    assert (tree / "src" / "code.py").read_text() == "one\n"
    assert (committed / "src" / "code.py").read_text() == "two\n"
    git.remove_worktree(committed, tree)
    assert not tree.exists()
    assert "tree" not in said(committed, "worktree", "list")


def test_a_commit_that_is_not_there_is_one_sentence(committed, tmp_path):
    with pytest.raises(ProjectError, match="commit 0000 is not in this repository: fetch the bran"):
        git.add_worktree(committed, tmp_path / "tree", "0000")
