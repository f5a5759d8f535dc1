"""YAML 1.2: the same value that DVC records, and texts that come back as they were."""

import hypothesis.strategies as st
import pytest
import yaml
from dvc.utils.serialize import loads_yaml
from hypothesis import example, given

from level2.adoption.params_text import params_text
from level2.base import yaml_text
from level2.params.config import load_params
from level2.training.experiments import combinations

# how a scalar is written: what it means
SCALARS = {
    "1e-3": 0.001,
    "1E6": 1e6,
    "-2e+5": -2e5,
    "1.5e3": 1500.0,
    ".5": 0.5,
    "5.": 5.0,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "1:30": "1:30",
    "12:30:45": "12:30:45",
    "NO": "NO",
    "no": "no",
    "yes": "yes",
    "on": "on",
    "Off": "Off",
    "y": "y",
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    ".inf": float("inf"),
    "-.INF": float("-inf"),
    "0.1.2": "0.1.2",
    "1e": "1e",
    "e3": "e3",
    "+7": 7,
    "'1e-3'": "1e-3",
    '"NO"': "NO",
    "!!str 017": "017",
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_scalar_is_what_dvc_and_yaml_1_2_say(text):
    for document in (f"key: {text}\n", f"- [a, {text or 'null'}]\n", f"a:\n  - b: {text}\n"):
        assert yaml_text.load(document) == loads_yaml(document), document
    found = yaml_text.load(f"key: {text}\n")["key"]
    assert (found, type(found)) == (SCALARS[text], type(SCALARS[text]))


@pytest.mark.parametrize("text", ["2020-01-01", "1_000", "0b11", "190:20:30", "<<", "1__2", "0777"])
def test_what_only_extensions_name_is_read_as_dvc_reads_it(text):
    document = f"key: {text}\n" if text != "<<" else "key: '<<'\n"
    assert yaml_text.load(document) == loads_yaml(document)


@given(st.text(st.sampled_from("0123456789abcdefxXoOeE.+-_:~nNyYsStTrRuUfF "), max_size=9))
@example("1e-3")
def test_any_plain_scalar_is_read_as_dvc_reads_it(text):
    document = f"key: {text}\n"
    try:
        expected = loads_yaml(document)
    except Exception:
        with pytest.raises(yaml_text.DamagedError):
            yaml_text.load(document)
        return
    found = yaml_text.load(document)
    assert repr(found) == repr(expected)


WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*SCALARS, "0o17", "2020-01-01", "1_0", "<<", "a: b", "a #b", "- x", "`", "?"]),
)
TREES = st.recursive(
    st.one_of(WORDS, st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


@given(TREES)
@example({"categories": ["1e-3", "0o17", "NO", "null", "~", "1:30", "017", "", "é", "\x85", "\t"]})
@example("\ufeff")
@example({"a": ["\u2028", "x\ny\n", " lead", "trail ", "'", '"', "\\", "\ud7ff", "\x00"]})
def test_what_is_written_reads_back_equal_by_both_versions(tree):
    for style in (None, False, True):
        text = yaml_text.dump({"key": tree}, default_flow_style=style)
        assert yaml_text.load(text) == {"key": tree}, text
        assert loads_yaml(text) == {"key": tree}, text
        assert yaml.safe_load(text) == {"key": tree}, text


@given(st.text(min_size=1, max_size=20))
@example("s3://bucket/a #1.csv")
@example("017")
@example("a: b")
def test_an_inline_text_is_read_as_itself(text):
    assert yaml_text.load(yaml_text.inline(text)) == text


def test_an_address_stays_as_it_is_written():
    assert yaml_text.inline("s3://b/t.csv") == "s3://b/t.csv"


@pytest.mark.parametrize(
    "damage",
    [
        "a: [1,\n",
        "a: 1\na: 2\n",
        "a: !!python/name:os.system x",
        "a: *b",
        "a: 2020-13-45",
        "\x01",
        "a: =",
    ],
)
def test_damage_is_told_as_such(damage):
    with pytest.raises(yaml_text.DamagedError):
        yaml_text.load(damage)


def test_categories_adopt_writes_read_back_as_they_were():
    odd = ["1e-3", "0o17", "NO", "null", "~", "1:30", "017", "yes", "1_000", "2020-01-01"]
    features = {"kind": {"type": "category", "categories": odd}}
    text = params_text({"data": {"name": "x", "features": features}}, "Title")
    for read in (yaml_text.load, loads_yaml, yaml.safe_load):
        assert read(text)["data"]["features"]["kind"]["categories"] == odd


def test_params_of_yaml_1_2_reach_the_knobs(tree, tmp_path):
    tree["data"]["entities"] = ["NO", "DE"]
    text = yaml.safe_dump(tree).replace("- 'NO'", "- NO")
    text = text.replace("min: 0.001", "min: 1e-3")
    assert "- NO\n" in text
    assert "1e-3" in text
    path = tmp_path / "params.yaml"
    path.write_text(text)
    params = load_params(path, ("promote.margin=1e-3", "validate.min_rows=0o17"))
    assert params.data.entities == ("NO", "DE")
    assert params.tune.families["linear"]["alpha"].min == 0.001
    assert (params.promote.margin, params.validate_.min_rows) == (0.001, 15)


def test_a_list_of_small_numbers_is_swept_as_numbers(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text("linear:\n  alpha: [1e-3, 1e-2, 1.0]\n")
    assert combinations(path) == [("linear", {"alpha": value}) for value in (0.001, 0.01, 1.0)]
