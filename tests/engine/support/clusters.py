"""What tests of the way to a cluster share: a stand-in KFP server and an environment for it."""

import os

import pytest

from servers.kfp_api import KfpApi

SECRET = "s3cr3t-t0ken-0123456789"


@pytest.fixture
def api():
    with KfpApi() as server:
        yield server


@pytest.fixture
def environ(monkeypatch, tmp_path):
    """Set the environment of the way in: nothing of this machine, then what is named."""
    for name in list(os.environ):
        if name.startswith(("KF_", "KUBE")):
            monkeypatch.delenv(name)
    (tmp_path / "home").mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), str(value))

    return put
