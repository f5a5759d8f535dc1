"""Section `canary` of params.yaml."""

from pydantic import Field

from ..data.feature import Strict


class Canary(Strict):
    """Section `canary`: how far a new version may differ from the one that serves."""

    percent: int | None = Field(None, ge=1, le=99)
    min_requests: int = Field(100, ge=1)
    max_failed_increase: float = Field(0.01, ge=0, le=1)
    max_latency_ratio: float = Field(2.0, ge=1)
    max_prediction_distance: float = Field(0.3, gt=0, le=1)
