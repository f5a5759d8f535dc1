"""The request and the answer of the service as FastAPI's users write them."""

import sys
import uuid
from datetime import date
from typing import Any

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, create_model

FEATURES = [f"x{number}" for number in range(20)]
Row = create_model(
    "Row",
    __config__=ConfigDict(extra="forbid"),
    station=(str | None, None),
    day=(date | None, None),
    **dict.fromkeys(FEATURES, (FiniteFloat, ...)),
)


class Body(BaseModel):
    """A request."""

    model_config = ConfigDict(extra="forbid")
    rows: list[Row] = Field(min_length=1, max_length=1000)


class Answer(BaseModel):
    """Its answer."""

    id: str
    model: str
    version: str
    target: str
    unit: str
    predictions: list[float]


def answer(found: list[float]) -> Answer:
    """Numbers as an answer carries them."""
    return Answer(
        id=uuid.uuid4().hex, model="made-table", version="1", target="y", unit="", predictions=found
    )


def run(app: Any) -> None:
    """Serve at the port given, as the service does: one process, no log of requests."""
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
