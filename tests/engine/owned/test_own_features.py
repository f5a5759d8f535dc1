"""The team's own features: the same code for the table and on request, refused in one sentence."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from level2.base.errors import ProjectError
from level2.features import own as own_features
from level2.features import own_rows
from level2.params.config import load_params, parse_params
from level2.project import Context
from level2.training.steps import featurize
from level2.workspace import Workspace
from mlproject.features import heating_degrees
from running import command, serving

ENTRY = "FEATURES = {'twice': {'function': f, 'inputs': ['temperature'], 'type': 'float'%s}}\n"


def refused(action, *given):
    with pytest.raises(ProjectError) as caught:
        action(*given)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_heating_degrees():
    table = pd.DataFrame({"temperature": [20.0, 10.0, np.nan]})
    assert heating_degrees(table).fillna(-1).tolist() == [0, 5, -1]


def ingested(context, table, tree, name="heating_degrees"):
    tree["featurize"]["own"] = [name]
    path = context.workspace.root / "params.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    context.workspace.ingested.parent.mkdir(parents=True)
    table.to_parquet(context.workspace.ingested, index=False)
    return Context(load_params(path), Workspace.at(path.parent))


@pytest.mark.usefixtures("registered")
def test_it_is_a_feature_of_the_table(context, table, tree):
    featurize.run(ingested(context, table, tree))
    made = pd.read_parquet(context.workspace.features)
    expected = (15 - made["temperature"]).clip(lower=0)
    assert made["heating_degrees"].tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    assert made["heating_degrees"].dtype == "float32"


@pytest.mark.parametrize(
    ("body", "more", "said"),
    [
        ("return table['temperature'] - table['temperature'].mean()", "", "depends on other rows"),
        ("return table['temperature'].iloc[:3]", "", "returned 3 values for 160 rows"),
        ("return table[['temperature']]", "", "returned an array of shape (160, 1) for 160 rows"),
        ("return table['temperature'].astype(str) + 'C'", "", "values that are not numbers"),
        ("return table['temperature'] * float('nan')", "", "has no value in 160 rows"),
        ("return table['temperature'] / 0", ", 'nullable': True", "an infinite value"),
        ("return 1 / 0", "", "features.py line 2: ZeroDivisionError: division by zero"),
        ("return table['wind']", "", "features.py line 2: KeyError: 'wind' (feature twice)"),
    ],
)
def test_a_function_that_does_not_fit_is_refused(own, context, table, tree, body, more, said):
    own("features", f"def f(table):\n    {body}\n" + ENTRY % more)
    assert said in refused(featurize.run, ingested(context, table, tree, "twice"))
    assert not context.workspace.features.exists()


ODD = 100  # the position of a row with 99 degrees
WHERE = "first in the row with area = South, event_timestamp = 2024-01-21, temperature = 99.0"


@pytest.mark.parametrize(
    ("body", "more", "said"),
    [
        ("return [1 / (99 - x) for x in table['temperature']]", "", "division by zero (feature"),
        (
            "return [x if x < 60 else None for x in table['temperature']]",
            "",
            "has no value in 1 row",
        ),
        ("return [x if x < 60 else 1e999 for x in table['temperature']]", "", "an infinite value"),
        ("return [x if x < 60 else 'hot' for x in table['temperature']]", "", "are not numbers"),
        (
            "return [1 if x < 60 else 0.5 for x in table['temperature']]",
            ", 'type': 'int'",
            "and returned fractions",
        ),
    ],
)
def test_the_first_row_that_a_function_fails_on_is_named(
    own, context, table, tree, body, more, said
):
    table.loc[[ODD, ODD + 5], "temperature"] = [99.0, -5.0]
    own("features", f"def f(table):\n    {body}\n" + ENTRY % more)
    text = refused(featurize.run, ingested(context, table, tree, "twice"))
    assert said in text
    assert WHERE in text


def test_no_row_is_blamed_where_the_function_fails_without_rows(own, params):
    """Nor where a row fails only beside others."""
    table = pd.DataFrame({"temperature": [1.0, 2.0, 3.0]})
    for body in ("return table['wind']", "assert len(table) < 3; return table['temperature']"):
        own("features", f"def f(table):\n    {body}\n" + ENTRY % "")
        text = refused(own_features.column, "twice", table, params.data)
        assert text.endswith("(feature twice)"), text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "area = North, event_timestamp = 2024-06-01 08:00, heat = 0.5"),
        ({"timezone": "Europe/Berlin"}, "area = North, event_timestamp = 2024-06-01 10:00"),
        ({"entity": None, "entities": None}, "with event_timestamp = 2024-06-01 08:00, heat"),
        (
            {"entity": None, "entities": None, "event_timestamp": None, "frequency": None},
            "with row_id = 7, heat = 0.5",
        ),
    ],
)
def test_a_row_is_named_by_what_its_author_knows(tree, change, said):
    contract = parse_params(tree).data.model_copy(update=change)
    time = pd.Timestamp("2024-06-01 08:00", tz="UTC")
    row = {"area": "North", "series": "all", "row_id": 7, "event_timestamp": time, "heat": 0.5}
    assert said in own_rows.named(pd.DataFrame([row]), 0, ["heat"], contract)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{'x': 3}", "FEATURES['x'] must be a dict of function, inputs and type"),
        (
            "{'x': {'function': f, 'inputs': 'temperature', 'type': 'float'}}",
            "FEATURES['x'] has inputs='temperature', use a list of columns",
        ),
        (
            "{'x': {'function': 3, 'inputs': ['a'], 'type': 'float'}}",
            "FEATURES['x']['function'] is an int, it must be a function",
        ),
        (
            "{'x': {'function': f, 'inputs': ['a'], 'type': 'number'}}",
            "FEATURES['x']: type: Input should be 'float', 'int', 'bool' or 'category'",
        ),
        (
            "{'x': {'function': f, 'inputs': ['a'], 'type': 'float', 'mean': 3}}",
            "FEATURES['x']: mean: Extra inputs are not permitted",
        ),
    ],
)
def test_a_bad_declaration_is_refused(own, entry, said):
    text = refused(own, "features", f"def f(table):\n    return table\nFEATURES = {entry}\n")
    assert text == f"src/own_team/features.py: {said}"


@pytest.mark.usefixtures("registered")
def test_names_that_params_hold_are_known(tree):
    tree["featurize"]["own"] = ["cooling_degrees"]
    assert refused(parse_params, tree).endswith(
        "featurize.own: `cooling_degrees` is not declared in features.py (heating_degrees)"
    )
    tree["featurize"]["own"] = ["heating_degrees"]
    parse_params(tree)
    del tree["data"]["features"]["temperature"]
    assert "heating_degrees is computed from `temperature`, which is not one of" in refused(
        parse_params, tree
    )


def test_the_time_and_renamed_columns_are_read_by_their_names_here(own, tree):
    feature = "FEATURES = {'age': {'function': len, 'inputs': ['date'], 'type': 'float'}}"
    own("features", feature)
    tree["featurize"]["own"] = ["age"]
    said = refused(parse_params, tree)
    assert "age is computed from `date`, which is not one of" in said
    assert said.endswith("(write `event_timestamp`)")


def test_types_are_those_declared(own, params):
    own(
        "features",
        "def kind(table):\n    return table['a'].where(table['a'] != 'x', None)\n"
        "def long(table):\n    return table['a'].str.len() > 1\n"
        "FEATURES = {'kind': {'function': kind, 'inputs': ['a'], 'type': 'category', "
        "'nullable': True}, 'long': {'function': long, 'inputs': ['a'], 'type': 'bool'}}\n",
    )
    table = pd.DataFrame({"a": ["x", "yy"]})
    assert own_features.column("kind", table, params.data).tolist() == [None, "yy"]
    assert own_features.column("long", table, params.data).tolist() == [False, True]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project whose champion has a feature of the team's, with its package."""
    from served import promote

    folder = tmp_path_factory.mktemp("own") / "project"
    promote(folder, own=["heating_degrees"])
    return folder


