"""One verb inside a task: artifacts are placed, the verb runs, what it made is handed over."""

import json
import math

import pandas as pd
import pytest

from mlproject import task
from mlproject.adapters.files import read_json, write_json
from mlproject.relay import MARK


@pytest.fixture(autouse=True)
def home(context, monkeypatch):
    """The project's folder as the current one; nothing may be written to it."""
    monkeypatch.chdir(context.workspace.root)
    return context.workspace.root


@pytest.fixture
def decision(tmp_path):
    """Write a decision as an artifact; return its path."""

    def write(verdict, **more):
        record = {
            "verdict": verdict,
            "version": "2",
            "previous": "1",
            "champion": "2" if verdict == "promote" else "1",
            "digest": "d" * 64,
            "reasons": [] if verdict == "promote" else ["rmse 9 against 8"],
            **more,
        }
        write_json(tmp_path / "artifact" / "decision", record)
        return str(tmp_path / "artifact" / "decision")

    return write


class Metrics:
    """Stand-in for KFP's artifact of that name."""

    def __init__(self):
        self.metadata = {}

    def log_metric(self, name, value):
        self.metadata[name] = value

    def log_confusion_matrix(self, categories, matrix):
        self.metadata["confusion"] = (categories, matrix)


def done(tmp_path, **files):
    for name, value in files.items():
        write_json(tmp_path / name, value)
    return task.Done("line", {name: str(tmp_path / name) for name in files})


def test_what_a_verb_makes_is_moved_to_the_artifact_and_the_project_stays_as_it_was(
    home, decision, tmp_path, capsys
):
    before = sorted(path for path in home.rglob("*") if "artifact" not in path.parts)
    out = tmp_path / "artifact" / "handed_over"
    result = task.run(
        "hand_over",
        {"decision": decision("promote")},
        {"handed_over": str(out)},
        arguments={"image": "reg/x@sha256:1"},
    )
    assert read_json(out) == {
        "registered_model": "small-load",
        "version": "2",
        "previous": "1",
        "alias": "champion",
        "model_uri": "models:/small-load/2",
        "sha256": "d" * 64,
        "image": "reg/x@sha256:1",
    }
    assert result.line == "small-load v2 for deployment · models:/small-load/2"
    assert "hand_over: small-load v2" in capsys.readouterr().out
    assert sorted(path for path in home.rglob("*") if "artifact" not in path.parts) == before


def refused(capsys, *words, **more):
    with pytest.raises(SystemExit) as stop:
        task.run(*words, **more)
    assert stop.value.code == 1
    return capsys.readouterr().err.strip()


def test_a_missing_artifact_is_named(capsys):
    said = refused(capsys, "hold", {"decision": "/nowhere/decision"}, {})
    assert said == (
        "stopped: the artifact `decision` is missing at /nowhere/decision: run the task before"
    )


@pytest.mark.parametrize("verdict", ["hold", "unchanged"])
def test_a_held_version_is_not_handed_over(decision, verdict, capsys, tmp_path):
    out = str(tmp_path / "handed_over")
    said = refused(capsys, "hand_over", {"decision": decision(verdict)}, {"handed_over": out})
    assert f"the gate said {verdict} to small-load v2, only a champion that passes" in said


def test_a_verb_that_makes_nothing_fails_the_task(decision, capsys, tmp_path):
    words = ("hold", {"decision": decision("hold")}, {"evaluation": str(tmp_path / "evaluation")})
    assert "evaluation.json is missing: `this task` makes it" in refused(capsys, *words)


def test_an_unforeseen_error_is_one_sentence(monkeypatch, capsys, decision):
    from mlproject.steps import hold

    monkeypatch.setattr(hold, "run", lambda _: {}["lost"])
    said = refused(capsys, "hold", {"decision": decision("hold")}, {})
    assert said.startswith("stopped: unexpected KeyError: 'lost'")
    assert len(said.splitlines()) == 1


