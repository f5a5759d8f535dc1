"""Progress of long work, independent of how it is shown."""

from typing import Protocol


class Progress(Protocol):
    """Shows how far a long piece of work has got."""

    def update(self, done: int, total: int, note: str = "") -> None:
        """Report that `done` of `total` parts are finished."""


class SilentProgress:
    """Shows nothing, for libraries and tests."""

    def update(self, done: int, total: int, note: str = "") -> None:
        """Do nothing."""
