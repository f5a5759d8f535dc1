"""`python -m pipelines local`: KFP's own runner on this machine, to the end and to every fault."""

import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from layout import TESTS
from level2.training.graph import STEPS
from processes import CHAMPIONS, ROOT, RUNNING, environment, registry, stopped

pytestmark = pytest.mark.slow
VERBS = [step.name for step in STEPS]
TUNE = VERBS.index("tune")  # the line of `select`, which ends it
BRANCHES = ["tune_family", "tune_family"]  # of the two families that the template declares
TASKS = [*VERBS[:TUNE], *BRANCHES, *VERBS[TUNE:8]]
REPLAY = TESTS / "support" / "replay"


def pipeline(folder, *words, path="", **settings):
    """Run the pipeline in a folder; KFP finds `pipelines` beside src."""
    paths = ":".join(filter(None, [str(path), f"{ROOT}/engine", str(ROOT)]))
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "local", *words],
        cwd=folder,
        env={**environment(), "PYTHONPATH": paths, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def shown(done):
    """Names of the tasks in the order they ended."""
    names = {*VERBS, *BRANCHES, "hand_over", "hold", "record"}
    words = [line.split() for line in done.stdout.partition("\n\n")[0].splitlines()]
    return [word for line in words for word in line[:2] if word in names]


def outcomes(folder):
    """Status and tags of the runs in the experiment of outcomes."""
    question = (
        "select runs.status, tags.key, tags.value from runs join experiments using (experiment_id) "
        "join tags on tags.run_uuid = runs.run_uuid "
        "where experiments.name = 'pipeline-runs' and tags.key like 'pipeline.%'"
    )
    return registry(folder, question)


@pytest.fixture(scope="module")
def piped(blank, tmp_path_factory):
    """A project after one run of the pipeline, and what it said: read it, never write to it."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("piped") / "project")
    done = pipeline(folder, "--trigger", "data")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done


def test_it_ends_in_a_champion_and_a_hand_over(piped):
    folder, done = piped
    assert shown(done) == [*TASKS, "hand_over", "report", "record"]
    assert registry(folder, CHAMPIONS) == [(1,)]
    record = json.loads((folder / "artifacts/hand_over.json").read_text())
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    assert record == {
        "registered_model": "load-forecast",
        "version": "1",
        "previous": None,
        "alias": "champion",
        "model_uri": "models:/load-forecast/1",
        "sha256": model["sha256"]["model.onnx"],
        "image": None,
    }
    assert "champion  load-forecast v1   (promote)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert done.stderr == ""


def test_the_screen_holds_no_log_of_kfp(piped):
    _, done = piped
    assert not any(word in done.stdout for word in ("INFO", "executor", "Streamed", "\x1e", "----"))


def test_what_it_leaves_is_what_a_loop_leaves(piped, finished):
    folder, _ = piped

    def left(root):
        made = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        return {name for name in made if name.startswith(("artifacts", "data", "reports"))}

    stamps = {f"artifacts/steps/{verb}.json" for verb in VERBS}
    more = {"artifacts/hand_over.json", "artifacts/outcome.json"}
    in_mlflow = {"artifacts/reference.npz"}  # a task's own, like its folder; the run carries it
    assert left(folder) - more == left(finished) - stamps - in_mlflow


def test_the_online_store_of_the_project_is_filled(piped):
    folder, _ = piped
    assert (folder / "feature_repo/data/online_store.db").exists()
    assert not (folder / "feature_repo/data/registry.db").exists(), "it would name a task's files"


def test_the_outcome_is_a_file_and_a_run(piped):
    folder, _ = piped
    outcome = json.loads((folder / "artifacts/outcome.json").read_text())
    assert outcome["run"].startswith("load-forecast-")
    assert {key: outcome[key] for key in ("state", "trigger", "error")} == {
        "state": "SUCCEEDED",
        "trigger": "data",
        "error": None,
    }
    assert ("FINISHED", "pipeline.trigger", "data") in outcomes(folder)


def test_a_worse_candidate_takes_the_other_branch(piped, tmp_path):
    folder = shutil.copytree(piped[0], tmp_path / "copy")
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["tune"]["families"] = {
        "linear": {"alpha": {"type": "double", "min": 1e6, "max": 1e7, "log": True}}
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(tree))
    done = pipeline(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    only = [*VERBS[:TUNE], "tune_family", *VERBS[TUNE:8]]  # of one family
    assert shown(done) == [*only, "hold", "report", "record"]
    assert "load-forecast v1 stays, nothing to deploy" in done.stdout
    assert "champion  load-forecast v1   (hold)" in done.stdout
    assert registry(folder, CHAMPIONS) == [(1,)]
    assert not (folder / "artifacts/hand_over.json").exists(), "of a promotion that is not this one"


def test_the_champion_of_a_loop_is_handed_over(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    done = pipeline(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert shown(done) == [*TASKS, "hand_over", "report", "record"]
    decided = json.loads((folder / "artifacts/decision.json").read_text())
    assert (decided["verdict"], decided["reasons"]) == ("unchanged", [])
    judged = json.loads((folder / "artifacts/evaluation.json").read_text())
    assert judged["candidate"]["metrics"] == judged["champion"]["metrics"], "one runtime for both"
    assert len(judged["origins"]) == 3
    logged = "SELECT DISTINCT key FROM latest_metrics WHERE key LIKE 'origin%' ORDER BY key"
    kinds = ("gain", "rmse")
    assert registry(folder, logged) == [(f"origin_{n}.{k}",) for n in (1, 2, 3) for k in kinds]
    assert re.search(r" origins   rmse .* in 3 windows of time, the best baseline", done.stdout)
    assert "champion v1 kept: the candidate is the same model" in done.stdout
    assert not re.search(r"(^| )held( |:)|\(hold\)", done.stdout, re.M)
    made = json.loads((folder / "artifacts/hand_over.json").read_text())
    onnx = (finished / "artifacts/model/model.onnx").read_bytes()
    assert (made["version"], made["sha256"]) == ("1", hashlib.sha256(onnx).hexdigest())


def test_a_bad_table_stops_it_before_training(piped, tmp_path):
    folder = shutil.copytree(piped[0], tmp_path / "copy")
    file = folder / "data/raw/load.csv"
    file.write_text(file.read_text().replace("temperature", "temprature", 1))
    before = (folder / "artifacts/metrics.json").read_text()
    done = pipeline(folder, "--trigger", "schedule")
    said = stopped(done)
    assert said.startswith("stopped: ingest: ")
    assert "temperature" in said
    assert shown(done) == ["record"]
    assert ("FAILED", "pipeline.trigger", "schedule") in outcomes(folder)
    outcome = json.loads((folder / "artifacts/outcome.json").read_text())
    assert outcome["state"] == "FAILED"
    assert f"stopped: {outcome['error']}" == said
    assert ("FAILED", "pipeline.error", outcome["error"]) in outcomes(folder)
    assert (folder / "artifacts/metrics.json").read_text() == before
    assert registry(folder, CHAMPIONS) == [(1,)]


def test_a_metric_that_is_not_a_number_is_held(finished, tmp_path):
    """Both branches of KFP's own comparison would be skipped, and the run called a success."""
    folder = shutil.copytree(finished, tmp_path / "copy")
    evaluation = json.loads((folder / "artifacts/evaluation.json").read_text())
    evaluation["candidate"]["metrics"]["rmse"] = float("nan")
    evaluation["candidate"]["digest"] = "0" * 64
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    tracked = json.loads((folder / "artifacts/run.json").read_text())
    evaluation["champion"] = {
        "version": "1",
        "digest": model["sha256"]["model.onnx"],
        "comparable": True,
        "reason": "",
        "metrics": {"rmse": 1.0},
        "slices": [],
    }
    other = (folder / "artifacts/model/model.onnx").read_bytes() + b"\0"
    digest = hashlib.sha256(other).hexdigest()
    (folder / "artifacts/model/model.onnx").write_bytes(other)
    model["sha256"]["model.onnx"] = evaluation["candidate"]["digest"] = digest
    (folder / "artifacts/model/model.json").write_text(json.dumps(model))
    (folder / "artifacts/run.json").write_text(json.dumps({**tracked, "digest": digest}))
    (folder / "artifacts/evaluation.json").write_text(json.dumps(evaluation))
    source = shutil.copytree(folder, tmp_path / "source")
    done = pipeline(
        folder, path=REPLAY, REPLAY=str(source), REPLAY_REAL="promote,hold,hand_over,record"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert shown(done) == [*TASKS, "hold", "report", "record"]
    assert "rmse is missing or not a number" in done.stdout.replace("\n", " ")
    assert registry(folder, CHAMPIONS) == [(1,)]


@pytest.mark.parametrize(
    "victim", [*VERBS[:TUNE], *VERBS[TUNE + 1 :], "tune_family", "select", "hand_over", "record"]
)
def test_a_fault_in_any_task_fails_the_run(victim, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    done = pipeline(
        folder,
        path=REPLAY,
        REPLAY=str(finished),
        REPLAY_VICTIM=victim,
        REPLAY_REAL="record" if victim != "record" else "",
    )
    assert stopped(done) == f"stopped: {victim}: planted in {victim}"
    order = [*TASKS, "hand_over", "report", "record"]
    ended = order[: order.index("tune" if victim == "select" else victim)]
    assert shown(done) == (ended if victim == "record" else [*ended, "record"])
    assert "champion" not in done.stdout, "no summary of a run that failed"
    if victim != "record":
        outcome = json.loads((folder / "artifacts/outcome.json").read_text())
        assert (outcome["state"], outcome["error"]) == ("FAILED", f"{victim}: planted in {victim}")
        assert ("FAILED", "pipeline.state", "FAILED") in outcomes(folder)


def test_a_killed_task_fails_the_run_and_leaves_no_running_run(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "copy")
    done = pipeline(
        folder,
        path=REPLAY,
        REPLAY=str(finished),
        REPLAY_VICTIM="train",
        REPLAY_FAULT="killed",
        REPLAY_REAL="record",
    )
    assert stopped(done).startswith("stopped: train: ")
    outcome = json.loads((folder / "artifacts/outcome.json").read_text())
    assert outcome["error"].startswith("train: ")
    assert registry(folder, RUNNING) == [(0,)]
    assert not list(tmp_path.rglob("*.lock.owner"))


def test_a_trigger_nobody_knows_is_refused_before_any_work(project):
    said = stopped(pipeline(project, "--trigger", "weather"))
    assert "`weather` is not a trigger: use one of schedule, data, drift, code, manual" in said
    assert not (project / "artifacts").exists()


@pytest.mark.parametrize(
    ("tuner", "words"),
    [
        ("hyperopt", "`hyperopt` is not a tuner: use one of katib, optuna"),
        ("katib", "TUNER=katib needs TRIAL_IMAGE"),
    ],
)
def test_a_tuner_that_cannot_be_had_is_refused_before_any_work(project, tuner, words):
    assert words in stopped(pipeline(project, "--tuner", tuner))
    assert not (project / "artifacts").exists()


def test_a_second_run_in_the_folder_is_refused(project):
    (project / ".run.lock").touch()
    from filelock import FileLock

    with FileLock(project / ".run.lock"):
        assert "another run works in" in stopped(pipeline(project))
