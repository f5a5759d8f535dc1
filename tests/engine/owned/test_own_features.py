"""The team's own features: the same code for the table and on request, refused in one sentence."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from level2.base.errors import ProjectError
from level2.features import own as own_features
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


def test_types_are_those_declared(own):
    own(
        "features",
        "def kind(table):\n    return table['a'].where(table['a'] != 'x', None)\n"
        "def long(table):\n    return table['a'].str.len() > 1\n"
        "FEATURES = {'kind': {'function': kind, 'inputs': ['a'], 'type': 'category', "
        "'nullable': True}, 'long': {'function': long, 'inputs': ['a'], 'type': 'bool'}}\n",
    )
    table = pd.DataFrame({"a": ["x", "yy"]})
    assert own_features.column("kind", table).tolist() == [None, "yy"]
    assert own_features.column("long", table).tolist() == [False, True]


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
