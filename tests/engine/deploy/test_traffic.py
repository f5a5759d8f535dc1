"""Two versions compared by the requests that they answered in the same window."""

import pytest

from level2.deploy.traffic import Traffic, distance, enough, objections, total
from level2.params.canary import Canary

LIMITS = Canary()
QUICK = {"0.01": 90.0, "0.05": 100.0, "+Inf": 100.0}
LOW = {"10.0": 50.0, "20.0": 100.0, "+Inf": 100.0}
HIGH = {"10.0": 0.0, "20.0": 0.0, "+Inf": 100.0}


def made(**other):
    return Traffic(**{"requests": 100.0, "seconds": QUICK, "numbers": LOW} | other)


def test_nothing_is_said_of_a_version_that_is_as_good():
    assert objections(made(), made(), LIMITS) == []


def test_the_share_that_failed_is_compared_not_the_number():
    old = made(requests=1000.0, failed=30.0)
    assert objections(old, made(failed=3.9), LIMITS) == []
    [said] = objections(old, made(failed=5.0), LIMITS)
    assert said.startswith("5.0% of its requests failed, of the others 3.0% (canary.max_failed_")


def test_a_latency_is_read_within_its_bucket_and_a_few_milliseconds_are_no_objection():
    assert made().p95 == pytest.approx(0.03)
    few = {"0.001": 100.0, "+Inf": 100.0}
    more = {"0.001": 0.0, "0.005": 100.0, "+Inf": 100.0}
    assert objections(made(seconds=few), made(seconds=more), LIMITS) == []
    slow = {"0.05": 0.0, "0.1": 100.0, "+Inf": 100.0}
    [said] = objections(made(), made(seconds=slow), LIMITS)
    assert said.startswith("its p95 is 98 ms, of the others 30 ms")


def test_predictions_are_compared_where_the_buckets_of_the_two_differ():
    assert distance(made(), made()) == 0
    assert distance(made(), made(numbers=HIGH)) == 1
    finer = {"5.0": 25.0, "10.0": 50.0, "15.0": 75.0, "20.0": 100.0, "+Inf": 100.0}
    assert distance(made(), made(numbers=finer)) == pytest.approx(0.25)  # below the first bound
    [said] = objections(made(), made(numbers=HIGH), LIMITS)
    assert said.startswith("its predictions are 1.00 from those of the others")


def test_classes_are_compared_by_their_shares():
    old, new = made(labels={"yes": 50.0, "no": 50.0}), made(labels={"yes": 20.0, "no": 80.0})
    assert distance(old, new) == pytest.approx(0.3)
    assert distance(old, made(labels={"other": 10.0})) == 1


def test_counters_are_counted_since_the_watch_began_and_a_restart_begins_again():
    early, late = made(), made(requests=150.0, failed=2.0, numbers={"10.0": 80.0, "+Inf": 150.0})
    since = late.since(early)
    assert (since.requests, since.failed, since.numbers["10.0"]) == (50, 2, 30)
    assert made(requests=7.0).since(early).requests == 7
    assert late.since(None) == late


def test_pods_of_a_version_count_together():
    both = total([made(failed=1.0), made(requests=50.0, numbers=HIGH)])
    assert (both.requests, both.failed) == (150, 1)
    assert both.numbers == {"10.0": 50, "20.0": 100, "+Inf": 200}
    assert total([]) == Traffic()


def test_few_requests_of_either_are_not_enough():
    assert enough(made(), made(), LIMITS)
    assert not enough(made(), made(requests=99.0), LIMITS)
    assert not enough(made(requests=99.0), made(), LIMITS)
