"""feature_store.yaml as this process reads it: environment variables, absolute paths."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.yaml_file import read_yaml
from .feast_project import Folders

# how a store's settings begin, its server, the client's module, the lock that holds it
_CLIENTS = (
    ("postgres", "PostgreSQL", "psycopg", "postgres"),
    ("redis", "Redis", "redis", "pipeline"),
)


def _configuration(workspace: Folders) -> Path:
    """The stores' configuration: the repository's, or the one in Feast's own variable."""
    named = os.environ.get("FEAST_FS_YAML_FILE_PATH")
    return Path(named) if named else workspace.feature_repo / "feature_store.yaml"


def settings_shown(workspace: Folders) -> str:
    """The file's path in messages, relative to the project's folder."""
    return str(_configuration(workspace)).removeprefix(f"{workspace.root}/")


def store_settings(workspace: Folders) -> dict[str, Any]:
    """feature_store.yaml with environment values filled in and local paths made absolute.

    Feast's command reads them from the repository's folder, its Python API from the working folder.
    An experiment keeps its own state and tables, in files.
    """
    repo = workspace.feature_repo
    tree = _expanded(read_yaml(_configuration(workspace)), settings_shown(workspace))
    state = repo if workspace.out == workspace.root else workspace.out / "feast"
    # a task's own registry ends with it, as it names the task's own files; what is served stays
    lasting = workspace.home / repo.name if workspace.home else state
    if workspace.out != workspace.root and workspace.home is None:
        tree = _apart(tree)
    online = dict(tree.get("online_store", {}))
    if isinstance(tree.get("registry"), str) and "://" not in tree["registry"]:
        tree["registry"] = str(state / tree["registry"])
        Path(tree["registry"]).parent.mkdir(parents=True, exist_ok=True)
    if online.get("type") == "sqlite":
        online["path"] = str(lasting / online["path"])
        Path(online["path"]).parent.mkdir(parents=True, exist_ok=True)
    return {**tree, "online_store": online, "repo_path": repo}


def _apart(tree: dict[str, Any]) -> dict[str, Any]:
    """The settings with files in place of servers: what others read is not an experiment's."""
    registry, online = tree.get("registry"), tree.get("online_store", {})
    own = {name: value for name, value in tree.items() if name != "offline_tables"}
    if not isinstance(registry, str) or "://" in registry:
        own["registry"] = "data/registry.db"
    if online.get("type") != "sqlite":
        own["online_store"] = {"type": "sqlite", "path": "data/online_store.db"}
    if tree.get("offline_store", {}).get("type") == "postgres":
        own["offline_store"] = {"type": "duckdb"}
    return own


def need_driver(settings: dict[str, Any], file: str) -> None:
    """Raise ProjectError if a store is in PostgreSQL or Redis whose client is not installed."""
    stores = [settings.get(name) or {} for name in ("offline_store", "online_store")]
    registry = settings.get("registry")
    named = [str(store.get("type")) for store in stores]
    named.append(str(registry.get("path") if isinstance(registry, dict) else registry))
    for kind, server, client, lock in _CLIENTS:
        if any(name.startswith(kind) for name in named) and not find_spec(client):
            raise ProjectError(
                f"{file}: {server} needs {client}, which is not installed: `make .venv/.{lock}` "
                f"installs it, requirements/{lock}.txt is its lock"
            )


def _expanded(value: Any, file: str) -> Any:
    """The value with `${NAME}` in its texts replaced. Raises ProjectError if unset.

    Feast substitutes in the text of the file, where a `#`, a quote or `: ` in a password or a path
    would be parsed as YAML. A number stays one: a lone `${PORT}` of digits.
    """
    if isinstance(value, dict):
        return {key: _expanded(item, file) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, file) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    for name in re.findall(r"\$\{(\w+)\}", value):
        if name not in os.environ:
            raise ProjectError(f"{file}: {name} is not set: set it in the environment")
    found = os.path.expandvars(value)
    alone = re.fullmatch(r"\$(\w+|\{\w+\})", value) and re.fullmatch(r"0|[1-9]\d{0,17}", found)
    return int(found) if alone else found
