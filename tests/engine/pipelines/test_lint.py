"""No name in the compiled pipeline dangles, and the lint that says so sees planted ones."""

import pytest

from ir import graphs, lint, tasks

pytestmark = pytest.mark.slow


def body(ir):
    (graph,) = [item for item in graphs(ir).values() if "ingest" in item["dag"]["tasks"]]
    return graph["dag"]["tasks"]


def test_nothing_dangles(ir):
    assert lint(ir) == []


def no_producer(ir):
    train = body(ir)["train"]["inputs"]["artifacts"]["dataset"]["taskOutputArtifact"]
    train["producerTask"] = "build"
    return "train: reads from build, which is not there"


def no_output(ir):
    train = body(ir)["train"]["inputs"]["artifacts"]["dataset"]["taskOutputArtifact"]
    train["outputArtifactKey"] = "data"
    return "train: reads data of build-dataset, which has no such output"


def no_parameter(ir):
    knobs = body(ir)["train"]["inputs"]["parameters"]["overrides"]["taskOutputParameter"]
    knobs["outputParameterKey"] = "knobs"
    return "train: reads knobs of ingest, which has no such output"


def no_input(ir):
    del body(ir)["train"]["inputs"]["artifacts"]["tuning"]
    return "train: input tuning is not given"


def unasked_input(ir):
    inputs = body(ir)["train"]["inputs"]["artifacts"]
    inputs["extra"] = inputs["tuning"]
    return "train: input extra is not asked for"


def no_graph_input(ir):
    tune = tasks(ir)["tune-family"]
    tune["inputs"]["parameters"]["tuner"]["componentInputParameter"] = "tunr"
    return "tune-family: reads tunr, which the graph does not have"


def no_component(ir):
    body(ir)["train"]["componentRef"]["name"] = "comp-tne"
    return "train: component comp-tne is not there"


def unused_component(ir):
    ir.pipeline["components"]["comp-old"] = {"executorLabel": "exec-train"}
    return "component comp-old is in no graph"


def no_executor(ir):
    del ir.pipeline["deploymentSpec"]["executors"]["exec-train"]
    return "executor exec-train is not there"


def unused_executor(ir):
    executors = ir.pipeline["deploymentSpec"]["executors"]
    executors["exec-old"] = executors["exec-train"]
    return "executor exec-old is used by no component"


def no_pod(ir):
    del ir.platform["deploymentSpec"]["executors"]["exec-train"]
    return "executor exec-train has no pod settings"


def pod_of_nothing(ir):
    ir.platform["deploymentSpec"]["executors"]["exec-old"] = {}
    return "pod settings of exec-old, which is not there"


def waits_for_nothing(ir):
    body(ir)["train"]["dependentTasks"].append("hope")
    return "train: waits for hope, which is not there"


def status_of_nothing(ir):
    record = ir.pipeline["root"]["dag"]["tasks"]["record"]["inputs"]["parameters"]
    record["status"]["taskFinalStatus"]["producerTask"] = "exit-handler-9"
    return "record: reads the status of exit-handler-9, which is not there"


def one_of_nothing(ir):
    outputs = [item["dag"].get("outputs", {}).get("parameters", {}) for item in graphs(ir).values()]
    (chosen,) = [out for item in outputs for out in item.values() if "valueFromOneof" in out]
    chosen["valueFromOneof"]["parameterSelectors"][0]["producerSubtask"] = "condition-9"
    return "reads from condition-9, which is not there"


@pytest.mark.parametrize(
    "fault",
    [
        no_producer,
        no_output,
        no_parameter,
        no_input,
        unasked_input,
        no_graph_input,
        no_component,
        unused_component,
        no_executor,
        unused_executor,
        no_pod,
        pod_of_nothing,
        waits_for_nothing,
        status_of_nothing,
        one_of_nothing,
    ],
)
def test_a_planted_fault_is_found(fault, ir):
    expected = fault(ir)
    assert any(expected in line for line in lint(ir)), lint(ir)
