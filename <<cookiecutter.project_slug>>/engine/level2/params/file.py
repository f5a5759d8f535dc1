"""Set values in a YAML tree by `dotted.key=value`, and explain errors in one sentence."""

import difflib
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..base import yaml_text
from ..base.errors import ProjectError


def explained(error: ValidationError, model: type[BaseModel]) -> str:
    """The first error as `path: what was expected`; a misspelt key before a missing one."""
    found = error.errors()
    strange = (item for item in found if item["type"] == "extra_forbidden")
    finding = next(strange, found[0])
    path = ".".join(str(part) for part in finding["loc"])
    kind, message = finding["type"], finding["msg"]
    if kind == "extra_forbidden":
        return f"{path} is not a known key: {_nearest(finding['loc'], model)}"
    if kind == "missing":
        return f"{path} is required and missing"
    text = message.removeprefix("Value error, ")
    got = "" if kind == "value_error" else f" (got {finding['input']!r:.80})"
    return f"{path + ': ' if path else ''}{text[0].lower() + text[1:]}{got}"


def _nearest(path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Advice about an unknown key: the most similar known one beside it."""
    kind: Any = model
    for part in path[:-1]:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            fields = kind.model_fields.items()
            kind = next(item.annotation for name, item in fields if part in (name, item.alias))
    known = [item.alias or name for name, item in kind.model_fields.items()]
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"did you mean `{close[0]}`?" if close else "remove it or correct its spelling"


def override(tree: dict[str, Any], asked: str) -> None:
    """Set one dotted key; the last part is read as YAML."""
    key, separator, value = asked.partition("=")
    if not separator or not key:
        raise ProjectError(f"`{asked}` is not of the form section.key=value, like tune.trials=5")
    node = tree
    *parents, leaf = key.split(".")
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ProjectError(f"params.yaml: {key} cannot be set, `{part}` is not a section")
    try:
        node[leaf] = yaml_text.load(value)
    except yaml_text.DamagedError:
        raise ProjectError(f"`{asked}`: `{value}` is not a YAML value like 5 or [1, 7]") from None
