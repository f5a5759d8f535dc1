"""The service's documentation for programmers, from the contract."""

import json
from html import escape
from typing import Any

from ..base.amounts import listed
from ..data.feature import Feature
from ..data.request_schema import newest
from .examples import examples, unnamed
from .model import Served
from .openapi import openapi
from .settings import ServeSettings

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}"
    "pre{background:#f3f3f3;padding:.7rem;overflow-x:auto}"
)


def docs(
    served: Served,
    settings: ServeSettings,
    lookup: bool,
    address: str,
    tables: bool = False,
    ahead: bool = False,
    pushes: bool = False,
) -> str:
    """The documentation page: what to send, what every field means, examples."""
    rows = "".join(_row(name, item) for name, item in served.features.items())
    key = " and ".join(f"<code>{escape(name)}</code>" for name in served.key.said)
    unit = f" in {escape(served.unit)}" if served.unit else ""
    pages = "".join(
        f"<li><code>{method.upper()} {escape(path)}</code> {escape(item['summary'])}</li>"
        for path, methods in openapi(served, settings, lookup, tables, ahead, pushes)[
            "paths"
        ].items()
        for method, item in methods.items()
    )
    title = f"{served.stamp.name} v{served.stamp.version}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>Predicts <code>{escape(served.target)}</code>{unit}.</p>"
        f"<h2>Fields of a row</h2><table><tr><th>field<th>type<th>allowed<th>meaning</tr>{rows}"
        f"</table><p>A row may carry {key} too, for the prediction log.</p>"
        f"{_ways(served, lookup, address, tables, ahead)}"
        f"<p>Up to {settings.max_rows:,} rows and {settings.max_body_bytes:,} bytes at once.</p>"
        f"<h2>Pages</h2><ul>{pages}</ul></html>"
    )


def _ways(served: Served, lookup: bool, address: str, tables: bool, ahead: bool) -> str:
    """An example request for each request form."""
    told = examples(served, lookup, tables, ahead)
    shown = {way: _curl(body, address) for way, body in told.items()}
    found = f"<h2>Example with all features</h2>{shown['rows']}"
    if "table" in shown and served.raw is not None:
        names = ", ".join(f"<code>{escape(name)}</code>" for name in served.raw.needed)
        found += (
            f"<h2>Example with a row of the table</h2><p>{names}, as the table that was adopted "
            "has them; calendar and lags are derived, other columns are ignored.</p>"
            f"{shown['table']}"
        )
    if lookup:
        name = unnamed(served)
        put = f" Put one of yours in place of <code>{escape(name)}</code>." if name else ""
        text = f"<p>{escape(newest(served.key))}.{put}</p>{shown['entities']}"
        found += f"<h2>Example with the newest features</h2>{text}"
    else:
        only = f"it takes <code>rows</code>{' and <code>ahead</code>' if ahead else ''} only"
        found += f"<p>This service reads no feature store: {only}.</p>"
    if "ahead" in shown:
        found += (
            "<h2>Example of a forecast</h2><p>The next periods of each entity, as many as "
            "<code>ahead</code> says. What is known of them is given as lists, one value for each "
            f"period; lags are looked up, or forecasts too.</p>{shown['ahead']}"
        )
    return found


def _curl(request: dict[str, Any], address: str) -> str:
    body = json.dumps(request).replace("'", r"\u0027")  # stands between quotes of a shell
    return (
        f"<pre>curl -X POST {escape(address)}/predict \\\n  "
        f"-H 'Content-Type: application/json' \\\n  -d '{escape(body)}'</pre>"
    )


def _row(name: str, item: Feature) -> str:
    parts = [
        f"{item.min:g} or more" if item.min is not None else "",
        f"{item.max:g} or less" if item.max is not None else "",
        _values(item),
        "true or false" if item.type == "bool" else "",
        "may be missing" if item.nullable else "",
    ]
    allowed = "; ".join(part for part in parts if part)
    cells = (escape(text) for text in (name, item.type, allowed, item.meaning))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _values(item: Feature) -> str:
    """The known categories, and whether others are accepted."""
    known = listed(item.categories or ())
    return known if item.allowed is not None or not known else f"{known}; others count as unseen"
