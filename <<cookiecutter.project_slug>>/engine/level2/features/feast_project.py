"""What Feast's modules ask of a project: two of its sections and some of its folders.

`Params` and `Workspace`, which stand in rooms above this one, have them.
"""

from pathlib import Path
from typing import Protocol

from ..data.contract import DataContract
from ..data.featurize import Featurize


class Knobs(Protocol):
    """What features there are."""

    @property
    def data(self) -> DataContract:
        """The data contract."""

    @property
    def featurize(self) -> Featurize:
        """The columns derived from the contract's."""


class Folders(Protocol):
    """Where declarations, tables and Feast's own state are."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def out(self) -> Path:
        """Where this run writes: `root`, or an experiment's folder."""

    @property
    def home(self) -> Path | None:
        """The project's folder, where `out` is one task's on this machine."""

    @property
    def features(self) -> Path:
        """The table behind the feature view."""

    @property
    def feature_repo(self) -> Path:
        """Feast's declarations."""
