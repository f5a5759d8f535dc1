"""The local tuner: the same seed gives the same trials, inside the ranges of the search space."""

import math

import pytest

from level2.model.search_plan import random_starts
from level2.model.search_space import Range
from level2.training.optuna import search

SPACE = {
    "double": Range(type="double", min=-1, max=1),
    "log": Range(type="double", min=1e-4, max=1e2, log=True),
    "step": Range(type="double", min=0, max=1, step=0.25),
    "int": Range(type="int", min=-3, max=3),
    "int_log": Range(type="int", min=1, max=1_000, log=True),
    "int_step": Range(type="int", min=10, max=50, step=20),
    "word": Range(type="categorical", list=("a", "b", 3, True)),
}


def bowl(values):
    return (values["double"] - 0.3) ** 2 + (math.log10(values["log"]) + 1) ** 2


def run(objective=bowl, trials=40, sampler="tpe", direction="minimize", seed=0, space=SPACE):
    return search(space, objective, trials, sampler, direction, seed)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_same_seed_gives_the_same_trials(sampler):
    first, again = (run(sampler=sampler, trials=15) for _ in range(2))
    assert first == again
    assert first != run(sampler=sampler, trials=15, seed=1)


@pytest.mark.parametrize("trials", [4, 10, 30])
def test_tpe_learns_from_its_first_trials(trials):
    """Its later trials follow the objective: another bowl draws them elsewhere; random does not."""

    def elsewhere(values):
        return (values["double"] + 0.8) ** 2 + (math.log10(values["log"]) - 1) ** 2

    def drawn(sampler, objective):
        found = run(objective, trials, sampler)
        return [trial["params"] for trial in found]

    here, there = drawn("tpe", bowl), drawn("tpe", elsewhere)
    starts = random_starts(trials)
    assert here[:starts] == there[:starts]
    assert here[starts + 1 :] != there[starts + 1 :]
    assert drawn("random", bowl) == drawn("random", elsewhere)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_every_value_lies_in_its_range(sampler):
    trials = run(sampler=sampler)
    drawn = {name: [trial["params"][name] for trial in trials] for name in SPACE}
    assert all(-1 <= value <= 1 for value in drawn["double"])
    assert all(1e-4 <= value <= 1e2 for value in drawn["log"])
    assert sum(value < 1 for value in drawn["log"]) > 10
    assert set(drawn["step"]) <= {0, 0.25, 0.5, 0.75, 1}
    assert set(drawn["int"]) <= {-3, -2, -1, 0, 1, 2, 3}
    assert all(1 <= value <= 1_000 for value in drawn["int_log"])
    assert sum(value < 100 for value in drawn["int_log"]) > 10
    assert set(drawn["int_step"]) == {10, 30, 50}
    assert set(drawn["word"]) == {"a", "b", 3, True}
    for name in ("int", "int_log", "int_step"):
        assert {type(value) for value in drawn[name]} == {int}


def test_the_objective_sees_what_is_recorded():
    seen = []

    def objective(values):
        seen.append(dict(values))
        return float(len(seen))

    trials = run(objective, trials=5)
    assert [trial["params"] for trial in trials] == seen
    assert [trial["value"] for trial in trials] == [1, 2, 3, 4, 5]
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("direction", "sign"), [("minimize", 1), ("maximize", -1)])
def test_tpe_goes_in_the_direction_of_the_metric(direction, sign):
    space = {"double": Range(type="double", min=-10, max=10)}
    trials = run(
        lambda values: sign * values["double"] ** 2, direction=direction, space=space, trials=40
    )
    values = [abs(trial["params"]["double"]) for trial in trials]
    assert sum(values[20:]) / 20 < sum(values[:10]) / 10
    assert min(values) < 0.5


def test_a_trial_that_is_no_number_has_no_value_and_stops_nothing():
    values = iter([1.0, math.nan, 2.0])
    trials = run(lambda _: next(values), trials=3)
    assert [trial["value"] for trial in trials] == [1.0, None, 2.0]


def test_an_empty_space_is_tried_as_it_is():
    trials = run(lambda _: 1.5, trials=2, space={})
    assert [(trial["params"], trial["value"]) for trial in trials] == [({}, 1.5)] * 2


def test_a_fault_of_the_objective_is_not_swallowed():
    def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(broken, trials=1)


GRID = {
    "step": Range(type="double", min=0, max=1, step=0.25),
    "word": Range(type="categorical", list=("a", 3, True)),
    "int": Range(type="int", min=1, max=2),
}


def test_a_grid_is_searched_whole_and_no_further():
    def of(trial):
        return tuple(sorted((name, repr(value)) for name, value in trial["params"].items()))

    seen = [of(trial) for trial in run(lambda _: 1.0, sampler="grid", space=GRID, trials=200)]
    assert len(seen) == len(set(seen)) == 5 * 3 * 2
    part = [of(trial) for trial in run(lambda _: 1.0, sampler="grid", space=GRID, trials=7)]
    assert part == seen[:7]
    other = run(lambda _: 1.0, sampler="grid", space=GRID, trials=7, seed=1)
    assert [of(trial) for trial in other] != part


def test_sobol_spreads_its_trials_evenly():
    space = {"x": Range(type="double", min=0, max=1), "y": Range(type="double", min=0, max=1)}
    trials = run(lambda _: 1.0, sampler="sobol", space=space, trials=64)
    quarters = [(trial["params"]["x"] > 0.5, trial["params"]["y"] > 0.5) for trial in trials]
    counts = [quarters.count(item) for item in set(quarters)]
    assert len(counts) == 4
    assert max(counts) - min(counts) <= 2
    assert trials == run(lambda _: 1.0, sampler="sobol", space=space, trials=64)


@pytest.mark.parametrize(("most", "count"), [(0, 1), (2, 3), (20, 10), (None, 10)])
def test_more_failures_than_allowed_end_the_search(most, count):
    space = {"x": Range(type="double", min=0, max=1)}
    trials = search(space, lambda _: math.nan, 10, "random", "minimize", 0, most)
    assert len(trials) == count


def test_failures_that_are_allowed_do_not_end_it():
    values = iter([math.nan, 1.0, math.nan, 2.0, 3.0])
    trials = search({}, lambda _: next(values), 5, "random", "minimize", 0, 2)
    assert [trial["value"] for trial in trials] == [None, 1.0, None, 2.0, 3.0]
