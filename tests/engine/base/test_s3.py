"""Faults of object storage in one sentence; what needs a server is tested in the template."""

import socket

import pytest

from level2.base import s3
from level2.base.errors import ProjectError


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    """Credentials and an address nobody listens at; nothing of the person who runs the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return address


def test_nobody_at_the_endpoint(tmp_path, settings, monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # between its three tries
    with pytest.raises(ProjectError) as caught:
        s3.download("s3://bucket/t.csv", tmp_path / "t.csv")
    said = f"s3://bucket/t.csv: no response from {settings}: start the server or correct "
    assert str(caught.value) == said + "AWS_ENDPOINT_URL"
    assert not list(tmp_path.iterdir())


def test_no_credentials(tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ProjectError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        s3.download("s3://bucket/t.csv", tmp_path / "t.csv")


def test_an_endpoint_that_is_no_address(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "minio:9000")
    with pytest.raises(ProjectError, match=r"^s3://bucket/t.csv: .*AWS_ENDPOINT_URL"):
        s3.download("s3://bucket/t.csv", tmp_path / "t.csv")


@pytest.mark.parametrize(
    "uri", ["s3://bucket", "s3://bucket/", "s3:///t.csv", "http://b/t.csv", "s3://a:b@b/t.csv"]
)
def test_what_is_no_object(uri, tmp_path):
    with pytest.raises(ProjectError, match="is not an object: write it like s3://bucket/"):
        s3.download(uri, tmp_path / "t.csv")
