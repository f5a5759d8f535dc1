"""A registry of small versions: a real MLflow store, files of their own, no training."""

import hashlib
import json
import shutil

import pytest
import yaml

from level2.params.config import Settings, parse_params
from level2.project import Context
from level2.registry.mlflow import Registry
from level2.workspace import Workspace

NAME = "small-load"
URI = "sqlite:///mlflow.db"
PRODUCTION = "champion-production"


class Project:
    """A project's folder with a registry whose versions are files of their own."""

    def __init__(self, folder, tree):
        self.folder, self.tree = folder, tree
        self.write()
        self.store = Registry(URI, folder)

    def write(self, **ct):
        """Write params.yaml, with this section `ct`."""
        tree = {**self.tree, **({"ct": ct} if ct else {})}
        (self.folder / "params.yaml").write_text(yaml.safe_dump(tree))

    def context(self, environment="", **ct):
        params = parse_params({**self.tree, "ct": ct})
        settings = Settings(model_environment=environment)
        return Context(params, Workspace.at(self.folder), settings)

    def version(self, content=b"a model", *, champion=True, digest=""):
        """Register one more version, which the gate made staging's champion or held."""
        client, number = self.store.client, len(list(self.folder.glob("v*"))) + 1
        place = self.folder / f"v{number}"
        place.mkdir()
        (place / "model.onnx").write_bytes(content)
        digest = digest or hashlib.sha256(content).hexdigest()
        manifest = {"sha256": {"model.onnx": digest}, "serving": {}}
        (place / "model.json").write_text(json.dumps(manifest))
        found = client.get_experiment_by_name("loop")
        experiment = found.experiment_id if found else client.create_experiment("loop")
        run = client.create_run(experiment).info.run_id
        client.set_terminated(run)
        if number == 1:
            client.create_registered_model(NAME)
        tags = {"sha256": digest, "decision": "promote" if champion else "hold"}
        client.create_model_version(NAME, place.as_uri(), run_id=run, tags=tags)
        made = self.store.version(NAME, str(number))
        if champion:
            self.store.promote(made)
        return made

    def aliases(self):
        """What each alias names, as another client reads it."""
        found = Registry(URI, self.folder).client.get_registered_model(NAME).aliases
        return {alias: str(number) for alias, number in found.items()}

    def tags(self, number):
        return self.store.version(NAME, str(number)).tags


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """An empty store, migrated once."""
    folder = tmp_path_factory.mktemp("empty_store")
    Registry(URI, folder)
    return folder / "mlflow.db"


@pytest.fixture
def versioned(empty_store, tmp_path, tree):
    """A project whose registry is empty."""
    shutil.copy(empty_store, tmp_path)
    return Project(tmp_path, tree)
