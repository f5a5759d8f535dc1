"""What `make adopt` prints: the decisions of most weight first, within the terminal's width."""

import numpy as np
import pandas as pd
import pytest

from level2.adoption.columns import Decision
from level2.adoption.infer import infer
from level2.adoption.listing import MOST_RENAMES, WIDTH, cells, lines, weight


@pytest.fixture(scope="module")
def decisions():
    """Those of a real inference, with something of every kind."""
    rng = np.random.default_rng(0)
    days = [str(day.date()) for day in pd.date_range("2023-01-01", periods=120)] * 2
    table = pd.DataFrame(
        {
            "class": rng.normal(size=240).round(3),
            "Wind+Solar": rng.normal(size=240).round(3),
            "風速": rng.normal(size=240).round(3),
            "origin": rng.integers(1, 4, 240),
            "nothing": [""] * 240,
            "day": days,
            "station": ["harbour"] * 120 + ["town"] * 120,
            "rentals": rng.integers(50, 500, 240),
            "left": rng.normal(size=240).round(3),
        }
    ).astype(str)
    return infer(table, "rentals", exclude=("left",))[1]


def test_decisions_stand_in_order_of_weight(decisions):
    said = [line[26:] for line in lines(decisions) if line[1] != " "]
    order = ["target", "event time", "frequency", "entity", "excluded: requested", "excluded"]
    order += ["float feature", "renamed", "calendar", "or a category"]
    places = [next(n for n, text in enumerate(said) if text.startswith(word)) for word in order]
    assert places == sorted(places)
    features = [text for text in said if " feature: " in text]
    assert len(features) == 4
    assert said[-1].startswith("or a category"), "a note ends the list"


def test_every_decision_is_there_and_all_renames_are_one(decisions):
    text = "\n".join(lines(decisions))
    flat = " ".join(text.split())
    for item in decisions:
        if item.decision.startswith("called "):
            assert f"`{item.column}` → {item.decision.removeprefix('called ')}" in flat
        else:
            assert " ".join(f"{item.decision}: {item.reason}".split()) in flat
    assert text.count("renamed: ") == 1
    assert sum(item.decision.startswith("called ") for item in decisions) >= 2


def test_no_line_is_wider_than_the_terminal_and_names_of_any_script_line_up():
    many = [Decision(f"column {n}", f"called column_{n}", "is not plain") for n in range(40)]
    odd = [
        Decision("予測" * 4, "float feature", "from 1 to 2"),
        Decision("n" * 30, "float feature", "from 1 to 2"),
        Decision("two\nlines", "excluded", "long " * 60),
        Decision("x", "target, multiclass", ", ".join(f"a-class-{n}" for n in range(50))),
    ]
    found = lines([*many, *odd])
    assert max(map(cells, found)) <= WIDTH
    assert f"and {40 - MOST_RENAMES} more in data.rename" in " ".join(" ".join(found).split())
    assert found[0].startswith(" x" + " " * 24 + "target")
    (wide,) = [line for line in found if "予測" in line]
    assert cells(wide[: wide.index("float")]) == 26
    assert all("\n" not in line for line in found)
    after = found[found.index(" " + "n" * 30) + 1]
    assert after == " " * 26 + "float feature: from 1 to 2"


@pytest.mark.parametrize(
    ("decision", "place"),
    [
        ("target, binary", 0),
        ("event time", 1),
        ("SPLIT AT RANDOM", 1),
        ("time zone Europe/Berlin", 1),
        ("numbers like `1,5`", 2),
        ("entity", 3),
        ("excluded", 4),
        ("category feature", 5),
        ("calendar features", 7),
        ("lags of the target", 7),
        ("or a category", 8),
        ("validate.max_missing 0.4", 8),
    ],
)
def test_weights(decision, place):
    assert weight(Decision("a", decision, "")) == place
