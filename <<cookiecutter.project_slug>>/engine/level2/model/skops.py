"""skops: scikit-learn models as files without pickle, byte-identical for the same model."""

import importlib
import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from ..base import scikit
from ..base.errors import ProjectError

# skops would import every module of scikit-learn to list its estimators; `trusted` looks them up.
with scikit.plainly(), patch("sklearn.utils.all_estimators", list):
    import skops.io

_IDENTITY = re.compile(r'"__id__": (\d+)')
_EPOCH = (1980, 1, 1, 0, 0, 0)


def dumps(model: Any) -> bytes:
    """Serialize a fitted model.

    skops records memory addresses and the time of day; both are replaced by counters, so that
    equal models are equal files.
    """
    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = source.read("schema.json").decode()
    numbers = {
        address: str(rank)
        for rank, address in enumerate(dict.fromkeys(_IDENTITY.findall(schema)), 1)
    }
    schema = _IDENTITY.sub(lambda match: f'"__id__": {numbers[match[1]]}', schema)
    names = {name: _renamed(name, numbers) for name in source.namelist() if name != "schema.json"}
    for name, new in names.items():
        schema = schema.replace(json.dumps(name), json.dumps(new))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, new in sorted(names.items(), key=lambda item: item[1]):
            target.writestr(zipfile.ZipInfo(new, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
        target.writestr(zipfile.ZipInfo("schema.json", _EPOCH), schema, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _renamed(name: str, numbers: dict[str, str]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{numbers.get(stem, stem)}{dot}{suffix}"


def trusted(data: bytes, listed: Sequence[str]) -> list[str]:
    """Types in a model's bytes that may be loaded: listed ones and scikit-learn's estimators."""
    names = skops.io.get_untrusted_types(data=data)
    return [*listed, *(name for name in names if _is_estimator(name))]


def _is_estimator(name: str) -> bool:
    module, _, kind = name.rpartition(".")
    if module.split(".")[0] != "sklearn":
        return False
    from sklearn.base import BaseEstimator

    try:
        found = getattr(importlib.import_module(module), kind, None)
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, BaseEstimator)


def loadable(data: bytes, listed: Sequence[str], family: str) -> None:
    """Refuse a model that could not be loaded again. Raises ProjectError naming the type."""
    allowed = trusted(data, listed)
    strange = [name for name in skops.io.get_untrusted_types(data=data) if name not in allowed]
    if strange:
        raise ProjectError(
            f"a model of family {family} holds `{strange[0]}`, which is not loaded from a file: "
            "build it from scikit-learn's own classes and NumPy's functions"
        )


def loads(data: bytes, listed: Sequence[str]) -> Any:
    """Load a model whose types are scikit-learn's or listed. Raises ProjectError for any other."""
    try:
        return skops.io.loads(data, trusted=trusted(data, listed))
    except Exception as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ProjectError(
            f"the model file holds types outside its allow-list or is damaged: {line}"
        ) from error
