"""A version is tried before it serves: what it says must hold for a row alone and among others."""

import pytest

from level2.base.errors import ProjectError
from level2.model import artifact
from level2.model.onnx import Scorer
from level2.serving.model import Stamp, ready
from made import bundle

STAMP = Stamp("small-regression", "7", "digest")


@pytest.fixture
def model(tmp_path, learnable):
    """A small model as a folder."""
    return artifact.load(bundle(tmp_path / "model", "regression", *learnable("regression")))


def test_a_row_alone_is_answered_as_it_is_among_others(model):
    served = ready(model, STAMP)
    other = {**served.example, "kind": None}
    first, second = served.score(served.checker.columns([served.example, other]))
    for row, answer in ((served.example, first), (other, second), (served.example, first)):
        columns = served.checker.columns([row])
        alone = served.score_one(columns)
        assert alone == served.score(columns), "to the last bit"
        # two rows may take another kernel than one, which adds float32 numbers in another order
        assert alone == pytest.approx([answer], rel=1e-6)


def test_a_model_that_answers_a_row_alone_otherwise_is_refused(model, monkeypatch):
    alone = Scorer.one
    monkeypatch.setattr(Scorer, "one", lambda scorer, columns: alone(scorer, columns) + 1)
    with pytest.raises(ProjectError, match=r"small-regression v7 answers .* to a row alone"):
        ready(model, STAMP)
