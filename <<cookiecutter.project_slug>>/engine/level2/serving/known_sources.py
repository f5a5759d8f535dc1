"""Columns of further sources for rows ahead, from the project's own tables."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.raw_rows import Raw

if TYPE_CHECKING:
    import pandas as pd

Lookup = Callable[["pd.DataFrame"], "pd.DataFrame"]


class KnownSources:
    """Joins the tables of the project in `root`, read again when a file or the model changes.

    Without a project (None) nothing is known: the columns are missing. For one thread.
    """

    def __init__(self, root: Path | None) -> None:
        self._root, self._open = root, ExitStack()
        self._seen: Any = None
        self._known: Lookup | None = None

    def lookup(self, raw: Raw, given: Collection[str]) -> Lookup | None:
        """What gives the columns of typed rows; None if none are asked for. Raises ProjectError."""
        if not {*raw.joined} - {*given}:
            return None
        return self._joined(raw) if self._root is not None else _missing(raw)

    def _joined(self, raw: Raw) -> Lookup:
        def known(table: "pd.DataFrame") -> "pd.DataFrame":
            if self._known is None or self._seen != self._state(raw):
                self._renew(raw)
            assert self._known is not None  # noqa: S101  a model with sources has a lookup
            return self._known(table)

        return known

    def _renew(self, raw: Raw) -> None:
        from ..training.source_tables import lookup

        assert self._root is not None  # noqa: S101  `lookup` has looked
        self._open.close()
        self._seen = self._state(raw)
        self._known = self._open.enter_context(lookup(self._root, raw))

    def _state(self, raw: Raw) -> Any:
        from ..workspace import Workspace

        assert self._root is not None  # noqa: S101
        files = [
            Workspace.at(self._root).source_file(item.path)
            for item in raw.contract.sources.values()
        ]
        stats = [file.stat() if file.is_file() else None for file in files]
        return raw, [(stat.st_mtime_ns, stat.st_size) if stat else None for stat in stats]

    def close(self) -> None:
        """Delete the temporary copies."""
        self._open.close()


def _missing(raw: Raw) -> Lookup:
    """Gives missing values only."""

    def known(table: "pd.DataFrame") -> "pd.DataFrame":
        import numpy as np
        import pandas as pd

        features = raw.contract.features
        return pd.DataFrame(
            {name: np.nan if features[name].numeric else None for name in raw.joined},
            index=table.index,
        )

    return known
