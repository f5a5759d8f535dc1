"""The service's description for programs: OpenAPI, from the contract."""

from typing import Any

from ..data.request_schema import body_schema
from ..data.source_schema import counts_schema, pushed_schema
from .examples import examples
from .model import Served
from .settings import ServeSettings

_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "field": {"type": "string"}},
    "required": ["error"],
}
_KEPT = {"type": "object", "properties": {"version": {"type": "string"}}}
_REFUSALS = {
    "400": "no JSON",
    "404": "the online store does not know the entity, or not at that time",
    "408": "the body arrived too slowly",
    "413": "the body is too long",
    "415": "the body is encoded",
    "422": "a field is missing, of another type, or outside the contract",
    "503": "too many requests at once, or the online store does not respond; see Retry-After",
}
_FORBIDDEN = {"401": "the token is missing or another", "403": "this service takes no rows"}
_COUNTS = {
    "written": "rows that the store holds now",
    "older": "rows left alone, because the store or this request holds newer ones",
    "early": "rows that may not be used yet: push them again when they are due",
}


def openapi(
    served: Served,
    settings: ServeSettings,
    lookup: bool,
    tables: bool = False,
    ahead: bool = False,
    pushes: bool = False,
) -> dict[str, Any]:
    """OpenAPI 3.1 of the service in its current state.

    `lookup`: whether it reads a feature store; `tables`: whether it accepts rows of the user's
    table; `ahead`: whether it forecasts the periods ahead; `pushes`: whether it accepts rows of
    sources.
    """
    name, shown = served.stamp.name, examples(served, lookup, tables)
    raw = served.raw if tables else None
    far = settings.far(raw.contract.horizon) if ahead and raw else 0
    parts = served.features, served.key, settings.max_rows, lookup, raw
    cases, every = body_schema(*parts), examples(served, lookup, tables, ahead)
    tensor = {"type": "object", "required": ["inputs"], "properties": {"inputs": {"type": "array"}}}
    why = "What moved one prediction away from a typical case, and what came before it"
    asked = {
        "/predict": _operation(
            "predict",
            f"Predict {served.target}",
            body_schema(*parts, far),
            _prediction(served, ahead),
            every,
        ),
        "/explain": _operation("explain", why, cases, {"type": "object"}, shown),
        "/feedback": _operation(
            "feedback", "Report the true value for a predicted row", _feedback(served), _KEPT
        ),
        f"/v2/models/{name}/infer": _operation(
            "infer", "Predict, Open Inference Protocol v2", tensor, {"type": "object"}
        ),
    }
    if pushes:
        asked |= _features(served, settings.max_rows)
    pages = {
        "/": "The page for people",
        "/form": "Data for that page",
        "/v2": "The server",
        "/v2/health/live": "Whether the process is alive",
        "/v2/health/ready": "Whether a model is loaded",
        f"/v2/models/{name}": "Inputs and outputs of the model",
        f"/v2/models/{name}/ready": "Whether the model is loaded",
        "/metrics": "Metrics for Prometheus",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": served.stamp.version},
        "paths": asked | {path: {"get": _page(summary)} for path, summary in pages.items()},
    }


def _operation(
    name: str,
    summary: str,
    schema: dict[str, Any],
    found: dict[str, Any],
    shown: dict[str, Any] | None = None,
) -> dict[str, Any]:
    body = _content(schema, True)
    if shown is not None:
        told = {way: {"value": value} for way, value in shown.items()}
        body["content"]["application/json"]["examples"] = told
    operation = {
        "summary": summary,
        "operationId": name,
        "requestBody": body | {"required": True},
        "responses": _responses(found),
    }
    return {"post": operation}


def _features(served: Served, limit: int) -> dict[str, Any]:
    """The operation that takes rows of sources, if the model has any."""
    schema = pushed_schema(served.raw.contract, limit) if served.raw else None
    if schema is None:
        return {}
    why = "Push rows of a source for the next request, with SERVE_FEATURES_TOKEN as bearer token"
    found = _operation("features", why, schema, counts_schema(_COUNTS))
    for status, text in _FORBIDDEN.items():
        found["post"]["responses"][status] = {"description": text, **_content(_ERROR)}
    return {"/features": found}


def _feedback(served: Served) -> dict[str, Any]:
    number = {"type": "number", "description": served.unit}
    label = {"type": "string", "enum": list(served.classes)}
    return {
        "type": "object",
        "properties": {
            "request": {"type": "string", "description": "`id` of the answer"},
            "row": {"type": "integer", "minimum": 0, "default": 0},
            "value": label if served.classes else number,
        },
        "required": ["request", "value"],
        "additionalProperties": False,
    }


def _prediction(served: Served, ahead: bool = False) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "number", "description": served.unit}
    label = {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": list(served.classes)},
            "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
        }
        | _threshold(served),
    }
    texts = {key: {"type": "string"} for key in ("id", "model", "version", "target", "unit")}
    found = {"type": "array", "items": label if served.classes else number}
    moments = {"type": "array", "items": {"type": "string", "format": "date-time"}}
    times = {"features_at": moments} if served.key.time else {}
    if served.interval is not None:
        kind = ["array", "null"] if ahead else "array"
        ends = {"type": kind, "items": number, "minItems": 2, "maxItems": 2}
        why = "the lower and upper end of each prediction, with this coverage"
        times["intervals"] = {"type": "array", "items": ends, "description": why}
        times["coverage"] = {"type": "number"}
    if ahead:
        why = "with `ahead`: entity, time and number of the period of each prediction"
        times["periods"] = {"type": "array", "items": {"type": "object"}, "description": why}
        counts = {"type": "object", "additionalProperties": {"type": "integer"}}
        times["missing"] = counts | {"description": "with `ahead`: features without a value"}
    required = [*texts, "predictions"]
    return {
        "type": "object",
        "properties": {**texts, "predictions": found, **times},
        "required": required,
    }


def _threshold(served: Served) -> dict[str, Any]:
    """The part of a response with the probability from which a class is predicted."""
    if served.cut is None:
        return {}
    number = {"type": "number", "minimum": 0, "maximum": 1}
    why = "the class predicted from this probability on"
    return {"threshold": {"type": "object", "additionalProperties": number, "description": why}}


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    refused = {
        status: {"description": text, **_content(_ERROR)} for status, text in _REFUSALS.items()
    }
    return {"200": {"description": "as asked", **_content(schema)}, **refused}


def _page(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "as asked"}}}


def _content(schema: dict[str, Any], plain: bool = False) -> dict[str, Any]:
    known = {key: value for key, value in schema.items() if not (plain and key == "$schema")}
    return {"content": {"application/json": {"schema": known}}}
