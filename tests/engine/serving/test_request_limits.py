"""Limits of a request: the statuses beyond them are set in one place, for every way in."""

from types import SimpleNamespace

import pytest

from level2.data.feature import Feature
from level2.data.requests import RequestError
from level2.serving import inference_protocol, request_limits

FEATURES = {name: Feature(type="float") for name in ("heat", "wind")}


def listed(count):
    return request_limits.batch({"rows": [{"heat": 1.0}] * count}, "rows", 3)


def tensors(count, wind=None):
    counts = {"heat": count, "wind": count if wind is None else wind}
    inputs = [
        {"name": name, "datatype": "FP32", "shape": [size], "data": [1.0] * size}
        for name, size in counts.items()
    ]
    served = SimpleNamespace(features=FEATURES)
    return inference_protocol.rows(served, {"inputs": inputs}, 3)


@pytest.mark.parametrize(("rows", "field"), [(listed, "rows"), (tensors, "inputs")])
def test_rows_beyond_the_limit_get_the_status_set_for_them(rows, field, monkeypatch):
    assert len(rows(3)) == 3
    monkeypatch.setattr(request_limits, "TOO_MANY_ROWS", 413)
    with pytest.raises(RequestError, match=r"1 to 3$") as many:
        rows(4)
    assert (many.value.status, many.value.field) == (413, field)
    with pytest.raises(RequestError, match=r"1 to 3$") as none:
        rows(0)
    assert (none.value.status, none.value.field) == (422, field), "no rows are not too many"


def test_what_is_no_list_of_rows_and_tensors_of_different_lengths_are_refused():
    with pytest.raises(RequestError, match="rows is an object: give a list of rows"):
        request_limits.batch({"rows": {}}, "rows", 3)
    with pytest.raises(RequestError, match=r"heat 2, wind 1; give all the same number, 1 to 3$"):
        tensors(2, wind=1)
    with pytest.raises(RequestError, match="inputs have rows: none; give all the same number"):
        inference_protocol.rows(SimpleNamespace(features=FEATURES), {"inputs": []}, 3)
