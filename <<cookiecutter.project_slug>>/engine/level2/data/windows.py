"""What a source with windows must be: rows of events, each known from its time on."""

from collections.abc import Iterator, Mapping

from .feature import Feature
from .source import Source


def problems(
    features: Mapping[str, Feature], sources: Mapping[str, Source], main: str, horizon: int | None
) -> Iterator[str]:
    """Yield what is wrong with windows; `main` is the file of the main table."""
    for name, item in features.items():
        if item.window is None:
            continue
        if item.source not in sources:
            yield f"`{name}`: a window is over the rows of a source: name it (source)"
            return
        if item.type not in {"float", "int"}:
            yield f"`{name}`: a window gives numbers, so its type is float or int"
    for name, source in sources.items():
        own = [item for item in features.values() if item.source == name]
        windows = [item for item in own if item.window is not None]
        if not windows:
            continue
        if len(windows) < len(own):
            yield (
                f"sources.{name} has windows and plain columns: declare the file twice, under "
                "another name for the one or the other"
            )
        if source.created_timestamp or source.ttl or source.known_in_advance:
            yield (
                f"sources.{name} has windows, which count a row from one time on: leave out "
                "created_timestamp, ttl and known_in_advance, and name as event_timestamp the "
                "time from which a row was known"
            )
        if source.path == main and horizon is None:
            yield (
                f"sources.{name} is the table of the target, so a window would hold the row's "
                "own: say data.horizon, how many periods earlier rows are known"
            )
