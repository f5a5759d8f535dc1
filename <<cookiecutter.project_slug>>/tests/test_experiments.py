"""Names of experiments: other knobs never overwrite what the first have left."""

import pytest

from mlproject.errors import ProjectError
from mlproject.experiments import experiment, name_of


def test_a_name_is_made_of_the_knobs():
    assert name_of(("tune.trials=40",)) == "tune-trials-40"
    many = [
        ("train.seed=1",),
        ("promote.margin=0.1",),
        ("promote.margin=-0.1",),
        ("featurize.lags=[1, 7]",),
        ("featurize.lags=[17]",),
        ("train.seed=1", "tune.trials=40"),
        ("tune.trials=40", "train.seed=1"),
        ("data.features.temperature.description=" + "long " * 40 + "one",),
        ("data.features.temperature.description=" + "long " * 40 + "two",),
    ]
    names = [name_of(knobs) for knobs in many]
    assert len(set(names)) == len(many)
    assert all(len(name) < 60 and name.replace("-", "").isalnum() for name in names)
    assert names == [name_of(knobs) for knobs in many], "the same knobs, the same folder"


def test_the_run_again_is_refused_with_an_example(tmp_path):
    with pytest.raises(ProjectError, match=r"say PARAM=tune.trials=40, or give it a NAME"):
        experiment(tmp_path, None, ())
    assert not list(tmp_path.iterdir())
