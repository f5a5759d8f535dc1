"""dvc.yaml and the pipeline's components against the one declaration of the graph."""

import ast
from pathlib import Path

import pytest
import yaml

from layout import ENGINE, PROJECT
from level2.training.graph import EXPERIMENT_STEPS, STEPS
from level2.workspace import Workspace

STAGES = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"]
STEP = {step.name: step for step in STEPS}
EVERY = ("base", "params")  # rooms that every step stands on
FEAST = ["feature_repo/definitions.py", "feature_repo/feature_store.yaml"]
# What carries a step's result to the registry or to a cluster, and decides nothing of it.
CARRIERS = (
    *("registry/", "kubeflow/", "owned/", "project.py", "workspace.py"),
    "training/tuners.py",
)
LEVEL2 = ENGINE / "level2"


def path_of(output):
    """Where an output lies, as dvc.yaml names it."""
    return getattr(Workspace(Path(), Path()), output).as_posix()


def wanted(step):
    """Everything that a stage of this step depends on."""
    made = {name for item in EXPERIMENT_STEPS for name in item.outputs}
    inputs = [path_of(name) for name in step.inputs if name in made]
    code = [f"engine/level2/{room}" for room in (*EVERY, *step.rooms)]
    code.append(f"engine/level2/training/steps/{step.name}.py")
    owned = [f"src/mlproject/{name}.py" for name in step.owned if name != "feature_repo"]
    owned += FEAST if "feature_repo" in step.owned else []
    return {*inputs, *code, *owned} | ({"${data.source}"} if step.name == "ingest" else set())


def imports(path):
    """Modules of the engine that a module imports when it runs, not those for type checking."""
    found, typing_only = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            typing_only |= {id(inner) for inner in ast.walk(node)}
        if not isinstance(node, ast.ImportFrom) or not node.level or id(node) in typing_only:
            continue
        target = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
        names = [target.with_suffix(".py")] + [target / f"{item.name}.py" for item in node.names]
        found |= {name for name in names if name.exists()}
    return found


def reached(step):
    """Modules, relative to the engine, that a step's result is made by."""
    seen, open_ends = set(), [LEVEL2 / "training" / "steps" / f"{step.name}.py"]
    while open_ends:
        path = open_ends.pop()
        name = path.relative_to(LEVEL2).as_posix()
        if name not in seen and not name.startswith(CARRIERS):
            seen.add(name)
            # what checks params.yaml is not what reads it
            open_ends.extend(() if name.startswith("params/") else imports(path))
    return seen


def test_the_stages_are_the_steps_of_the_graph_in_their_order():
    assert list(STAGES) == [step.name for step in EXPERIMENT_STEPS]


@pytest.mark.parametrize("step", EXPERIMENT_STEPS, ids=lambda step: step.name)
def test_a_stage_is_what_the_graph_says(step):
    stage = STAGES[step.name]
    assert stage["cmd"].split()[:4] == ["python", "-m", "level2", step.name]
    assert set(stage["deps"]) == wanted(step)
    assert set(step.sections) <= set(stage["params"])
    metrics = [name for item in stage.get("metrics", ()) for name in item]
    made = set(stage["outs"]) | set(metrics)
    assert {path_of(name) for name in step.outputs} == made - {
        name for name in made if name.startswith("reports/")
    }


@pytest.mark.parametrize("step", EXPERIMENT_STEPS, ids=lambda step: step.name)
def test_the_rooms_of_a_step_hold_all_that_decides_its_result(step):
    held = {f"training/steps/{step.name}.py"}
    for room in (*EVERY, *step.rooms):
        path = LEVEL2 / room
        files = path.rglob("*.py") if path.is_dir() else [path]
        held |= {file.relative_to(LEVEL2).as_posix() for file in files}
    assert reached(step) - held == set()


def test_a_module_outside_the_rooms_is_seen():
    narrow = STEP["validate"].__class__("validate", (), (), (), rooms=("data",))
    assert "training/leakage.py" in reached(narrow)
    assert all(not name.startswith("registry/") for name in reached(narrow))


def ports(kind):
    """Names of the artifacts that each component takes (`Input`) or leaves (`Output`)."""
    tree = ast.parse((PROJECT / "pipelines" / "components.py").read_text())
    return {
        node.name: [
            item.arg
            for item in node.args.args
            if ast.unparse(item.annotation).startswith(f"{kind}[")
        ]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_component_takes_and_leaves_what_the_graph_says(step):
    # `tune` is a branch for each family, and the task where the branches meet
    first, last = ("tune_family", "select") if step.name == "tune" else (step.name, step.name)
    taken, left = ports("Input")[first], ports("Output")[last]
    assert set(taken) <= set(step.inputs), "more than the step reads"
    missing = set(step.inputs) - set(taken)
    assert missing <= {"validation"}, f"{step.name} does not get {missing}"
    assert set(step.outputs) <= set(left)
