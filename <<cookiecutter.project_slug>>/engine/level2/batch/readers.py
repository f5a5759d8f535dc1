"""How `predict` reads a table: as rows like the adopted ones, or as features of the model."""

from collections.abc import Collection, Iterator
from typing import Any

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.typed_rows import model_columns
from ..features.known_past import KnownPast
from ..model.scoring import inputs
from ..serving.model import Served
from ..training.source_tables import Lookup


class Features:
    """Reads a table that holds the model's features."""

    def __init__(self, served: Served, source: str, markers: Collection[str]) -> None:
        plain = {
            "format": None
        }  # what is derived is written as numbers, whatever the raw table does
        self._features = {n: item.model_copy(update=plain) for n, item in served.features.items()}
        self._source, self._markers = source, markers
        self.names = list(served.features)

    def columns(self, table: Any) -> dict[str, Any]:
        """The model's input columns. Raises ProjectError naming row and column."""
        return model_columns(table, self._features, self._source, self._markers)

    def notes(self) -> Iterator[str]:
        """Notes for the user."""
        return iter(())


class Rows:
    """Reads a table like the adopted one."""

    def __init__(
        self,
        served: Served,
        source: str,
        past: KnownPast,
        names: Collection[str],
        known: Lookup | None,
    ) -> None:
        assert served.raw is not None  # noqa: S101  whoever makes it has looked
        raw = served.raw
        self._contract = raw.contract.model_copy(update={"source": source})
        self._settings, self.names = raw.settings, [name for name in raw.needed if name in names]
        self._known = known if len(self.names) < len(raw.needed) else None
        self._past = past.table(self._contract) if raw.settings.lags else None
        self._beyond: dict[str, int] = {}

    def columns(self, table: Any) -> dict[str, Any]:
        """The model's input columns. Raises ProjectError naming row and column."""
        found = inputs(table, self._contract, self._settings, self._past, known=self._known)
        for name, late in found.beyond.items():
            self._beyond[name] = self._beyond.get(name, 0) + int(late.sum())
        return found.columns

    def notes(self) -> Iterator[str]:
        """Lags that cannot be known yet, and why."""
        late = [
            f"{name} in {plural(count, 'row')}" for name, count in self._beyond.items() if count
        ]
        if late:
            until = "there is none here"
            if self._past is not None and len(self._past):
                until = f"it ends {self._past[TIMESTAMP].max():%Y-%m-%d %H:%M}"
                until = until.removesuffix(" 00:00")
            yield f"missing, beyond the history: {', '.join(late)} ({until})"


def reader(
    served: Served,
    names: list[str],
    source: str,
    markers: Collection[str],
    past: KnownPast,
    known: Lookup | None,
) -> Features | Rows:
    """The reader for a table with these columns. Raises ProjectError if one is missing."""
    raw = served.raw
    joined = [raw.own[name] for name in raw.joined] if raw is not None and known else []
    if raw is not None and raw.fits({*names, *joined}, served.features):
        return Rows(served, source, past, names, known)
    missing = [name for name in served.features if name not in names]
    if not missing:
        return Features(served, source, markers)
    model = f"{served.stamp.name} v{served.stamp.version}"
    if served.raw is None:
        raise ProjectError(
            f"{source} has no column {', '.join(missing)}, which {model} needs: "
            "data/features.parquet shows what such a table is like"
        )
    lacking = ", ".join(f"`{name}`" for name in served.raw.needed if name not in names)
    raise ProjectError(
        f"{source} has no column {lacking}, which {model} needs: provide the columns of the "
        "adopted table, or those of data/features.parquet"
    )
