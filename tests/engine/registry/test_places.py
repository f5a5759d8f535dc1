"""A project's folder may have any name: a path stays that path through URIs, globs and YAML."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest
import yaml

from level2.base import dvc, git
from level2.base.errors import ProjectError
from level2.base.files import local_path
from level2.features import feast, feast_settings
from level2.features.transforms import derive
from level2.registry.mlflow import Registry
from level2.workspace import Workspace
from places import ALL, NAMES

URI = "sqlite:///mlflow.db"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """An empty store, migrated once."""
    folder = tmp_path_factory.mktemp("migrated")
    Registry(URI, folder)
    return folder / "mlflow.db"


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A folder to make projects in, with no repository and no git configuration around it."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return tmp_path / "around"


@pytest.mark.parametrize("name", [*NAMES, ALL])
def test_mlflow_keeps_runs_and_files_below_the_project_and_nothing_beside_it(
    migrated, tmp_path, name, monkeypatch
):
    root = tmp_path / name
    root.mkdir()
    monkeypatch.chdir(root)
    if name != ALL:  # that one makes its store here: seconds that the others need not spend
        shutil.copy(migrated, root)
    store = Registry(URI, root)
    store.log_outcome("runs", "first", {"a": "b"}, failed=False)
    again = Registry(URI, root)
    ((_, tags),) = again.noted("runs")
    assert tags["a"] == "b"
    (run,) = again.client.search_runs([again._experiment("runs")])
    (root / "note.txt").write_text("said")
    again.client.log_artifact(run.info.run_id, str(root / "note.txt"))
    assert again.run_file(run.info.run_id, "note.txt") == b"said"
    assert len(list((root / "mlartifacts").rglob("note.txt"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (root / "mlflow.db").stat().st_size > 0


@pytest.mark.parametrize("damage", ["folder", "text"])
def test_a_store_that_cannot_be_opened_is_told_at_once(tmp_path, damage):
    file = tmp_path / "mlflow.db"
    if damage == "folder":
        file.mkdir()
    else:
        file.write_text("not a database, but long enough to be looked at as one\n" * 40)
    began = time.monotonic()
    with pytest.raises(ProjectError, match=r"^MLflow at sqlite:.*mlflow\.db does not work \("):
        Registry(URI, tmp_path)
    assert time.monotonic() - began < 10  # MLflow's own retries take 100 s


def test_an_environment_below_such_a_folder_has_its_migrations_there(tmp_path, monkeypatch):
    """MLflow's scripts, seen through a folder with a percent sign, as in `my%20project/.venv`."""
    code = tmp_path / "my%20project"
    code.mkdir()
    (code / "mlflow").symlink_to(Path(mlflow.__file__).parent)
    (tmp_path / "store").mkdir()
    monkeypatch.setattr("mlflow.store.db.utils._get_package_dir", lambda: str(code / "mlflow"))
    assert Registry(URI, tmp_path / "store").noted("runs") == []


def put(root: Path, context, table):
    """The feature table and repository of a project in `root`."""
    root.mkdir(parents=True)
    shutil.copytree(context.workspace.feature_repo, root / "feature_repo")
    workspace = Workspace.at(root)
    features = derive(table, context.params.data, context.params.featurize)
    workspace.features.parent.mkdir()
    features.to_parquet(workspace.features, index=False)
    return workspace


@pytest.mark.parametrize(
    ("name", "beside"), [("what?", "whatX"), ("x[1]", "x1"), ("st*r", "stuver"), (ALL, "other")]
)
def test_feast_reads_the_projects_own_table_not_one_that_a_pattern_finds(
    context, table, tmp_path, name, beside
):
    params = context.params
    workspace = put(tmp_path / name, context, table)
    put(tmp_path / beside, context, table.assign(temperature=1_000.0))
    store = feast.open_store(workspace, params)
    asked = table[["area", "event_timestamp", "load"]]
    joined = feast.historical(store, params, asked)
    assert len(joined) == len(asked)
    assert joined["temperature"].max() < 100
    feast.materialize(store, params, table)
    newest = feast.online(store, params, [{"area": "North"}])
    assert newest["temperature"][0] < 100
    assert list(workspace.feature_repo.rglob("online_store.db"))


