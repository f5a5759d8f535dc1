"""The data contract in params.yaml: Feast declares it, the table fits it, misspelt knobs do not."""

import pandas as pd
import pytest
from conftest import ROOT

from level2.base.errors import ProjectError
from level2.data.contract import TIMESTAMP
from level2.features.feast_declare import declare
from level2.features.transforms import model_features
from level2.params.config import parse_params
from level2.workspace import Workspace


def test_feast_declares_every_feature(params):
    _, _, view, service = declare(params, Workspace.at(ROOT).features)
    declared = {field.name for field in view.schema}
    assert set(model_features(params.data, params.featurize)) <= declared
    [projection] = service.feature_view_projections
    assert projection.name == view.name


def test_a_misspelt_knob_is_refused(params):
    tree = params.model_dump(mode="json", by_alias=True, exclude_none=True)
    parse_params(tree)
    tree["tune"]["trails"] = 3
    with pytest.raises(ProjectError, match="trails"):
        parse_params(tree)


def test_the_table_fits_the_contract(params, trained):
    rows = pd.read_parquet(trained / "data" / "ingested.parquet")
    assert len(rows) >= params.validate_.min_rows
    assert {params.data.target, TIMESTAMP, *params.data.features} <= set(rows.columns)
    assert not rows[params.data.target].isna().any()
