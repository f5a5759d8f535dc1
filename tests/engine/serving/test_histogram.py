"""Numbers are counted as prometheus_client counts them."""

import itertools

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from level2.serving.histogram import Histogram

NUMBERS = itertools.count()  # where Feast is imported, the library adds up metrics of one name
EDGES = (0.0, 0.1, 2.5, 10.0)
BELOW = (-1.5, 0.0, 0.1, 2.5, 10.0)


@pytest.mark.parametrize("edges", [EDGES, BELOW])
@given(st.lists(st.sampled_from(BELOW) | st.floats(-100, 100)))
def test_the_page_is_that_of_the_library(edges, numbers):
    ours, theirs, name = CollectorRegistry(), CollectorRegistry(), f"made_{next(NUMBERS)}"
    mine = Histogram(name, "Some.", edges, ours)
    other = prometheus_client.Histogram(name, "Some.", registry=theirs, buckets=edges)
    for number in numbers:
        mine.of().observe(number)
        other.observe(number)
    assert lines(ours) == lines(theirs)


def test_each_value_of_a_label_has_its_own_tally():
    ours, theirs, name = CollectorRegistry(), CollectorRegistry(), f"made_{next(NUMBERS)}"
    mine = Histogram(name, "Some.", EDGES, ours, "route")
    words = {"registry": theirs, "buckets": EDGES}
    other = prometheus_client.Histogram(name, "Some.", ["route"], **words)
    for route, number in (("a", 0.1), ('b"', 3), ("a", 7)):
        mine.of(route).observe(number)
        other.labels(route).observe(number)
    assert lines(ours) == lines(theirs)


def lines(registry):
    """Samples without the time they were made, which nobody reads."""
    text = generate_latest(registry).decode().splitlines()
    return [line for line in text if "_created" not in line]
