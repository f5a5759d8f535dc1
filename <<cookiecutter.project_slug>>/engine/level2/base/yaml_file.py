"""Read a YAML file as a mapping, with errors in one sentence."""

from pathlib import Path
from typing import Any

from . import yaml_text
from .errors import ProjectError


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML 1.2 file. Raises ProjectError naming file and line."""
    name = path.relative_to(here) if path.is_relative_to(here := Path.cwd()) else path
    try:
        tree = yaml_text.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path.name != "params.yaml":
            raise ProjectError(f"{name} is missing: name an existing file") from None
        raise ProjectError(f"{name} is missing: run the command in the project's folder") from None
    except OSError as error:
        raise ProjectError(f"{name} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ProjectError(f"{name} is not valid YAML: {error}") from None
    except yaml_text.DamagedError as error:
        where = f" line {error.line}" if error.line else ""
        raise ProjectError(f"{name}{where} is not valid YAML: {error}") from None
    if not isinstance(tree, dict):
        raise ProjectError(f"{name} must hold `key: value` sections, not {type(tree).__name__}")
    return tree
