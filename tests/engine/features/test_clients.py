"""A store on a server whose client is not installed is refused in a sentence."""

import pytest

from level2.base.errors import ProjectError
from level2.features import feast_settings
from level2.features.feast_settings import need_driver

SETTINGS = {
    "offline in PostgreSQL": ({"offline_store": {"type": "postgres"}}, "psycopg", "postgres"),
    "online in PostgreSQL": ({"online_store": {"type": "postgres"}}, "psycopg", "postgres"),
    "registry in PostgreSQL": (
        {"registry": {"registry_type": "sql", "path": "postgresql+psycopg://u@h/d"}},
        "psycopg",
        "postgres",
    ),
    "online in Redis": ({"online_store": {"type": "redis"}}, "redis", "pipeline"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_missing_client_is_named_with_the_target_that_installs_it(monkeypatch, case):
    settings, client, lock = SETTINGS[case]
    monkeypatch.setattr(feast_settings, "find_spec", lambda name: None if name == client else name)
    with pytest.raises(ProjectError) as caught:
        need_driver(settings, "feature_repo/feature_store.yaml")
    said = str(caught.value)
    assert f"needs {client}, which is not installed: `make .venv/.{lock}` installs it" in said
    monkeypatch.setattr(feast_settings, "find_spec", lambda name: name)
    need_driver(settings, "feature_repo/feature_store.yaml")


def test_stores_in_files_need_no_client(monkeypatch):
    monkeypatch.setattr(feast_settings, "find_spec", {}.get)
    files = {"offline_store": {"type": "duckdb"}, "online_store": {"type": "sqlite"}}
    need_driver({**files, "registry": "data/registry.db"}, "feature_store.yaml")
    need_driver({"offline_store": None, "registry": "s3://bucket/registry.db"}, "x.yaml")
