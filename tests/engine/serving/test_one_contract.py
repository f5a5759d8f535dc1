"""The contract is written once: what changes there changes in every place that holds rows to it.

A change of params.yaml is made once, and the same value is shown to the schema of the table, the
rows of a request, the rows of a file to score, the OpenAPI document and the form of the page.
"""

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from level2.base.errors import ProjectError
from level2.data import pandera
from level2.data.request_rows import RowChecker
from level2.data.request_schema import body_schema
from level2.data.requests import Key
from level2.data.schema import column_rules
from level2.data.typed_rows import model_columns
from level2.params.config import parse_params
from level2.serving.form import field

GOOD = {"temperature": 10.0, "holiday": True, "kind": "x"}
KEY = Key("area", ("North", "South"), "date")


def table_schema(contract, name, value):
    """`validate`: the ingested table, where a truth is a number."""
    day = pd.to_datetime(["2024-01-01"], utc=True).as_unit("us")
    table = pd.DataFrame({"area": ["North"], "event_timestamp": day})
    row = {**GOOD, name: value}
    for column, feature in contract.features.items():
        kind = object if feature.type == "category" else float
        table[column] = pd.Series([row[column]]).astype(kind)
    table["load"] = 1.0
    broken = pandera.failures(table, column_rules(contract), contract.key)
    assert {item.column for item in broken} <= {name}
    return not broken


def request_rows(contract, name, value):
    """`/predict`."""
    return kept(RowChecker(contract.features, KEY).columns, [{**GOOD, name: value}])


def file_rows(contract, name, value):
    """`make predict`."""
    table = pd.DataFrame({key: [item] for key, item in {**GOOD, name: value}.items()})
    return kept(model_columns, table, contract.features, "rows.csv", ())


def document(contract, name, value):
    """`/openapi.json`."""
    schema = body_schema(contract.features, KEY, 10)
    return Draft202012Validator(schema).is_valid({"rows": [{**GOOD, name: value}]})


def form(contract, name, value):
    """`/form`, as the browser holds an input to it."""
    found = field(name, contract.features[name], None)
    if value is None:
        return found["nullable"]
    if found["choices"] is not None:
        return value in found["choices"]
    if isinstance(value, str) or found["type"] == "truth":
        return True
    low, high = found["min"], found["max"]
    whole = found["type"] != "integer" or value == int(value)
    return whole and (low is None or value >= low) and (high is None or value <= high)


def kept(check, *given):
    try:
        check(*given)
    except ProjectError:
        return False
    return True


VIEWS = (table_schema, request_rows, file_rows, document, form)
CHANGES = {
    "a higher maximum": ("temperature", {"max": 60}, 55.0, True),
    "a lower maximum": ("temperature", {"max": 20}, 30.0, False),
    "a higher minimum": ("temperature", {"min": 0}, -5.0, False),
    "whole numbers": ("temperature", {"type": "int"}, 10.5, False),
    "no missing number": ("temperature", {"nullable": False}, None, False),
    "no missing category": ("kind", {"nullable": False}, None, False),
    "another category": ("kind", {"categories": ["x", "y", "z"]}, "z", True),
    "categories not listed": ("kind", {"unseen": "other"}, "w", True),
    "a category less": ("kind", {"categories": ["x"]}, "y", False),
}


@pytest.mark.parametrize(("name", "change", "value", "after"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_change_of_the_contract_is_seen_everywhere(tree, view, name, change, value, after):
    before = parse_params(tree).data
    tree["data"]["features"][name] |= change
    changed = parse_params(tree).data
    assert view(before, name, GOOD[name])
    assert view(changed, name, GOOD[name])
    assert view(before, name, value) is not after
    assert view(changed, name, value) is after
