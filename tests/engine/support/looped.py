"""A small project with a short search: blank, and after an undisturbed run."""

import shutil

import pytest
import yaml

from processes import ROOT, command


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def finished(blank, tmp_path_factory):
    """The same project after an undisturbed run: read it, never write to it."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("finished") / "project")
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    return folder
