"""Names of experiments: other knobs never overwrite what the first have left."""

import pytest

from level2.base.console import Screen
from level2.base.errors import ProjectError
from level2.cli.experiment import in_folder
from level2.model.wording import metrics_table
from level2.training.experiments import beside_champion, combinations, name_of


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


def test_the_champion_stands_beside_a_trial_where_it_can_be_measured(capsys):
    found = {"candidate": {"metrics": {"rmse": 356.7, "r2": -0.000462}}, "champion": None}
    assert list(beside_champion("tune-trials-40", found)) == ["tune-trials-40"]
    found["champion"] = {"version": "7", "comparable": True, "metrics": {"rmse": 400, "r2": 0.9}}
    columns = beside_champion("tune-trials-40", found)
    Screen(1).rows("", *metrics_table(columns, ["rmse", "r2"], "MW"))
    head, *lines = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head == ["metric", "(MW)", "tune-trials-40", "champion", "v7"]
    assert lines == [["rmse", "356.7", "400.0"], ["r2", "−0.0005", "0.9000"]]
    found["champion"]["comparable"] = False
    assert list(beside_champion("tune-trials-40", found)) == ["tune-trials-40"]


def test_a_long_reason_is_wrapped_under_itself(capsys):
    reason = "worst slice station=harbour: rmse 1,216, 1.94 x overall, wanted ≤ 1.8 x; " * 3
    Screen(1).said_of("held", f"{reason}{'x' * 130}")
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith(" held      worst slice")
    assert len(others) >= 3
    assert all(line.startswith(" " * 11) and line[11] != " " for line in others)
    assert max(map(len, [first, *others])) <= 100
    assert "".join([first[11:], *(line[11:] for line in others)]).replace(" ", "") == (
        f"{reason}{'x' * 130}".replace(" ", "")
    )


def test_what_is_wrong_with_a_sweep_is_said_of_its_file(tmp_path, monkeypatch):
    file = tmp_path / "sweep.yaml"
    file.write_text("hist_gradient_bosting: {max_iter: [10]}\n")
    with pytest.raises(ProjectError, match=r"sweep\.yaml: hist_gradient_bosting is not known, use"):
        combinations(file)
    (tmp_path / "params.yaml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match=r"nope\.yaml is missing: name an existing file"):
        combinations(tmp_path / "nope.yaml")


def test_the_run_again_is_refused_with_an_example(tmp_path):
    with pytest.raises(ProjectError, match=r"say SET=tune.trials=40, or give it a NAME"):
        in_folder(tmp_path, None, ())
    assert not list(tmp_path.iterdir())
