"""`add-source`: join a further table to the adopted one; writes its part of the contract."""

import copy
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..base.files import digest, shown
from ..data.contract import DataContract
from ..data.dialects import delimiter
from ..data.source import NAMES, WANTED
from ..data.tables import read_raw
from ..data.unpack import TEXTS, plain
from ..params.config import parse_params
from ..project import Context
from ..training.leakage import advice, find_leakage
from ..training.steps import ingest
from ..workspace import Workspace
from . import listing
from .columns import Decision
from .files import add_to_params, depend, keep_table, plain_name
from .kinds import look
from .source_columns import Asked, described


class Added(NamedTuple):
    """What was added: the name of the source, its file, and what it gives."""

    name: str
    file: Path
    columns: tuple[str, ...]


def add_source(
    context: Context,
    tree: dict[str, Any],
    data_path: Path,
    asked: Asked,
    console_print: Callable[[str], None],
    track: Callable[[Path], None] = lambda _: None,
) -> Added:
    """Infer keys, times and columns of a further table, try the join, then write the contract.

    `tree` is params.yaml as it is. `track` is called with the copied file. Nothing is written if
    anything is wrong. Prints the decisions. Raises ProjectError.
    """
    root, contract = context.workspace.root, context.params.data
    name = asked.name or re.sub(r"[^a-z0-9]+", "_", data_path.name.split(".")[0].lower()).strip("_")
    _free(contract, name)
    with plain(data_path) as file:
        raw = read_raw(file)
        mark = delimiter(file) if file.suffix.lower() in TEXTS else None
        looks = {column: look(raw[column], column, asked.missing) for column in raw.columns}
        entry, features, decisions = described(raw, looks, contract, name, asked, _said(data_path))
        entry |= {"delimiter": mark} if mark not in {None, ","} else {}
        wider = _with(tree, name, {**entry, "path": _path(context, file)}, features)
        matched = _tried(context, wider, name)
        for line in listing.lines([*decisions, *matched]):
            console_print(line)
        copied = keep_table(root, file, plain_name(data_path, file))
    track(copied)
    entry["path"] = copied.relative_to(root).as_posix()
    kept = add_to_params(root / "params.yaml", name, entry, features)
    console_print(f" {'params.yaml':<24} written; the old one is {kept.name}, which git ignores")
    left = depend(root / "dvc.yaml", f"${{data.sources.{name}.path}}")
    console_print(f" {'dvc.yaml':<24} {left}")
    return Added(name, copied, tuple(features))


def _path(context: Context, file: Path) -> str:
    """Where the table is while the join is tried; the main table's own, if it is the same one."""
    main = context.workspace.source(context.params)
    same = main.is_file() and digest(main) == digest(file)
    return context.params.data.source if same else str(file.absolute())


def _said(path: Path) -> str:
    return str(shown(path.absolute()))


def _free(contract: DataContract, name: str) -> None:
    """Raise ProjectError if a source cannot have that name."""
    if not NAMES.fullmatch(name):
        raise ProjectError(f"`{name}` is no name for a source: say NAME=weather ({WANTED})")
    if name in contract.sources:
        raise ProjectError(
            f"data.sources.{name} is there already: say another NAME=, or remove it from "
            "params.yaml with its features"
        )
    if not contract.has_time:
        raise ProjectError(
            f"{contract.source} has no event time, so nothing can be joined as known at a row's "
            "time: name its time with make adopt TIMESTAMP="
        )


def _with(
    tree: dict[str, Any], name: str, entry: dict[str, Any], features: dict[str, Any]
) -> dict[str, Any]:
    """The params with one more source and its features."""
    wider = copy.deepcopy(tree)
    data = wider["data"]
    data["sources"] = {**(data.get("sources") or {}), name: entry}
    data["features"] = {**(data.get("features") or {}), **features}
    return wider


def _tried(context: Context, tree: dict[str, Any], name: str) -> list[Decision]:
    """Join the source to the main table, apart from the project; what was found.

    Raises ProjectError if it does not fit, finds nothing, or gives the target away.
    """
    params = parse_params(tree)
    if not context.workspace.source(context.params).exists() and not params.data.remote:
        raise ProjectError(f"{params.data.source} is missing: `make pull` fetches it")
    with tempfile.TemporaryDirectory() as folder:
        apart = replace(
            context, params=params, workspace=Workspace(context.workspace.root, Path(folder))
        )
        table, _ = ingest.read(apart, ingest.fetched(apart))
    columns = [column for column, item in params.data.features.items() if item.source == name]
    found = table[columns].notna().any(axis=1)
    if not found.any():
        raise ProjectError(
            f"no row of {params.data.source} finds one of {name}: its keys or times do not meet "
            f"those of the main table ({_ends(table)}); say ENTITY=, TIMESTAMP= or TTL="
        )
    leaks = [
        item
        for item in find_leakage(table, params.data, params.validate_.single_feature_score)
        if not {*item.columns}.isdisjoint(columns)
    ]
    if leaks:
        sentence, named = advice(leaks)
        raise ProjectError(f"{name}: {sentence}: leave them out with EXCLUDE={','.join(named)}")
    count = int(found.sum())
    ahead = params.data.horizon
    reason = f"as known {plural(ahead, 'period')} before" if ahead else "as known at"
    reason += " the row's event time"
    reason += "" if count == len(table) else "; the others get no value"
    return [Decision("", f"found for {count:,} of {len(table):,} rows", reason)]


def _ends(table: pd.DataFrame) -> str:
    times = table["event_timestamp"]
    return f"{times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}"
