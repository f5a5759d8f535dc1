"""Where the prediction log is shared beyond one machine, from the environment; without pandas."""

from pydantic import Field

from ..base.environment import Environment


class LogSettings(Environment):
    """Variables `PREDICTION_LOG*`."""

    prediction_log: str = ""  # s3://bucket/folder that all replicas copy their logs to
    prediction_log_seconds: float = Field(60, ge=1, le=3_600)  # between two copies
