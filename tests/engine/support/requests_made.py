"""Requests made up from the service's own OpenAPI document: fitting ones, and spoiled ones."""

import json
from datetime import datetime

from hypothesis import strategies as st

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
PRINTABLE = st.characters(exclude_categories=["C", "Z"])
IDS = st.sampled_from([None, "a-1", "a b", "", "x" * 300, "é", "../../etc"])
LENGTH = 12  # rows of a request, at most


def fitting(schema):
    """Values that a JSON Schema of the document takes."""
    if "oneOf" in schema:
        cases = []
        for case in schema["oneOf"]:
            known = {**schema["properties"], **case.get("properties", {})}
            cases.append(_object({n: known[n] for n in case["required"]}, case["required"]))
        return st.one_of(cases)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_kind(kind, schema) for kind in kinds])


def _kind(kind, schema):
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "object":
        return _object(schema.get("properties", {}), schema.get("required", []))
    if kind == "array":
        cases = schema.get("items", {}).get("anyOf")  # rows of one request are of one kind
        kinds = (
            [fitting(case) for case in cases or [schema["items"]]] if "items" in schema else [ANY]
        )
        least = schema.get("minItems", 0)
        first, *others = (st.lists(kind, min_size=least, max_size=LENGTH) for kind in kinds)
        return st.one_of([*[first] * 6, *others])  # times of the others are mostly of no use
    if kind == "string":
        date = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(datetime.isoformat)
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", 30), 30)
        text = st.text(PRINTABLE if least else st.characters(), min_size=least, max_size=most)
        return date if schema.get("format") == "date-time" else text
    return {
        "number": st.floats(
            -1e6 if low is None else low, 1e6 if high is None else high, allow_nan=False
        ),
        "integer": st.integers(low, high),
        "boolean": st.booleans(),
        "null": st.none(),
    }[kind]


def _object(properties, required):
    made = {name: fitting(item) for name, item in properties.items()}
    optional = {name: item for name, item in made.items() if name not in required}
    return st.fixed_dictionaries({name: made[name] for name in required}, optional=optional)


@st.composite
def spoiled(draw, values):
    """A fitting value of which one place was replaced, emptied, doubled or given a stranger."""
    value = draw(values)
    place = value
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or draw(st.integers(0, 3)) == 0:
            _spoil(draw, place, key)
            break
        place = place[key]
    return value


def _spoil(draw, place, key):
    how = draw(st.sampled_from(["replace", "remove", "stranger", "huge"]))
    if how == "replace":
        place[key] = draw(ANY)
    elif how == "remove":
        del place[key]
    elif how == "huge":
        place[key] = draw(st.sampled_from([1e308, -(10**40), "x" * 2_000, [[]] * 200, 1e-320]))
    elif isinstance(place, dict):
        place[draw(st.text(max_size=10))] = draw(ANY)
    else:
        place.append(draw(ANY))


@st.composite
def bodies(draw, values):
    """Bytes of a body: mostly whole JSON, sometimes cut, with a byte changed, or anything."""
    how = draw(st.integers(0, 9))
    if how == 0:
        return draw(st.binary(max_size=200))
    data = json.dumps(draw(values)).encode()
    at = draw(st.integers(0, max(0, len(data) - 1)))
    if how == 1:
        return data[:at]
    if how == 2:
        return data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
    return data


def _schema(page):
    return page["requestBody"]["content"]["application/json"]["schema"]


def _features(document):
    """What a row of features must look like; rows of the table are described after it."""
    row = _schema(document["paths"]["/predict"]["post"])["properties"]["rows"]["items"]
    return row.get("anyOf", [row])[0]


def tensors(document, inputs):
    """The rows that fit /predict as tensors of Open Inference Protocol v2."""
    row = _features(document)
    needed = {item["name"]: row["properties"][item["name"]] for item in inputs}
    rows = st.lists(_object(needed, list(needed)), min_size=1, max_size=LENGTH)
    return rows.map(
        lambda made: {
            "inputs": [
                {**item, "shape": [len(made), 1], "data": [row[item["name"]] for row in made]}
                for item in inputs
            ]
        }
    )


def predictions(document, inputs, path, fit):
    """Requests to a prediction's page: tensors or rows of features that fit, or spoiled ones.

    Not rows of the table, nor entities with a time: most times made up are not in the history.
    """
    values = tensors(document, inputs)
    if path == "/predict":
        rows = st.lists(fitting(_features(document)), min_size=1, max_size=LENGTH)
        values = rows.map(lambda made: {"rows": made})
    headers = {"Content-Type": "application/json"}
    values = values if fit else spoiled(values)
    return values.map(lambda value: ("POST", path, headers, json.dumps(value).encode()))


@st.composite
def requests(draw, document, inputs):
    """(method, path, headers, body) of one request to a page of the document, or near one.

    Three in four are predictions; `inputs` is what the model's own page says of its tensors.
    """
    paths = sorted(document["paths"])
    asking = [path for path in paths if "post" in document["paths"][path]]
    path = draw(st.sampled_from(asking if draw(st.integers(0, 3)) else paths))
    ((method, page),) = document["paths"][path].items()
    headers = {"Content-Type": draw(st.sampled_from(["application/json", "text/plain", "x"]))}
    name = draw(IDS)
    if name is not None:
        headers["X-Request-ID"] = name.encode()
    body = None
    if "requestBody" in page:
        values = fitting(_schema(page))
        if path.endswith("/infer") and draw(st.integers(0, 3)):
            values = tensors(document, inputs)
        body = draw(bodies(values if draw(st.booleans()) else spoiled(values)))
    if draw(st.integers(0, 19)) == 0:
        path += draw(st.sampled_from(["/", "/versions/1/infer", "%00", "?a=b", "/../v2", "//"]))
    if draw(st.integers(0, 19)) == 0:
        method = draw(st.sampled_from(["get", "post", "put", "delete", "head", "options"]))
    return method.upper(), path, headers, body
