"""One verb inside a task: artifacts are placed, the verb runs, what it made is handed over."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from kfp.dsl import PipelineTaskFinalStatus

from level2.base.errors import ProjectError
from level2.base.files import read_json, write_json
from level2.base.plain import unpacked
from level2.kubeflow import task, task_metrics
from level2.kubeflow.task_output import MARK
from level2.registry.mlflow import Registry

from pipelines import components


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
    assert result.line == "small-load v2 for deployment - models:/small-load/2"
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
        "stopped: the artifact `decision` is missing at /nowhere/decision: run the previous task"
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
    from level2.training.steps import hold

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
    assert same.endswith("the candidate is the same model; rmse 9 against 8")


def test_numbers_kfp_cannot_store_are_left_out(tmp_path):
    measured = {
        "candidate": {"rmse": 1.5, "r2": None},
        "baselines": {"mean": {"rmse": 3.0, "r2": 0}},
    }
    metrics = Metrics()
    done(tmp_path, metrics=measured).log_scores(metrics)
    assert metrics.metadata == {"rmse": 1.5, "mean.rmse": 3.0, "mean.r2": 0}
    task_metrics._log(metrics, {"a": math.nan, "b": math.inf, "c": -math.inf})
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


def test_a_branch_has_metrics_of_its_own(tmp_path):
    trial = {"number": 0, "params": {}, "value": 4.0}
    branch = {"family": "linear", "trials": [trial, trial], "best": trial}
    record = {"metric": "rmse", "direction": "minimize", "tuner": "optuna", "branch": branch}
    metrics = Metrics()
    done(tmp_path, branches=record).log_branch(metrics)
    assert metrics.metadata == {"best_rmse": 4.0, "trials": 2, "family": "linear"}
    record["branch"] = branch | {"best": None}
    metrics = Metrics()
    done(tmp_path, branches=record).log_branch(metrics)
    assert metrics.metadata == {"trials": 2, "family": "linear"}


def test_classes_give_a_confusion_matrix_and_numbers_none(tmp_path):
    frame = pd.DataFrame({"truth": [0, 0, 1], "p_no": [0.9, 0.2, 0.1], "p_yes": [0.1, 0.8, 0.9]})
    frame["answered"] = [0, 1, 1]
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


@pytest.fixture
def flaky(monkeypatch):
    """Make `hold` fail with these errors, one an attempt, before it answers; count the attempts."""

    def plant(*errors):
        from level2.training.steps import hold

        left, looked = list(errors), []

        def run(context):
            looked.append(context)
            if left:
                raise left.pop(0)
            return "held"

        monkeypatch.setattr(hold, "run", run)
        monkeypatch.setattr(task, "PAUSE", 0.01)
        return looked

    return plant


def lost():
    made = ProjectError("MLflow at http://mlflow does not work (it does not respond)")
    made.__cause__ = ConnectionResetError(104, "reset")
    return made


def test_a_lost_connection_is_met_by_another_attempt(flaky, decision, monkeypatch, capsys):
    """A server starts no container again that has failed: the task itself has to."""
    monkeypatch.setenv("TASK_RETRIES", "2")
    looked = flaky(lost(), lost())
    assert task.run("hold", {"decision": decision("hold")}, {}).line == "held"
    assert len({context.workspace.out for context in looked}) == 3, "each in a folder of its own"
    said = capsys.readouterr()
    assert [line for line in said.err.splitlines() if line] == [
        " again: hold: attempt 2 of 3 in 0.01 s, after: MLflow at http://mlflow does not work "
        "(it does not respond)",
        " again: hold: attempt 3 of 3 in 0.02 s, after: MLflow at http://mlflow does not work "
        "(it does not respond)",
    ]
    assert " hold: held (" in said.out


def test_after_the_last_attempt_the_sentence_is_said(flaky, decision, monkeypatch, capsys):
    monkeypatch.setenv("TASK_RETRIES", "1")
    looked = flaky(lost(), lost(), lost())
    said = refused(capsys, "hold", {"decision": decision("hold")}, {})
    assert said.splitlines()[-1].startswith(" stopped: MLflow at http://mlflow does not work")
    assert len(looked) == 2


@pytest.mark.parametrize("error", [ProjectError("a mistake"), KeyError("lost")])
def test_a_mistake_is_not_tried_again(error, flaky, decision, monkeypatch, capsys):
    monkeypatch.setenv("TASK_RETRIES", "2")
    looked = flaky(error)
    assert "again" not in refused(capsys, "hold", {"decision": decision("hold")}, {})
    assert len(looked) == 1


def test_where_a_person_watches_nothing_is_tried_again(flaky, decision, capsys):
    looked = flaky(lost())
    refused(capsys, "hold", {"decision": decision("hold")}, {})
    assert len(looked) == 1


@pytest.fixture
def recorded(tmp_path, context):
    """Run the exit task as KFP's executor calls it; returns its file, and MLflow's run of it."""

    def record(state, error=None, name="load-w9kjf", run="3f2a"):
        out = SimpleNamespace(path=str(tmp_path / "out" / "outcome"))
        status = PipelineTaskFinalStatus(
            state=state,
            pipeline_job_resource_name="projects/load-w9kjf",
            pipeline_task_name="exit-handler-1",
            error_code=None,
            error_message=error,
        )
        given = {"trigger": "schedule", "name": name, "run": run}
        components.record.python_func(**given, status=status, outcome=out)
        store = Registry("sqlite:///mlflow.db", context.workspace.root)
        kept = store.client.get_experiment_by_name("pipeline-runs").experiment_id
        (found,) = store.client.search_runs([kept])
        return read_json(Path(out.path)), found

    return record


def test_complete_is_the_success_of_a_server(recorded):
    """PipelineTaskFinalStatus of KFP 2.17: the state of ML metadata, and never a message."""
    outcome, run = recorded("COMPLETE", error="")
    assert (outcome["state"], outcome["error"]) == ("SUCCEEDED", None)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "schedule-succeeded"
    assert run.data.tags["pipeline.state"] == "SUCCEEDED"


@pytest.mark.parametrize("state", ["FAILED", "RUNNING", ""])
def test_any_other_state_is_a_failure_and_says_where_its_reason_is(state, recorded):
    outcome, run = recorded(state, error="")
    assert outcome["state"] == "FAILED"
    assert outcome["error"] == "the log of the task that failed says why"
    assert run.info.status == "FAILED"


def test_a_run_of_a_schedule_has_no_name_and_is_named_by_its_id(recorded):
    outcome, run = recorded("COMPLETE", name="")
    assert outcome["run"] == run.data.tags["pipeline.run"] == "3f2a"


def test_what_a_task_hands_out_as_a_parameter_is_ascii(decision, tmp_path):
    """A KFP database in latin1 refuses the report of a run otherwise, which stays RUNNING."""
    held = decision("hold", reasons=["rmse 9 against 8, wanted ≤ 8 · größe"])
    line = task.run("hold", {"decision": held}, {}).line
    assert line.endswith("rmse 9 against 8, wanted <= 8 - gr\\xf6\\xdfe")
    out = str(tmp_path / "handed_over")
    handed = task.run("hand_over", {"decision": decision("promote")}, {"handed_over": out})
    assert handed.line.isascii()
    knobs = task.knobs(["data.unit=€"], "s3://b/größe.csv")
    assert all(word.isascii() for word in knobs)
    assert [unpacked(word) for word in knobs] == ["data.unit=€", "data.source=s3://b/größe.csv"]


def test_a_packed_knob_reaches_the_verb_as_it_was(decision, monkeypatch):
    from level2.training.steps import hold

    monkeypatch.setattr(hold, "run", lambda context: context.params.data.unit)
    words = task.knobs(["data.unit=€"], "")
    assert task.run("hold", {"decision": decision("hold")}, {}, words).line == "\\u20ac"


def test_what_a_task_notes_on_an_artifact_is_ascii(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    record = {
        "family": "linear",
        "params": {"art": "größe"},
        "rows": 3,
        "task": "regression",
        "target": "größe",
        "sha256": {"model.onnx": "d"},
    }
    write_json(folder / "model.json", record)
    model = Metrics()
    task.Done("", {"model": str(folder)}).describe_model(model)
    assert json.dumps(model.metadata, ensure_ascii=False).isascii()
    frame = pd.DataFrame({"truth": [0, 1], "p_grün": [0.9, 0.1], "p_blau": [0.1, 0.9]})
    frame["answered"] = [0, 1]
    frame.to_parquet(tmp_path / "predictions")
    classes = Metrics()
    task.Done("", {"predictions": str(tmp_path / "predictions")}).log_classes(classes)
    assert classes.metadata["confusion"][0] == ["gr\\xfcn", "blau"]
