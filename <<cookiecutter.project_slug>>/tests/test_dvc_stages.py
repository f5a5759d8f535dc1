"""dvc.yaml against the code: a stage depends on just the modules its verb is made of."""

import ast
from pathlib import Path

import pytest
import yaml

import mlproject
from mlproject.loop import EXPERIMENT_STEPS

ROOT = Path(__file__).parents[1]
SRC = Path(mlproject.__file__).parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# What carries paths, messages and the registry, and decides no result of the experimental pipeline.
PLUMBING = {
    "__init__.py",
    "adapters/files.py",
    "adapters/git.py",
    "adapters/mlflow.py",
    "adapters/mlflow_model.py",
    "adapters/mlflow_store.py",
    "adapters/mlflow_trials.py",
    "artifact.py",
    "champion_comparison.py",
    "config.py",
    "declarations.py",
    "core/scikit.py",
    "errors.py",
    "lineage.py",
    "owner.py",
    "params_file.py",
    "progress.py",
    "references.py",
    "tracking.py",
    "workspace.py",
}

# What the team declares of its own, which owner.py finds by name, and the stages it changes.
OWN = {
    "tune": {"own/estimators.py", "own/metrics.py"},
    "train": {"own/estimators.py"},
    "evaluate": {"own/estimators.py", "own/metrics.py"},
    "report": {"own/metrics.py", "own/rules.py"},
}

# Rooms that a project may delete: they carry work to a cluster and change no result of it.
OPTIONAL = {"deploy", "github", "intake", "kubeflow"}


def imports(path: Path) -> set[Path]:
    """Our modules that a module imports when it runs, not those for type checking alone."""
    found, typing_only = set(), set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            typing_only |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level or id(node) in typing_only:
            continue
        base = path.parents[node.level - 1]
        target = base / (node.module or "").replace(".", "/")
        names = [target.with_suffix(".py")] + [target / f"{item.name}.py" for item in node.names]
        found |= {name for name in names if name.exists()}
    return found


def made_of(verb: str) -> set[str]:
    """Paths, relative to the package, of every module a verb reaches, without the plumbing."""
    seen, open_ends = set(), [SRC / "steps" / f"{verb}.py"]
    while open_ends:
        path = open_ends.pop()
        name = path.relative_to(SRC).as_posix()
        carries = name in PLUMBING or path.relative_to(SRC).parts[0] in OPTIONAL
        if path in seen or (carries and name != f"steps/{verb}.py"):
            continue
        seen.add(path)
        open_ends.extend(imports(path))
    return {path.relative_to(SRC).as_posix() for path in seen}


def declared(verb: str) -> set[str]:
    """Modules a stage names in its deps, a folder standing for all in it."""
    found = set()
    for item in STAGES[verb]["deps"]:
        path = ROOT / item
        if "src" not in Path(item).parts[:1]:
            continue
        inside = Path(*Path(item).parts[2:])
        files = (SRC / inside).glob("*.py") if (SRC / inside).is_dir() else [SRC / inside]
        found |= {file.relative_to(SRC).as_posix() for file in files if file.name != "__init__.py"}
        assert files, path
    return found


def test_the_stages_are_the_verbs_of_the_loop_in_their_order():
    assert list(STAGES) == [step.name for step in EXPERIMENT_STEPS]


@pytest.mark.parametrize("verb", STAGES)
def test_a_stage_depends_on_what_its_verb_is_made_of(verb):
    assert declared(verb) == made_of(verb) | OWN.get(verb, set())


@pytest.mark.parametrize("verb", STAGES)
def test_a_stage_runs_its_verb_and_reads_the_sections_the_loop_records(verb):
    package = mlproject.__name__
    assert STAGES[verb]["cmd"].split()[:4] == ["python", "-m", package, verb]
    [step] = [step for step in EXPERIMENT_STEPS if step.name == verb]
    assert set(step.sections) <= set(STAGES[verb]["params"])
