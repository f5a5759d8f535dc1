"""What the service says of itself: OpenAPI, and the same for people, both from the contract."""

import json
from html import escape
from typing import Any

from ..core.contract import Feature
from ..core.request_schema import body_schema
from .model import Served
from .settings import ServeSettings

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}"
    "pre{background:#f3f3f3;padding:.7rem;overflow-x:auto}"
)
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "field": {"type": "string"}},
    "required": ["error"],
}
_REFUSALS = {
    "400": "no JSON",
    "404": "the online store does not know the entity, or not at that time",
    "408": "the body came too slowly",
    "413": "the body is too long",
    "415": "the body is encoded",
    "422": "a field is missing, of another type, or outside the contract",
    "503": "too many requests at once, or the online store does not answer; see Retry-After",
}


def example(served: Served) -> dict[str, Any]:
    """A request that is answered: the last row the model learned from."""
    return {"rows": [served.example]}


def openapi(served: Served, settings: ServeSettings) -> dict[str, Any]:
    """OpenAPI 3.1 of the service as it serves now."""
    schema = body_schema(served.features, served.key, settings.max_rows)
    name = served.stamp.name
    body = _content(schema, True)
    body["content"]["application/json"]["example"] = example(served)
    predict = {
        "summary": f"Predict {served.target}",
        "operationId": "predict",
        "requestBody": body | {"required": True},
        "responses": _responses(_prediction(served)),
    }
    tensor = {"type": "object", "required": ["inputs"], "properties": {"inputs": {"type": "array"}}}
    infer = {
        "summary": "Predict, Open Inference Protocol v2",
        "operationId": "infer",
        "requestBody": _content(tensor, True) | {"required": True},
        "responses": _responses({"type": "object"}),
    }
    pages = {
        "/v2": "The server",
        "/v2/health/live": "Whether the process lives",
        "/v2/health/ready": "Whether a model is loaded",
        f"/v2/models/{name}": "Inputs and outputs of the model",
        f"/v2/models/{name}/ready": "Whether the model is loaded",
        "/metrics": "Metrics for Prometheus",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": served.stamp.version},
        "paths": {
            "/predict": {"post": predict},
            f"/v2/models/{name}/infer": {"post": infer},
            **{path: {"get": _page(summary)} for path, summary in pages.items()},
        },
    }


def docs(served: Served, settings: ServeSettings, address: str) -> str:
    """The same for people: what to send, what every field means, an example."""
    body = json.dumps(example(served)).replace("'", r"\u0027")  # stands between quotes of a shell
    rows = "".join(_row(name, item) for name, item in served.features.items())
    key = " and ".join(f"<code>{escape(name)}</code>" for name in served.key.columns)
    unit = f" in {escape(served.unit)}" if served.unit else ""
    pages = "".join(
        f"<li><code>{method.upper()} {escape(path)}</code> {escape(item['summary'])}</li>"
        for path, methods in openapi(served, settings)["paths"].items()
        for method, item in methods.items()
    )
    title = f"{served.stamp.name} v{served.stamp.version}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>Predicts <code>{escape(served.target)}</code>{unit}.</p>"
        f"<h2>Fields of a row</h2><table><tr><th>field<th>type<th>allowed<th>meaning</tr>{rows}"
        f"</table><p>A row may carry {key} too; they are written to the prediction log.</p>"
        f"<h2>Example</h2><pre>curl -X POST {escape(address)}/predict \\\n  "
        f"-H 'Content-Type: application/json' \\\n  -d '{escape(body)}'</pre>"
        f"<p>Up to {settings.max_rows:,} rows and {settings.max_body_bytes:,} bytes at once.</p>"
        f"<h2>Pages</h2><ul>{pages}</ul></html>"
    )


def _row(name: str, item: Feature) -> str:
    parts = [
        f"{item.min:g} or more" if item.min is not None else "",
        f"{item.max:g} or less" if item.max is not None else "",
        ", ".join(item.categories or ()),
        "may be missing" if item.nullable else "",
    ]
    allowed = "; ".join(part for part in parts if part)
    meaning = " ".join(part for part in (item.description, item.unit) if part)
    cells = (escape(text) for text in (name, item.type, allowed, meaning))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _prediction(served: Served) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "number", "description": served.unit}
    label = {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": list(served.classes)},
            "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
        },
    }
    texts = {key: {"type": "string"} for key in ("id", "model", "version", "target", "unit")}
    found = {"type": "array", "items": label if served.classes else number}
    moments = {"type": "array", "items": {"type": "string", "format": "date-time"}}
    times = {"features_at": moments} if served.key.time else {}
    required = [*texts, "predictions"]
    return {
        "type": "object",
        "properties": {**texts, "predictions": found, **times},
        "required": required,
    }


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    refused = {
        status: {"description": text, **_content(_ERROR)} for status, text in _REFUSALS.items()
    }
    return {"200": {"description": "predictions", **_content(schema)}, **refused}


def _page(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "as asked"}}}


def _content(schema: dict[str, Any], plain: bool = False) -> dict[str, Any]:
    known = {key: value for key, value in schema.items() if not (plain and key == "$schema")}
    return {"content": {"application/json": {"schema": known}}}
