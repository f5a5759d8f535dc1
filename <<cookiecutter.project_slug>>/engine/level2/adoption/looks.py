"""What is known about a raw column after it was classified."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..data.number_format import NumberFormat
from .date_patterns import Pattern

Kind = Literal["empty", "constant", "float", "int", "bool", "category", "date", "text", "nested"]


@dataclass(frozen=True)
class Look:
    """A classified column; `numbers` only for numbers, `texts` and `codes` for the others."""

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    markers: frozenset[str] = frozenset()
    numbers: npt.NDArray[np.float64] | None = None
    codes: npt.NDArray[np.intp] | None = None
    texts: tuple[str, ...] = ()
    pattern: Pattern | None = None
    format: NumberFormat | None = None  # of numbers that are not written plainly
    doubt: NumberFormat | None = None  # another format in which every value is a number too
    long: bool = False  # whole numbers of more digits than a number holds: names, `texts` has them

    @property
    def unique(self) -> bool:
        """Whether all values are different."""
        return self.distinct == self.rows - self.missing and self.distinct > 1

    @property
    def known_numbers(self) -> npt.NDArray[np.float64]:
        """The values of a column of numbers, without missing ones."""
        numbers = np.empty(0) if self.numbers is None else self.numbers
        return numbers[np.isfinite(numbers)]

    @property
    def known(self) -> int:
        """Number of rows with a value."""
        return self.rows - self.missing