def test_a_wrong_knob_is_refused(decision, capsys):
    said = refused(capsys, "hold", {"decision": decision("hold")}, {}, ["tune.trails=3"])
    assert "tune.trails is not a known key" in said


@pytest.mark.parametrize(
    ("verdict", "branch"),
    [
        ("promote", "hand_over"),
        ("hold", "hold"),
        ("unchanged", "hand_over"),
        ("it's", "hold"),
        ("", "hold"),
    ],
)
def test_the_branch_is_one_of_two_words(tmp_path, verdict, branch):
    assert done(tmp_path, decision={"verdict": verdict, "reasons": []}).branch == branch


def test_why_nothing_is_deployed_is_said(decision):
    held = task.run("hold", {"decision": decision("hold")}, {}).line
    assert held == "small-load v1 stays, nothing to deploy: rmse 9 against 8"
    none = task.run("hold", {"decision": decision("hold", champion=None)}, {}).line
    assert none.startswith("no champion yet, nothing to deploy")
    same = task.run("hold", {"decision": decision("unchanged")}, {}).line
    assert same.endswith("the candidate is the same model")


def test_numbers_kfp_cannot_store_are_left_out(tmp_path):
    measured = {
        "candidate": {"rmse": 1.5, "r2": None},
        "baselines": {"mean": {"rmse": 3.0, "r2": 0}},
    }
    metrics = Metrics()
    done(tmp_path, metrics=measured).log_scores(metrics)
    assert metrics.metadata == {"rmse": 1.5, "mean.rmse": 3.0, "mean.r2": 0}
    task._log(metrics, {"a": math.nan, "b": math.inf, "c": -math.inf})
    assert not {"a", "b", "c"} & set(metrics.metadata)


def test_every_candidate_estimator_is_a_branch_of_the_metrics(tmp_path):
    trials = [{"number": 0, "params": {}, "value": 4.0}]
    tuning = {
        "metric": "rmse",
        "branches": [
            {"family": "linear", "trials": trials, "best": trials[0]},
            {"family": "forest", "trials": [*trials, *trials], "best": None},
        ],
        "chosen": {"family": "linear", "params": {}, "value": 4.0},
    }
    metrics = Metrics()
    done(tmp_path, tuning=tuning).log_branches(metrics)
    assert metrics.metadata == {
        "linear.best_rmse": 4.0,
        "linear.trials": 1,
        "forest.trials": 2,
        "chosen": "linear",
    }


def test_classes_give_a_confusion_matrix_and_numbers_none(tmp_path):
    frame = pd.DataFrame({"truth": [0, 0, 1], "p_no": [0.9, 0.2, 0.1], "p_yes": [0.1, 0.8, 0.9]})
    frame.to_parquet(tmp_path / "predictions")
    classes, result = Metrics(), task.Done("", {"predictions": str(tmp_path / "predictions")})
    result.log_classes(classes)
    assert classes.metadata == {"confusion": (["no", "yes"], [[1, 1], [0, 1]])}
    frame[["truth"]].assign(prediction=1.0).to_parquet(tmp_path / "predictions")
    empty = Metrics()
    result.log_classes(empty)
    assert empty.metadata == {}


def test_the_source_becomes_a_knob():
    assert task.knobs(["a.b=1"], "") == ["a.b=1"]
    assert task.knobs(["a.b=1"], "s3://b/t.csv") == ["a.b=1", "data.source=s3://b/t.csv"]


def test_under_a_relay_a_task_speaks_in_marked_lines(decision, monkeypatch, capsys):
    monkeypatch.setenv("TASK_RELAY", "1")
    task.run("hold", {"decision": decision("hold")}, {})
    line, _ = capsys.readouterr().out.split("\n")
    name, detail, _ = json.loads(line.removeprefix(MARK))["step"]
    assert (name, detail[:22]) == ("hold", "small-load v1 stays, n")
    with pytest.raises(SystemExit):
        task.run("hold", {"decision": "/nowhere"}, {})
    told = json.loads(capsys.readouterr().out.strip().removeprefix(MARK))
    assert told["stopped"][0] == "hold"
