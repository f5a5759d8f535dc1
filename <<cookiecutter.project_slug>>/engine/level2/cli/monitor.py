"""`monitor`: compare the champion's current data and errors with those at acceptance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base.errors import ProjectError
from ._options import Overrides

if TYPE_CHECKING:
    import pandas as pd

    from ..monitoring.current_rows import Champion
    from ..monitoring.look import Current
    from ..project import Context

SOURCES = ("auto", "log", "data")
LIGHTS = {"quiet": "green", "warn": "yellow", "alarm": "red", "unknown": "yellow"}


def monitor(
    source: Annotated[
        str, typer.Option(help="log, data, or auto: the log if it has enough rows.")
    ] = "auto",
    evidently: Annotated[
        bool, typer.Option("--evidently", help="Also write the Evidently page.")
    ] = False,
    overrides: Overrides = None,
) -> None:
    """Compare the champion's current data and errors with those at acceptance."""
    in_folder(Path.cwd(), source, tuple(overrides or ()), evidently)


def in_folder(
    root: Path, source: str, overrides: tuple[str, ...] = (), evidently_too: bool = False
) -> None:
    """Write and print the verdict on the prediction log, or on new raw data."""
    from ..base.console import Screen
    from ..monitoring import evidently
    from ..monitoring.advice import after_monitor
    from ..monitoring.steps import monitor as step
    from ..project import open_context

    screen = Screen(0)
    if source not in SOURCES:
        raise ProjectError(f"`{source}` is not a source: use log or data")
    if evidently_too:
        evidently.need()
    context = open_context(root, overrides, screen)
    known = step.champion(context)
    current = _current(context, known, source)
    verdict = step.run(context, known, current)
    screen.said_of("monitor", step.line(verdict), LIGHTS[verdict["verdict"]])
    for item in verdict["findings"]:
        screen.said_of("", item["detail"], "red" if item["alarm"] else "yellow")
    screen.say(f" report    {context.workspace.watched_page.relative_to(root)}")
    if evidently_too:
        screen.say(f" evidently {_second_page(context, known, current, verdict)}")
    if advice := after_monitor(verdict):
        screen.said_of("next", advice)


def _second_page(
    context: "Context", known: "Champion", current: "Current", verdict: Mapping[str, Any]
) -> str:
    """Write the verdict's columns as Evidently's page; returns its path."""
    from ..monitoring import evidently
    from ..monitoring.unfold import alike, unfold

    contract, path = context.params.data, context.workspace.watched_by_evidently
    times = {item["column"]: item["times"] for item in verdict["columns"]}
    if not times:
        path.unlink(missing_ok=True)  # one of another look would say what this one does not
        return "nothing to compare"
    entity = contract.entity_column if contract.entity else None
    before = unfold(known.reference, current.table, entity, times)
    evidently.write(path, before, alike(known.reference, current.table, times), times)
    return str(path.relative_to(context.workspace.root))


def _current(context: "Context", known: "Champion", source: str) -> "Current":
    """The current window; unreadable raw data are a finding, not an error."""
    import pandas as pd

    from ..monitoring import current_rows
    from ..monitoring.look import Current
    from ..prediction_log.settings import LogSettings

    shared = LogSettings().prediction_log
    raw, fault = _raw(context, needed=not (shared and source == "log"))
    least = context.params.monitor.min_rows
    with _log(context, known, shared if source != "data" else "") as log:
        if source != "data" and log:
            table = current_rows.from_log(context, log, known, raw)
            if len(table) >= least or source == "log":
                pairs = current_rows.offline(context, known, table, raw)
                return Current(table, "prediction log", fault, pairs)
        elif source == "log":
            raise ProjectError(
                "there is no prediction log: `make serve` writes it, SERVE_LOG names it"
            )
    table = pd.DataFrame() if raw is None else current_rows.from_data(context, known, raw)
    return Current(table, "raw data", fault)


@contextmanager
def _log(context: "Context", known: "Champion", shared: str) -> Iterator[Path | None]:
    """The prediction log, if there is one: of this machine, or what all replicas have copied."""
    import tempfile

    from ..serving.settings import ServeSettings

    if shared:
        from ..prediction_log.gathering import gather

        with tempfile.TemporaryDirectory() as folder:
            copied, version = Path(folder) / "predictions.db", known.version.version
            days = context.params.monitor.window_days
            gather(shared, context.params.data.name, version, days, copied)
            yield copied
        return
    name = ServeSettings().log
    path = context.workspace.root / name if name else None
    yield path if path and path.is_file() else None


def _raw(context: "Context", needed: bool) -> "tuple[pd.DataFrame | None, tuple[str, ...]]":
    """The raw table, typed, or why it does not fit its contract. It leaves no files behind.

    Unless it is `needed`, it may be elsewhere: labels are then unknown.
    """
    import tempfile
    from dataclasses import replace

    from ..training.steps import ingest
    from ..workspace import Workspace

    workspace, params = context.workspace, context.params
    if not params.data.remote and not workspace.source(params).exists():
        if not needed:
            return None, ()
        raise ProjectError(
            f"{params.data.source} is missing: `make pull` fetches it, labels come from it"
        )
    with tempfile.TemporaryDirectory() as folder:
        apart = replace(context, workspace=Workspace(workspace.root, Path(folder)))
        path = ingest.fetched(apart)
        try:
            return ingest.read(apart, path)[0], ()
        except ProjectError as error:
            return None, (f"raw data do not fit the contract: {error}",)
