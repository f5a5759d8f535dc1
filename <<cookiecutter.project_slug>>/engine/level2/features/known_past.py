"""The known past: the target of every ingested row, in which lags are looked up."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..data.contract import TIMESTAMP, DataContract

if TYPE_CHECKING:
    import pandas as pd


class Past(Protocol):
    """Where lags are looked up."""

    def there(self) -> bool:
        """Whether there is a history."""

    def table(self, contract: DataContract) -> "pd.DataFrame | None":
        """Entity, event time and target of each row; None if there is no history."""

    def cut(self, contract: DataContract) -> "pd.Series[pd.Timestamp] | None":
        """By entity the newest time that `table` omits; None if it is complete."""

    def entities(self, contract: DataContract, most: int) -> list[str]:
        """Names of the entities; none if there are more than `most`."""


class KnownPast:
    """A project's ingested table, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, str], pd.DataFrame] | None = None

    def there(self) -> bool:
        """Whether there is such a table."""
        return self._path.is_file()

    def table(self, contract: DataContract) -> "pd.DataFrame | None":
        """Entity, event time and target of each row; None if there is no such table.

        Raises ProjectError for a damaged file.
        """
        from ..data import parquet  # pandas: only where somebody asks

        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        seen = (stat.st_mtime_ns, stat.st_size, contract.target)
        if self._read is not None and self._read[0] == seen:
            return self._read[1]
        wanted = [*contract.key, contract.target]
        if not {*wanted} <= {*parquet.names(self._path, "run `make run` again")}:
            return None  # the project has adopted another table since
        found = parquet.read(self._path, wanted)
        found[contract.entity_column] = found[contract.entity_column].astype(object)
        found[TIMESTAMP] = found[TIMESTAMP].astype("datetime64[us, UTC]")
        self._read = seen, found
        return found

    def cut(self, contract: DataContract) -> None:
        """Nothing is omitted."""

    def entities(self, contract: DataContract, most: int) -> list[str]:
        """Names of the entities; none if there are more than `most`."""
        found = self.table(contract)
        if found is None:
            return []
        names = found[contract.entity_column].unique()
        return sorted(map(str, names)) if len(names) <= most else []
