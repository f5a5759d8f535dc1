"""The compiled pipeline: the verbs of the loop in their order, and what its pods are given."""

import inspect
import itertools
import os
import subprocess
import sys

import pytest

from ir import IMAGE, ROOT, graphs, tasks
from level2.base.errors import ProjectError
from level2.training.graph import STEPS

from pipelines import __main__ as command_line
from pipelines import compile as compiler

pytestmark = pytest.mark.slow

# `tune` is a loop over the families and a task where its branches meet
VERBS = [step.name.replace("_", "-").replace("tune", "select") for step in STEPS]
EXTRA = {"tune-family", "hand-over", "hold", "record"}  # tasks that are no step of the loop


def body(ir):
    """The graph inside the exit handler."""
    (graph,) = [item for item in graphs(ir).values() if "ingest" in item["dag"]["tasks"]]
    return graph["dag"]["tasks"]


def test_the_tasks_are_the_verbs_of_the_loop(ir):
    assert set(tasks(ir)) == {*VERBS, *EXTRA}


def test_no_order_is_possible_but_the_loops(ir):
    peers = body(ir)

    def waits(name):
        direct = set(peers[name].get("dependentTasks", ()))
        return direct.union(*(waits(item) for item in direct))

    for earlier, later in itertools.pairwise(VERBS):
        assert earlier in waits(later), f"{later} may start before {earlier} has ended"


def candidates(ir):
    """The loop over the families: its task in the graph, and the graph of one branch."""
    [(name, loop)] = [item for item in body(ir).items() if "parameterIterator" in item[1]]
    return name, loop, ir.pipeline["components"][loop["componentRef"]["name"]]["dag"]


def test_every_declared_family_is_a_branch_and_the_branches_meet(ir):
    name, loop, branch = candidates(ir)
    items = loop["parameterIterator"]["items"]["inputParameter"]
    told = loop["inputs"]["parameters"][items]["taskOutputParameter"]
    assert told == {"producerTask": "build-dataset", "outputParameterKey": "Output"}
    assert "iteratorPolicy" not in loop, "on a cluster they run at once"
    (tune,) = branch["tasks"].values()
    family = tune["inputs"]["parameters"]["family"]["componentInputParameter"]
    assert family == loop["parameterIterator"]["itemInput"]
    given = body(ir)["select"]["inputs"]["artifacts"]["branches"]["taskOutputArtifact"]
    assert given["producerTask"] == name
    assert ir.pipeline["components"]["comp-select"]["inputDefinitions"]["artifacts"]["branches"][
        "isArtifactList"
    ]
    assert body(ir)["train"]["inputs"]["artifacts"]["tuning"]["taskOutputArtifact"] == {
        "producerTask": "select",
        "outputArtifactKey": "tuning",
    }


def test_no_other_output_goes_into_the_loop(ir):
    """The local runner of kfp 2.17 puts the item in the place of every output given to a loop."""
    _, loop, branch = candidates(ir)
    items = loop["parameterIterator"]["items"]["inputParameter"]
    parameters = loop["inputs"]["parameters"]
    assert [name for name in parameters if "taskOutputParameter" in parameters[name]] == [items]
    (tune,) = branch["tasks"].values()
    assert tune["inputs"]["parameters"]["overrides"] == {
        "componentInputParameter": "pipelinechannel--overrides"
    }


def test_a_package_uploaded_by_hand_tunes_as_submit_does(ir):
    """A run started in KFP's own pages names no tuner: it has the one that was compiled."""
    compiled = ir.pipeline["root"]["inputDefinitions"]["parameters"]["tuner"]["defaultValue"]

    def default(command):
        return inspect.signature(command).parameters["tuner"].default

    assert compiled == "katib"
    assert default(command_line.submit) == default(command_line.schedule) == compiled
    assert default(command_line.local) == "optuna"
    given = tasks(ir)["tune-family"]["inputs"]["parameters"]["tuner"]
    assert given == {"componentInputParameter": "pipelinechannel--tuner"}


def test_the_gate_compares_fixed_words_and_each_branch_has_its_task(ir):
    found = {}
    for graph in graphs(ir).values():
        for task in graph["dag"]["tasks"].values():
            if condition := task.get("triggerPolicy", {}).get("condition"):
                inner = ir.pipeline["components"][task["componentRef"]["name"]]
                found[condition] = list(inner["dag"]["tasks"])
    value = "inputs.parameter_values['pipelinechannel--promote-Output'] == 'hand_over'"
    assert found == {value: ["hand-over"], f"!({value})": ["hold"]}


