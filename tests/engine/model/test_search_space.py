"""The search space: what is refused with its key, and values that survive being text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.base.errors import ProjectError
from level2.model.search_plan import shares
from level2.model.search_space import Range, grid_size, read_values, text_of
from level2.params.config import parse_params

LOG = {"type": "double", "min": 0.001, "max": 10, "log": True}
PLAIN = {"type": "double", "min": 0, "max": 1}
STEPS = {"type": "double", "min": 0, "max": 1, "step": 0.25}
WHOLE = {"type": "int", "min": 1, "max": 9}
WORDS = {"type": "categorical", "list": ["a", "b"]}


def accepted(tree, sampler, dimension, name="alpha"):
    tree["tune"] |= {"sampler": sampler, "families": {"linear": {name: dimension}}}
    return parse_params(tree)


@pytest.mark.parametrize(
    ("sampler", "dimension", "expected"),
    [
        (
            "grid",
            LOG,
            "sampler grid would ignore log: list the values or use sampler tpe or random",
        ),
        ("grid", {**WHOLE, "log": True}, "sampler grid would ignore log"),
        ("grid", PLAIN, "sampler grid needs a step for a range of type double"),
        ("sobol", LOG, "sampler sobol would ignore log: leave log out or use sampler tpe"),
        ("sobol", {**WHOLE, "log": True}, "sampler sobol would ignore log"),
        ("sobol", WORDS, "sampler sobol accepts only min and max"),
        ("sobol", STEPS, "sampler sobol accepts only min and max"),
    ],
)
def test_what_one_tuner_would_ignore_is_refused_with_its_key(tree, sampler, dimension, expected):
    with pytest.raises(ProjectError) as caught:
        accepted(tree, sampler, dimension)
    assert str(caught.value).startswith(f"params.yaml: tune.families.linear.alpha: {expected}")


@pytest.mark.parametrize(
    ("sampler", "dimensions"),
    [
        ("tpe", (LOG, PLAIN, STEPS, WHOLE, WORDS)),
        ("random", (LOG, PLAIN, STEPS, WHOLE, WORDS)),
        ("grid", (STEPS, WHOLE, WORDS)),
        ("sobol", (PLAIN, WHOLE)),
    ],
)
def test_what_both_tuners_heed_is_accepted(tree, sampler, dimensions):
    for dimension in dimensions:
        assert accepted(tree, sampler, dimension).tune.sampler == sampler


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ({**LOG, "min": 1e-12}, "a log range needs min of at least 1e-10"),
        ({**PLAIN, "step": 1e-6}, "a step may make at most 10000 values"),
        ({"type": "categorical", "list": ["a", "a"]}, "`a` appears twice"),
        ({"type": "categorical", "list": [1, "1"]}, "`1` appears twice"),
        ({"type": "categorical", "list": ["a; rm -r /"]}, "`a; rm -r /` cannot be passed to a"),
        ({"type": "categorical", "list": ["$(id)"]}, "`$(id)` cannot be passed to a trial"),
    ],
)
def test_a_range_that_no_trial_could_be_given_is_refused(tree, dimension, expected):
    with pytest.raises(
        ProjectError, match=r"params\.yaml: tune\.families\.linear\.alpha"
    ) as caught:
        accepted(tree, "tpe", dimension)
    assert expected in str(caught.value)


def test_a_parameter_is_called_like_one(tree):
    with pytest.raises(ProjectError, match=r"tune\.families\.linear\.a b is not a name of a"):
        accepted(tree, "tpe", PLAIN, name="a b")


def test_a_grid_too_large_is_refused(tree):
    tree["tune"] |= {
        "sampler": "grid",
        "families": {"linear": {"a": {**WHOLE, "max": 200}, "b": {**WHOLE, "max": 200}}},
    }
    with pytest.raises(ProjectError, match=r"linear: the grid has 40,000 combinations, at most"):
        parse_params(tree)


@pytest.mark.parametrize(
    ("dimension", "values"),
    [
        (STEPS, (0, 0.25, 0.5, 0.75, 1)),
        ({**PLAIN, "step": 0.3}, (0, 0.3, 0.6, 0.9)),
        ({**PLAIN, "step": 0.1}, tuple(round(0.1 * place, 1) for place in range(11))),
        (WHOLE, tuple(range(1, 10))),
        ({**WHOLE, "max": 8, "step": 3}, (1, 4, 7)),
        (WORDS, ("a", "b")),
        (PLAIN, None),
    ],
)
def test_the_values_of_a_range_are_counted_from_min(dimension, values):
    assert Range(**dimension).values() == values


def test_a_grid_has_every_combination_once():
    assert grid_size({"a": Range(**STEPS), "b": Range(**WORDS)}) == 10
    assert grid_size({}) == 1


@pytest.mark.parametrize(
    ("count", "sampler", "expected"),
    [
        (20, "tpe", {"a": 10, "b": 10}),
        (5, "tpe", {"a": 3, "b": 2}),
        (1, "tpe", {"a": 1, "b": 1}),
        (20, "grid", {"a": 5, "b": 2}),
        (3, "grid", {"a": 2, "b": 1}),
    ],
)
def test_every_family_gets_its_share_of_the_trials(count, sampler, expected):
    families = {"a": {"x": Range(**STEPS)}, "b": {"x": Range(**WORDS)}}
    assert shares(count, families, sampler) == expected


@given(st.floats(1e-9, 1e9))
def test_a_number_survives_being_text(value):
    item = Range(type="double", min=1e-9, max=1e9)
    assert item.parse(text_of(value)) == value


@pytest.mark.parametrize("value", ["sqrt", 0.1, 3, True, False, "1e-3"])
def test_a_listed_value_survives_with_its_type(value):
    found = Range(type="categorical", list=("sqrt", 0.1, 3, True, False, "1e-3")).parse(
        text_of(value)
    )
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("dimension", "text", "value"),
    [
        (WHOLE, "7", 7),
        (WHOLE, "7.0", 7),
        (STEPS, "0.7500000000001", 0.7500000000001),
        ({**PLAIN, "step": 0.1}, "0.30000000000000004", 0.30000000000000004),
        (PLAIN, "1.0000000000001", 1),
        (LOG, "1e-3", 0.001),
    ],
)
def test_numbers_are_read_as_katib_writes_them(dimension, text, value):
    found = Range(**dimension).parse(text)
    assert found == value
    assert isinstance(found, int if dimension["type"] == "int" else float | int)


@pytest.mark.parametrize(
    ("dimension", "text", "expected"),
    [
        (PLAIN, "1.5", "x: 1.5 is not between 0 and 1"),
        (PLAIN, "-0.1", "x: -0.1 is not between 0 and 1"),
        (PLAIN, "nan", "x: nan is not between 0 and 1"),
        (PLAIN, "inf", "x: inf is not between"),
        (PLAIN, "much", "x: could not convert string to float"),
        (PLAIN, "", "x: could not convert"),
        (STEPS, "0.3", "x: 0.3 is not a step of 0.25 from 0"),
        (WHOLE, "2.5", "x: 2.5 is not a whole number"),
        ({**WHOLE, "step": 4}, "4", "x: 4 is not a step of 4 from 1"),
        (WORDS, "c", "x: `c` is not one of a, b"),
    ],
)
def test_a_value_outside_the_space_is_refused(dimension, text, expected):
    with pytest.raises(ValueError, match=r"^x: ") as caught:
        read_values({"x": Range(**dimension)}, {"x": text})
    assert expected in str(caught.value)


def test_a_space_is_read_whole_or_not_at_all():
    space = {"x": Range(**PLAIN), "y": Range(**WORDS)}
    assert read_values(space, {"y": "a", "x": "0.5"}) == {"x": 0.5, "y": "a"}
    with pytest.raises(ValueError, match="y is missing"):
        read_values(space, {"x": "0.5"})
    with pytest.raises(ValueError, match=r"z is not in the search space \(x, y\)"):
        read_values(space, {"x": "0.5", "y": "a", "z": "1"})
    assert read_values({}, {}) == {}


def test_a_polynomial_of_too_many_columns_is_refused(tree):
    tree["data"]["features"]["kind"]["categories"] = [f"k{place}" for place in range(120)]
    tree["tune"]["families"] = {"polynomial": {"alpha": {"type": "double", "min": 1, "max": 2}}}
    with pytest.raises(ProjectError, match=r"tune\.families\.polynomial: 12\d input columns"):
        parse_params(tree)
    tree["data"]["features"]["kind"]["categories"] = ["x", "y"]
    assert "polynomial" in parse_params(tree).tune.families
