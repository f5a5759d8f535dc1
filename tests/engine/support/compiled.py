"""The compiled pipeline of the project."""

import copy
import shutil

import pytest

from ir import IMAGE, ROOT, read

from pipelines import compile as compiler


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A project folder with nothing but params.yaml."""
    folder = tmp_path_factory.mktemp("compiled")
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


@pytest.fixture(scope="session")
def compiled(folder):
    """The YAML file."""
    compiler.write(folder, IMAGE, folder / "pipeline.yaml")
    return folder / "pipeline.yaml"


@pytest.fixture(scope="session")
def documents(compiled):
    return read(compiled)


@pytest.fixture
def ir(documents):
    """Pipeline and platform, read back: change them at will."""
    return copy.deepcopy(documents)
