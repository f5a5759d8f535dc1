"""Projects with a champion, and their service running."""

import shutil

import pytest
import yaml

from running import ROOT, command, serving
from sharing import once


@pytest.fixture(scope="session")
def promoted(tmp_path_factory):
    """A project of two years of the sample with a champion: read it, never write to it."""
    return once(tmp_path_factory, "promoted", promote)


def copied(folder):
    """What a project needs beside its params.yaml."""
    ignored = shutil.ignore_patterns("data", "*.pyc")
    shutil.copytree(ROOT / "feature_repo", folder / "feature_repo", ignore=ignored)
    (folder / "src").symlink_to(ROOT / "src")


def promote(folder, own=()):
    """Make the project and run it; `own` features need the team's package beside it."""
    copied(folder)
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["tune"]["trials"] = 2
    tree["tune"]["families"]["hist_gradient_boosting"]["max_iter"]["max"] = 60
    tree["evaluate"]["slices"] = []
    tree["promote"]["thresholds"] = {}
    if own:
        tree["featurize"]["own"] = list(own)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    assert command(folder, "sample", "--until", "2016-12-31").returncode == 0
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def bundle(promoted, tmp_path_factory):
    """Its champion as a folder."""

    def make(folder):
        done = command(promoted, "bundle", "--output", str(folder))
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "bundle", make)


@pytest.fixture(scope="module")
def server(promoted, tmp_path_factory):
    """The service of that project, with limits that a test can reach."""
    log = tmp_path_factory.mktemp("log") / "predictions.db"
    limits = {"SERVE_MAX_ROWS": "50", "SERVE_MAX_BODY_BYTES": "20000", "SERVE_BODY_SECONDS": "1"}
    with serving(promoted, SERVE_LOG=str(log), **limits) as running:
        running.log = log
        yield running


@pytest.fixture(scope="session")
def example(bundle):
    """The example row of the champion."""
    return yaml.safe_load((bundle / "model.json").read_text())["serving"]["example"]
