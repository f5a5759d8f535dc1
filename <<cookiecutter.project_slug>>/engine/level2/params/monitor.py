"""Section `monitor` of params.yaml."""

from pydantic import Field

from ..data.feature import Strict


class Monitor(Strict):
    """Section `monitor`: the current window, and the limits of what is usual."""

    window_days: float = Field(30, gt=0, le=3660)
    min_rows: int = Field(30, ge=10)
    max_psi: float = Field(0.1, gt=0)
    margin: float = Field(1.1, ge=1, le=10)
    max_missing_increase: float = Field(0.1, ge=0, le=1)
    max_out_of_range: float = Field(0.01, ge=0, le=1)
    max_unknown: float = Field(0.01, ge=0, le=1)
    max_skew: float = Field(0.01, ge=0, le=1)
    max_loss: float = Field(1.5, ge=1)
    coverage: float | None = Field(None, ge=0, lt=1)
    max_model_age_days: float | None = Field(None, gt=0)
    max_data_age_days: float | None = Field(None, gt=0)
