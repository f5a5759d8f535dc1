"""The training set: every label once, features as known at the time, parts in order of time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.features.transforms import derive, model_features
from level2.params.config import parse_params
from level2.training.steps import build_dataset, featurize


@pytest.fixture
def ingested(context, table):
    """Return table -> the context after `ingest` and `featurize` of it."""

    def make(rows=table, context=context):
        context.workspace.ingested.parent.mkdir(parents=True, exist_ok=True)
        rows.to_parquet(context.workspace.ingested, index=False)
        featurize.run(context)
        return context

    return make


def test_every_label_is_there_once_with_its_own_features(ingested, table):
    context = ingested()
    params = context.params
    line = build_dataset.run(context)
    dataset = pd.read_parquet(context.workspace.dataset)
    assert line == "160 rows · 96 train · 32 validation · 32 test"
    assert list(dataset) == [
        *params.data.key,
        *model_features(params.data, params.featurize),
        "load",
        "split",
    ]
    wanted = derive(table, params.data, params.featurize).assign(load=table["load"])
    both = dataset.merge(wanted, on=params.data.key, suffixes=("", "_wanted"))
    assert len(both) == len(table)
    for name in ("temperature", "holiday", "weekday", "load_lag_1", "load_lag_7", "load"):
        wanted_values = both[f"{name}_wanted"].astype("float32")
        np.testing.assert_array_equal(both[name].astype("float32"), wanted_values, name)


def test_the_newest_days_judge(ingested):
    context = ingested()
    build_dataset.run(context)
    dataset = pd.read_parquet(context.workspace.dataset)
    times = dataset.groupby("split", observed=True)["event_timestamp"].agg(["min", "max"])
    assert times.loc["train", "max"] < times.loc["validation", "min"]
    assert times.loc["validation", "max"] < times.loc["test", "min"]


def test_the_same_rows_give_the_same_bytes(ingested):
    context = ingested()
    written = []
    for _ in range(2):
        build_dataset.run(context)
        written.append(context.workspace.dataset.read_bytes())
    assert written[0] == written[1]


def test_a_feature_without_any_value_to_learn_from_is_refused_by_name(ingested, table):
    late = table["event_timestamp"] > table["event_timestamp"].max() - pd.Timedelta(days=10)
    context = ingested(table.assign(temperature=table["temperature"].where(late)))
    with pytest.raises(
        ProjectError, match=r"small\.csv: `temperature` has no value in any training"
    ):
        build_dataset.run(context)
    assert not context.workspace.dataset.exists()


def test_a_lag_that_never_meets_a_row_is_refused_by_name(ingested, context, tree):
    tree["data"]["frequency"] = "1h"
    hourly = replace(context, params=parse_params(tree))
    with pytest.raises(ProjectError, match="`load_lag_1` has no value in any training row: "):
        build_dataset.run(ingested(context=hourly))


def test_too_few_rows_for_a_part_are_refused(ingested, table):
    first = table["event_timestamp"] < table["event_timestamp"].min() + pd.Timedelta(days=2)
    with pytest.raises(ProjectError, match="0 rows for the validation part, at least 2 are needed"):
        build_dataset.run(ingested(table[first]))


def test_groups_that_are_no_feature_divide_the_rows_and_stay_out_of_the_training_set(
    ingested, context, tree, table
):
    tree["data"]["group"] = "site"
    tree["build_dataset"]["split"] = "group"
    sites = table.assign(site=[f"site {place % 8}" for place in range(len(table))])
    context = ingested(sites, replace(context, params=parse_params(tree)))
    build_dataset.run(context)
    dataset = pd.read_parquet(context.workspace.dataset)
    assert "site" not in dataset
    joined = dataset.merge(sites[[*context.params.data.key, "site"]], on=context.params.data.key)
    assert (joined.groupby("site")["split"].nunique() == 1).all()
    assert set(joined["split"]) == {"train", "validation", "test"}


def test_a_group_split_without_groups_is_refused(tree):
    tree["build_dataset"]["split"] = "group"
    with pytest.raises(ProjectError, match=r"split: group needs data\.group"):
        parse_params(tree)
    tree["build_dataset"]["split"] = "time"
    tree["data"]["group"] = "site"
    with pytest.raises(ProjectError, match=r"data\.group needs build_dataset\.split: group"):
        parse_params(tree)
