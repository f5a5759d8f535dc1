"""One input column of the contract: its type, its limits, its allowed values."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from .durations import duration
from .number_format import NumberFormat

MAX_CATEGORIES = 200  # one-hot columns a category may become
MAX_LEVELS = 20_000  # values of a category that is encoded by its target
FeatureType = Literal["float", "int", "bool", "category"]


class Strict(BaseModel):
    """Base of every params section: frozen, unknown keys refused, numbers finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Window(Strict):
    """What a source's rows of one key come to over a time: the sum of `amount` in 30 days."""

    function: Literal["count", "sum", "mean", "min", "max"]
    length: str
    column: str | None = None

    @property
    def nothing(self) -> float | None:
        """The value of a key without rows."""
        return 0.0 if self.function in {"count", "sum"} else None

    @field_validator("length")
    @classmethod
    def _duration(cls, length: str) -> str:
        duration(length)
        return length

    @model_validator(mode="after")
    def _coherent(self) -> "Window":
        if (self.function == "count") != (self.column is None):
            raise ValueError("a window names a column, and count, which counts rows, none")
        return self


class Feature(Strict):
    """One input column: its type, allowed values and whether it may be missing."""

    type: FeatureType
    description: str = ""
    unit: str = ""
    nullable: bool = False
    min: float | None = None
    max: float | None = None
    categories: tuple[str, ...] | None = None
    format: NumberFormat | None = None
    center: float = 0.0
    encode: Literal["onehot", "target"] | None = None
    unseen: Literal["other", "refuse"] | None = None
    source: str | None = None
    known_in_advance: bool = False
    window: Window | None = None

    @property
    def by_target(self) -> bool:
        """Whether each category is encoded as the mean target of its rows instead of one-hot."""
        return self.encode == "target"

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """The only values this category may take; None if any other counts as unseen."""
        return None if self.unseen == "other" else self.categories

    @property
    def most(self) -> int:
        """How many different values this category may have."""
        return MAX_LEVELS if self.by_target else MAX_CATEGORIES

    @property
    def numeric(self) -> bool:
        """Whether the model sees this column as a float32 number."""
        return self.type != "category"

    @property
    def meaning(self) -> str:
        """Description and unit, as a phrase."""
        if self.description and self.unit:
            return f"{self.description}, in {self.unit}"
        return self.description or self.unit

    @model_validator(mode="after")
    def _coherent(self) -> "Feature":
        if self.type == "category":
            if self.min is not None or self.max is not None:
                raise ValueError("a category has no min or max: give categories, or type float")
            if self.categories is not None and len(self.categories) > self.most:
                instead = "" if self.by_target else ", or set encode: target"
                raise ValueError(
                    f"{len(self.categories):,} categories, at most {self.most:,} are allowed: "
                    f"group the rare ones or leave the column out{instead}"
                )
            if self.categories is not None and len(set(self.categories)) < len(self.categories):
                raise ValueError("a category is listed twice")
        elif self.categories is not None:
            raise ValueError(f"categories need type category, not {self.type}")
        elif self.encode or self.unseen:
            raise ValueError(f"encode and unseen need type category, not {self.type}")
        if self.type in {"category", "bool"} and (self.format is not None or self.center):
            raise ValueError(f"format and center belong to numbers, not to {self.type}")
        if self.type == "bool" and (self.min is not None or self.max is not None):
            raise ValueError("a bool has no min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self
