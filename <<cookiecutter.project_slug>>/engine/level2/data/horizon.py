"""What is known `data.horizon` periods before the time that a row predicts."""

from collections.abc import Iterator, Mapping

from .feature import Feature
from .source import Source


def too_late(
    horizon: int | None, features: Mapping[str, Feature], sources: Mapping[str, Source]
) -> Iterator[str]:
    """Yield columns that nobody knows so early, and declarations of such that mean nothing."""
    early = {name: item.source for name, item in features.items() if item.known_in_advance}
    for name, source in early.items():
        if source is not None:
            yield (
                f"`{name}` comes from source `{source}`, so sources.{source} says whether it is "
                "known_in_advance"
            )
    if horizon is None:
        early |= {
            f"sources.{name}": name for name, item in sources.items() if item.known_in_advance
        }
        for name in early:
            yield f"{name}: known_in_advance needs data.horizon, a number of periods"
        return
    for name, item in features.items():
        if item.source is None and not item.known_in_advance:
            yield (
                f"`{name}` is measured with the target, so nobody knows it {horizon} periods ahead "
                "(horizon): leave it out, or add known_in_advance: true if somebody does"
            )
