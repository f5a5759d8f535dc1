"""The content of a report: what it is made from, and what it says, in plain text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...model import wording
from ...model.records import Evaluation, GateRecord, Tuning
from .origins import OriginLine
from .slice_table import SliceLine
from .tables import MetricTable
from .trials import Branch
from .verdict import Verdict

Tree = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """The records of the steps, None if a step has not run."""

    evaluation: Evaluation
    decision: GateRecord | None = None
    tuning: Tuning | None = None
    validation: Tree | None = None
    lineage: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Bar:
    """One model in the comparison under the headline."""

    label: str
    role: str  # candidate, champion or baseline
    text: str
    part: float  # of the longest bar, 0 to 1


@dataclass(frozen=True)
class Checks:
    """The result of validation: (check, passed) pairs, and warnings."""

    made: tuple[tuple[str, bool], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Plain text only: the layout escapes it."""

    name: str
    task: str
    metric: str
    unit: str
    verdict: Verdict
    value: str
    comparison: str
    rows: str
    bars: tuple[Bar, ...]
    table: MetricTable
    notes: tuple[str, ...]  # on the baselines' rows
    origins: tuple[OriginLine, ...]
    spread: str  # of the metric over the origins
    slices: tuple[SliceLine, ...]
    slice_limit: float | None
    small: int  # slices too small to be judged
    left_out: str  # which, and why
    tuning: tuple[Branch, ...]
    family: str
    parameters: tuple[tuple[str, str], ...]
    checks: Checks | None
    parity: str
    lineage: Mapping[str, str]

    @property
    def headline(self) -> str:
        """`RMSE 412.7 MW`, `Log loss 0.2248`."""
        name = wording.label(self.metric)
        return f"{name[:1].upper()}{name[1:]} {self.value}"
