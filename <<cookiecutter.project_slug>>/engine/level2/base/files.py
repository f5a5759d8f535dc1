"""Files written completely or not at all: temporary name, then rename."""

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from .errors import ProjectError

_TEMPORARY = re.compile(r"\..+\.\d+\.tmp(\.\w+)?")
Record = TypeVar("Record")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed onto it if the block succeeds.

    Raises ProjectError if the disk is full, read-only or forbidden.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        sentence = explain(error, path)
        if sentence is None:
            raise
        raise ProjectError(sentence) from error
    finally:
        _discard(temporary)


def explain(error: OSError, path: Path | str | None = None) -> str | None:
    """A sentence for a full or forbidden disk, None for any other fault."""
    where = path or error.filename or "a file"
    if error.errno in _FULL:
        return f"{where}: the disk is full, free some space and run again"
    if error.errno in _DENIED or isinstance(error, PermissionError):
        return f"{where} cannot be written ({error.strerror}): make its folder writable"
    return None


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # a read-only folder, or no folder: nothing was written there


def sweep(folder: Path) -> None:
    """Remove unfinished files of killed processes. Call only under the folder's lock."""
    for part in ("data", "artifacts", "reports"):
        for path in (folder / part).rglob(".*.tmp*"):
            if _TEMPORARY.fullmatch(path.name):
                _discard(path)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, keys in order; NaN becomes null."""
    write_text(path, json.dumps(_finite(value), indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_record(path: Path, record: Record) -> Record:
    """Write a record as JSON; return it as whoever reads the file gets it."""
    write_json(path, record)
    kept: Record = json.loads(json.dumps(_finite(record), sort_keys=True))
    return kept


def read_json(path: Path) -> Any:
    """Read JSON. Raises ProjectError if the file is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ProjectError(f"{path} cannot be read ({error}): delete it and run again") from error


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hex digest of a file, or of a folder: the names and digests of its files."""
    if path.is_dir():
        files = (item for item in sorted(path.rglob("*")) if item.is_file())
        lines = [f"{digest(item, algorithm)} {item.relative_to(path)}\n" for item in files]
        return hashlib.new(algorithm, "".join(lines).encode(), usedforsecurity=False).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def _finite(value: Any) -> Any:
    """Replace NaN, which JSON lacks, by null."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def shown(path: Path) -> Path:
    """The path relative to the working folder, as a person would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def local_path(address: str) -> Path:
    """The file that a path or a `file://` URI names; in a URI `%20` means a space."""
    name = address.removeprefix("file://")
    return Path(name if name == address else unquote(name))
