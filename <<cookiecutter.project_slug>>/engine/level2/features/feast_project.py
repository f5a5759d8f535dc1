"""What Feast's modules need from a project: two of its sections and some of its folders.

`Params` and `Workspace`, which are in rooms above this one, satisfy these protocols.
"""

from pathlib import Path
from typing import Protocol

from ..data.contract import DataContract
from ..data.featurize import Featurize


class Knobs(Protocol):
    """The sections that define the features."""

    @property
    def data(self) -> DataContract:
        """The data contract."""

    @property
    def featurize(self) -> Featurize:
        """The features derived from the contract's columns."""


class Folders(Protocol):
    """Folders of declarations, tables and Feast's state."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def out(self) -> Path:
        """Where this run writes: `root`, or an experiment's folder."""

    @property
    def home(self) -> Path | None:
        """The project's folder, if `out` is the folder of one task on this machine."""

    @property
    def features(self) -> Path:
        """The table behind the feature view."""

    @property
    def sources(self) -> Path:
        """Folder of the tables behind the views of further sources."""

    @property
    def feature_repo(self) -> Path:
        """Feast's declarations."""
