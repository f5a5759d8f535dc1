"""How `adopt` is told to read a file, where it could be read in two ways."""

from typing import NamedTuple

from ..base.errors import ProjectError
from ..data.dialects import WORDS


class Reading(NamedTuple):
    """How to read the file: words for missing, decimal mark, delimiter."""

    missing: tuple[str, ...] = ()
    decimal: str | None = None
    delimiter: str | None = None

    @property
    def mark(self) -> str | None:
        """The delimiter itself. Raises ProjectError for an unknown one."""
        names = {word: mark for mark, word in WORDS.items()} | {mark: mark for mark in WORDS}
        if self.delimiter and self.delimiter not in names:
            raise ProjectError(
                f"DELIMITER={self.delimiter} is not known, use comma, semicolon, tab or bar"
            )
        if self.decimal not in {None, "", ".", ","}:
            raise ProjectError(f"DECIMAL={self.decimal} is not known, use . or ,")
        return names[self.delimiter] if self.delimiter else None

    def given(self) -> dict[str, str]:
        """The options as they were given."""
        found = {"MISSING": ",".join(self.missing), "DECIMAL": self.decimal or ""}
        return {**found, "DELIMITER": self.delimiter or ""}