def test_values_of_the_environment_are_values_not_yaml(context, monkeypatch):
    file = context.workspace.feature_repo / "feature_store.yaml"
    tree = yaml.safe_load(file.read_text())
    tree["registry"] = "${PLACE}/registry.db"
    tree["online_store"] = {"type": "redis", "connection_string": "${REDIS}", "key_ttl": "${TTL}"}
    file.write_text(yaml.safe_dump(tree))
    given = {"PLACE": "a #b: ${c} 'd'", "REDIS": 'host:6379,password=x: "#y', "TTL": "3600"}
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    found = feast_settings.store_settings(context.workspace)
    assert found["registry"].endswith("/a #b: ${c} 'd'/registry.db")
    assert found["online_store"]["connection_string"] == given["REDIS"]
    assert found["online_store"]["key_ttl"] == 3600
    monkeypatch.delenv("REDIS")
    with pytest.raises(ProjectError, match=r"feature_store\.yaml: REDIS is not set"):
        feast_settings.store_settings(context.workspace)


@pytest.mark.parametrize("name", [*NAMES, ALL])
def test_a_path_and_its_uri_name_one_file(tmp_path, name):
    path = tmp_path / name / "table.parquet"
    assert local_path(path.as_uri()) == local_path(str(path)) == path


def repository(folder: Path, below: str = "") -> Path:
    """A project with one raw table, in a repository that may be larger than it."""
    root = folder / below
    (root / "data" / "raw").mkdir(parents=True)
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    (root / ".dvc" / ".gitignore").write_text("tmp\ncache\n")
    (root / "params.yaml").write_text("data: {}\n")
    (root / "data" / "raw" / "table.csv").write_text("a\n1\n")
    assert git.start(folder)
    return root


@pytest.mark.parametrize("below", ["", "services/ü 100% $x"])
def test_a_commit_is_checked_out_with_its_data_wherever_the_project_lies(alone, below):
    root = repository(alone / ALL, below)
    dvc.track(root, root / "data/raw/table.csv")
    assert git.commit_all(root, "First")
    tree = alone / "tree"
    project = git.add_worktree(root, tree, git.commit(root))
    assert project == tree / below
    dvc.share_cache(root, project)
    dvc.command(project, "checkout", "data/raw/table.csv.dvc")
    assert (project / "data/raw/table.csv").read_text() == "a\n1\n"
    git.remove_worktree(root, tree)
    assert not tree.exists()
    assert (root / "data/raw/table.csv").exists()
    assert list((root / ".dvc" / "cache").rglob("*"))


def test_a_commit_from_before_the_project_moved_is_told(alone):
    root = repository(alone)
    assert git.commit_all(root, "First")
    old = git.commit(root)
    moved = alone / "services"
    moved.mkdir()
    for name in ("params.yaml", "data", ".dvc"):
        shutil.move(root / name, moved / name)
    assert git.commit_all(root, "Moved")
    with pytest.raises(ProjectError, match=r"has no services/params\.yaml: the project was in"):
        git.add_worktree(moved, root.parent / "tree", old)
    assert not (root.parent / "tree").exists()


def test_braces_are_refused_before_dvc_stumbles_over_them(alone):
    root = repository(alone / "{slug}")
    with pytest.raises(ProjectError, match=r"^DVC tracks no file below .*\{slug\}: use a folder"):
        dvc.track(root, root / "data/raw/table.csv")
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "add", "data/raw/table.csv"], cwd=root, capture_output=True
    )
    assert done.returncode != 0  # once DVC can, the refusal may go


def test_a_repository_that_git_refuses_is_said_and_no_commit_is_made_up(alone, monkeypatch):
    root = repository(alone)
    assert git.commit(root) == "none"  # before the first commit
    assert git.commit_all(root, "First")
    known = git.commit(root)
    assert len(known) == 40
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch for its tests
    said = r"^git refuses .*around, which belongs to another user: .*safe\.directory"
    for ask in (git.commit, git.dirty, git.start, git.check, lambda root: git.known(root, known)):
        with pytest.raises(ProjectError, match=said):
            ask(root)
    with pytest.raises(ProjectError, match=said):
        git.add_worktree(root, alone / "tree", known)


def test_a_broken_repository_is_said_too(alone):
    root = repository(alone)
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(ProjectError, match=r"^git cannot read the repository of .*nowhere"):
        git.commit(root)


def test_no_repository_and_no_git_are_no_fault(alone, monkeypatch):
    alone.mkdir()
    assert git.commit(alone) == "none"
    monkeypatch.setenv("PATH", str(alone))
    assert git.commit(alone) == "none"