@pytest.mark.slow
def test_it_is_computed_on_request_by_the_service_of_a_bundle(trained):
    """A row of the table and one of model features with the same value get the same answer."""
    done = command(trained, "bundle", "--output", "bundle")
    assert done.returncode == 0, done.stderr
    record = json.loads((trained / "bundle" / "model.json").read_text())
    assert "heating_degrees" in record["serving"]["order"]
    raw = record["serving"]["table"]["example"]
    with serving(trained, "--model", "bundle") as server:
        cold, warm = (
            server.post("/predict", {"rows": [{**raw, "temperature": degrees}]})
            for degrees in (2.0, 14.9)
        )
        assert (cold[0], warm[0]) == (200, 200), (cold, warm)
        assert cold[1]["predictions"] != warm[1]["predictions"]
        example = record["serving"]["example"]
        given = {**example, "temperature": 2.0, "heating_degrees": 13.0}
        status, answer = server.post("/predict", {"rows": [given]})
        assert status == 200, answer
    (trained / "rows.json").write_text(json.dumps(raw))
    pd.DataFrame([raw]).to_csv(trained / "rows.csv", index=False)
    done = command(trained, "predict", "--input", "rows.csv", "--output", "out.csv")
    assert done.returncode == 0, done.stderr
    assert np.isfinite(pd.read_csv(trained / "out.csv")["prediction"]).all()


@pytest.mark.slow
def test_without_its_declaration_a_request_of_it_is_refused(trained, tmp_path):
    """A bundle beside a src/ that lost the function: the service says which one is missing."""
    done = command(trained, "bundle", "--output", str(tmp_path / "bundle"))
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "bundle" / "model.json").read_text())
    with serving(tmp_path, "--model", "bundle") as server:
        status, answer = server.post("/predict", {"rows": [record["serving"]["table"]["example"]]})
    assert status == 422
    assert "heating_degrees is the project's own" in answer["error"]
