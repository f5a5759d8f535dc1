"""A threshold at every door: HTTP, the inference protocol, /explain's class, batch, the schema."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from level2.batch import predict
from level2.data import labels
from level2.features.known_past import KnownPast
from level2.model import artifact
from level2.serving import inference_protocol, openapi
from level2.serving.explain import _moved
from level2.serving.model import Stamp, ready
from level2.serving.settings import ServeSettings
from made import bundle

PAST = KnownPast(Path("no such table"))
STAMP = Stamp("small-binary", "1", "digest")


@pytest.fixture
def rows(learnable):
    return learnable("binary")


def served(folder, rows, at):
    features, frame, truth = rows
    model = artifact.load(bundle(folder, "binary", features, frame, truth))
    if at is not None:
        model.record["threshold"] = {"class": "yes", "by": "recall", "at": at}
    return ready(model, STAMP)


def test_the_answer_has_the_label_by_the_threshold_and_the_threshold(tmp_path, rows):
    found = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    plain, low = served(tmp_path / "a", rows, None), served(tmp_path / "b", rows, 0.2)
    assert [item["label"] for item in plain.answers(found)] == ["no", "no", "yes"]
    assert all("threshold" not in item for item in plain.answers(found))
    assert [item["label"] for item in low.answers(found)] == ["no", "yes", "yes"]
    assert [item["threshold"] for item in low.answers(found)] == [{"yes": 0.2}] * 3


def test_the_inference_protocol_carries_it(tmp_path, rows):
    low = served(tmp_path / "b", rows, 0.2)
    found = np.array([[0.9, 0.1], [0.7, 0.3]])
    wanted = inference_protocol.wanted(low, None)
    told = inference_protocol.answer(low, "id", wanted, found, low.answers(found))
    outputs = {item["name"]: item for item in told["outputs"]}
    assert outputs["price"]["data"] == ["no", "yes"]
    assert outputs["threshold"]["data"] == [0.2, 0.2]
    assert outputs["threshold"]["shape"] == [2]
    assert outputs["threshold"]["parameters"] == {"class": "yes"}
    names = [item["name"] for item in inference_protocol.metadata(low)["outputs"]]
    assert names == ["price", "probabilities", "threshold"]
    assert "threshold" not in inference_protocol.wanted(served(tmp_path / "a", rows, None), None)


def test_what_is_explained_is_the_class_that_is_answered(tmp_path, rows):
    low, plain = served(tmp_path / "b", rows, 0.001), served(tmp_path / "a", rows, None)
    case = next(
        row
        for row in rows[1].sample(60, random_state=0).to_dict("records")
        if plain.score(one(plain, row))[0, 0] > 0.5
    )
    assert _moved(plain, one(plain, case))[0] == "no"
    assert _moved(low, one(low, case))[0] == "yes"


def one(model, row):
    return {
        name: [float(row[name]) if item.numeric else row[name]]
        for name, item in model.features.items()
    }


def test_the_schema_tells_of_it(tmp_path, rows):
    def item(model):
        told = openapi.openapi(model, ServeSettings(), False)["paths"]["/predict"]["post"]
        schema = told["responses"]["200"]["content"]["application/json"]["schema"]
        return schema["properties"]["predictions"]["items"]["properties"]

    assert set(item(served(tmp_path / "b", rows, 0.2))) == {"label", "probabilities", "threshold"}
    assert set(item(served(tmp_path / "a", rows, None))) == {"label", "probabilities"}


def table_of(rows, path):
    frame = rows[1].assign(kind=rows[1]["kind"].replace("", None))
    frame.to_parquet(path)
    return path


def test_batch_has_the_label_by_the_threshold_and_the_threshold(tmp_path, rows):
    low = served(tmp_path / "b", rows, 0.2)
    source = table_of(rows, tmp_path / "in.parquet")
    predict.run(low, source, tmp_path / "out.parquet", (), PAST)
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert (out["prediction_threshold"] == 0.2).all()
    assert ((out["p_yes"] >= 0.2) == (out["prediction"] == "yes")).all()
    assert ((out["p_yes"] >= 0.5) != (out["prediction"] == "yes")).any()
    plain = served(tmp_path / "a", rows, None)
    predict.run(plain, source, tmp_path / "plain.parquet", (), PAST)
    assert "prediction_threshold" not in pd.read_parquet(tmp_path / "plain.parquet")


def test_a_column_of_that_name_is_kept_beside_it(tmp_path, rows):
    low = served(tmp_path / "b", rows, 0.2)
    source = table_of(rows, tmp_path / "in.parquet")
    pd.read_parquet(source).assign(prediction_threshold=1.0).to_parquet(source)
    predict.run(low, source, tmp_path / "out.parquet", (), PAST)
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert (out["prediction_threshold"] == 1.0).all()
    assert (out["prediction_threshold_2"] == 0.2).all()


def test_the_reference_counts_the_labels_that_are_answered():
    from level2.baseline import store

    found = np.array([[0.9, 0.1], [0.7, 0.3]])
    assert store.answers(found, ("no", "yes"), labels.Cut(1, 0.2)).tolist() == ["no", "yes"]
    assert store.answers(found, ("no", "yes"), None).tolist() == ["no", "no"]
