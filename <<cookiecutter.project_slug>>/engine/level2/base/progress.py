"""Progress of long work, without the steps knowing how it is shown."""

from typing import Protocol


class Progress(Protocol):
    """Shows how far a long piece of work is."""

    def update(self, done: int, total: int, note: str = "") -> None:
        """Say that `done` of `total` parts are finished."""


class SilentProgress:
    """Shows nothing: libraries and tests."""

    def update(self, done: int, total: int, note: str = "") -> None:
        """Do nothing."""
