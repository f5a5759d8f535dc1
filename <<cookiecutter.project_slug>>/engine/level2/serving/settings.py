"""Limits and addresses of the prediction service, from the environment; without pandas."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from ..base.environment import Environment


def _unless_off(value: Any) -> Any:
    return None if value == "off" else value


class ServeSettings(Environment):
    """Variables `SERVE_*`."""

    model_config = SettingsConfigDict(env_prefix="SERVE_")

    max_body_bytes: int = Field(1_048_576, ge=1_024, le=2**30)
    max_rows: int = Field(1_000, ge=1, le=100_000)
    max_ahead: int = Field(168, ge=1, le=100_000)  # periods that are forecast for an entity
    max_pending: int = Field(256, ge=1, le=100_000)
    body_seconds: float = Field(10, gt=0, le=600)
    drain_seconds: int = Field(30, ge=1, le=3_600)
    reload_seconds: float = Field(10, ge=0.05, le=86_400)
    store_seconds: float = Field(2, gt=0, le=60)
    log: Annotated[Path | None, BeforeValidator(_unless_off)] = Path("data/predictions.db")
    sha256: str = ""  # of the one model that may be served here, as a deployment says it
    features: bool = True  # answer requests that name only the entity, from Feast's online store
    features_token: SecretStr = SecretStr("")  # who has it may push rows of sources; empty: nobody

    def far(self, horizon: int | None) -> int:
        """The largest number of periods that may be asked for of a model."""
        return min(self.max_ahead, self.max_rows, horizon or self.max_ahead)