def test_the_outcome_is_recorded_whatever_happens(ir):
    assert tasks(ir)["record"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert "taskFinalStatus" in tasks(ir)["record"]["inputs"]["parameters"]["status"]


def test_every_pod_runs_the_image_bounded_and_as_nobody(ir):
    user = {"runAsUser": "10001", "runAsGroup": "10001", "runAsNonRoot": True}
    for name, executor in ir.pipeline["deploymentSpec"]["executors"].items():
        container, pod = (
            executor["container"],
            ir.platform["deploymentSpec"]["executors"][name],
        )
        assert container["image"] == IMAGE, name
        assert "pip install" not in " ".join(container["command"]), name
        for field in ("CpuRequest", "CpuLimit", "MemoryRequest", "MemoryLimit"):
            assert container["resources"][f"resource{field}"], f"{name}: {field}"
        assert pod["securityContext"] == user, name


def test_nothing_is_cached(ir):
    for name, task in tasks(ir).items():
        assert not task.get("cachingOptions", {}).get("enableCache"), name


def test_secrets_are_named_and_never_written(ir, monkeypatch, folder, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "planted-token")
    compiler.write(folder, IMAGE, tmp_path / "p.yaml")
    assert "planted" not in (tmp_path / "p.yaml").read_text()
    for name, pod in ir.platform["deploymentSpec"]["executors"].items():
        (secret,) = pod["secretAsEnv"]
        known = {item["envVar"] for item in secret["keyToEnv"]}
        assert {"AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_TOKEN"} <= known, name
    for name, executor in ir.pipeline["deploymentSpec"]["executors"].items():
        given = {item["name"]: item.get("value", "") for item in executor["container"]["env"]}
        more = {} if name == "exec-train" else {"TASK_RETRIES": "2"}
        assert given == {"GIT_COMMIT": "", "TRIAL_IMAGE": IMAGE, **more}, name


def test_tasks_that_reach_a_server_are_tried_again(ir):
    tried = {
        name: int(task.get("retryPolicy", {}).get("maxRetryCount", 0))
        for name, task in tasks(ir).items()
    }
    assert tried == {name: 0 if name == "train" else 2 for name in tried}


def test_a_container_that_failed_is_tried_again_inside_the_task(ir):
    """No policy is compiled, and a server's own is OnError: a failed container is no error."""
    for name, executor in ir.pipeline["deploymentSpec"]["executors"].items():
        given = {item["name"]: item.get("value") for item in executor["container"]["env"]}
        assert given.get("TASK_RETRIES", "0") == ("0" if name == "exec-train" else "2"), name


def test_tasks_that_wait_or_write_a_record_ask_for_near_nothing(ir):
    """On two cores a whole CPU for `tune` leaves none for Katib's trials."""
    asked = {
        name.removeprefix("exec-"): executor["container"]["resources"]
        for name, executor in ir.pipeline["deploymentSpec"]["executors"].items()
    }
    for name in ("tune-family", "select", "record", "hand-over", "hold"):
        assert asked[name]["resourceCpuRequest"] == "50m", name
        assert asked[name]["resourceMemoryRequest"] == "512Mi", name
    assert asked["tune-family"]["resourceCpuLimit"] == "4", "with TUNER=optuna it computes itself"
    assert asked["train"]["resourceCpuRequest"] == "1"


def test_the_same_bytes_in_every_process(folder, compiled, tmp_path):
    for seed in ("1", "2"):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pipelines",
                "compile",
                IMAGE,
                "--output",
                f"{tmp_path}/{seed}.yaml",
            ],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}/engine:{ROOT}"},
            check=True,
            capture_output=True,
        )
        assert (tmp_path / f"{seed}.yaml").read_bytes() == compiled.read_bytes()


def test_the_file_is_ascii(compiled):
    """A server keeps it in its database, whose character set may be latin1."""
    assert compiled.read_text(encoding="utf-8").isascii()


def test_another_image_is_another_file(folder, compiled, tmp_path):
    compiler.write(folder, IMAGE.replace("aa", "ab"), tmp_path / "p.yaml")
    assert (tmp_path / "p.yaml").read_bytes() != compiled.read_bytes()


@pytest.mark.parametrize(
    "image",
    [
        "",
        "reg.example/x",
        "reg.example/x:latest",
        "reg.example/x@sha256:abc",
        f" {IMAGE}",
        f"{IMAGE}\n",
        f"{IMAGE}0",
        IMAGE.upper(),
        "@sha256:" + "a" * 64,
    ],
)
def test_an_image_without_digest_is_refused_and_nothing_is_written(image, folder, tmp_path):
    with pytest.raises(ProjectError, match="does not name an image by digest: write it like"):
        compiler.write(folder, image, tmp_path / "p.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_refused(folder, tmp_path):
    with pytest.raises(ProjectError, match=r"p\.json: the pipeline is written as YAML"):
        compiler.write(folder, IMAGE, tmp_path / "p.json")


def test_a_fault_while_compiling_leaves_the_old_file(folder, tmp_path, monkeypatch):
    (tmp_path / "p.yaml").write_text("old")

    class Faulty:
        def compile(self, _, path):
            with open(path, "w") as stream:
                stream.write("half")
            raise OSError(5, "planted")

    monkeypatch.setattr(compiler.compiler, "Compiler", Faulty)
    with pytest.raises(OSError, match="planted"):
        compiler.write(folder, IMAGE, tmp_path / "p.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["p.yaml"]
    assert (tmp_path / "p.yaml").read_text() == "old"


def test_the_components_import_the_project_by_its_name(ir):
    for name, executor in ir.pipeline["deploymentSpec"]["executors"].items():
        source = " ".join(executor["container"]["command"])
        assert "from level2.kubeflow import task" in source, name
