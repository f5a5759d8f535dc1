"""The online store as rows are pushed to it, by a command or by the service."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..data.requests import RequestError
from .feast import connect
from .feast_newest import Counts, Newest
from .feast_project import Folders, Knobs
from .pushed import check_source, sent_rows


class Push:
    """A project's sources in its online store. Applies nothing; raises ProjectError if it fails."""

    def __init__(self, workspace: Folders, params: Knobs) -> None:
        self._contract = params.data
        try:
            self._newest = Newest(connect(workspace, online_only=True), params)
        except ProjectError:
            raise
        except Exception as error:
            raise ProjectError(
                f"the online store is not there yet ({_line(error)}): `make run` fills it"
            ) from error

    def send(self, name: str, rows: Sequence[Any]) -> dict[str, int]:
        """Check and write rows of JSON objects; the counts by their names. Raises RequestError."""
        try:
            check_source(self._contract, name)
        except ProjectError as error:
            raise RequestError(str(error), field="source") from None
        return self.write(name, sent_rows(rows, self._contract, name))._asdict()

    def write(self, name: str, table: pd.DataFrame) -> Counts:
        """Write typed rows of a source, so that the next read sees them.

        Each key keeps the newest of its rows: those of the store and those of `table`.
        """
        try:
            return self._newest.write(name, table, pushed=True)
        except Exception as error:
            raise ProjectError(f"the online store does not respond ({_line(error)})") from error


def _line(error: Exception) -> str:
    return f"{(str(error).strip().splitlines() or [type(error).__name__])[0]:.160}"
