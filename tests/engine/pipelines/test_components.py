"""pipelines/ holds graphs and no logic: what it imports, and what a component's body may do."""

import ast
import itertools
import sys

import pytest

from ir import PACKAGE, ROOT

FILES = sorted((ROOT / "pipelines").glob("*.py"))
ALLOWED = {"kfp", "typer", PACKAGE, *sys.stdlib_module_names}
LOGIC = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.Match,
    ast.Lambda,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.BoolOp,
    ast.BinOp,
    ast.Compare,
)


def foreign(tree):
    """Modules a file imports that a graph has no business with."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(node.module)
    return [name for name in found if name.split(".")[0] not in ALLOWED]


def components(tree):
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(item) == "component" for item in node.decorator_list)
    ]


def faults(function):
    """What is wrong with a component: logic in its body, or another number of verbs than one."""
    nodes = list(itertools.chain(*(ast.walk(item) for item in function.body)))
    found = [type(node).__name__ for node in nodes if isinstance(node, LOGIC)]
    verbs = [
        node.args[0].value
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "task.run"
    ]
    found += [] if verbs == [function.name] else [f"runs {', '.join(verbs) or 'nothing'}"]
    kinds = ast.Import | ast.ImportFrom
    imported = [ast.unparse(node) for node in nodes if isinstance(node, kinds)]
    found += [] if imported == ["from level2.kubeflow import task"] else imported
    return found


COMPONENTS = components(ast.parse((ROOT / "pipelines/components.py").read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_graph_imports_kfp_and_the_project_only(path):
    assert foreign(ast.parse(path.read_text())) == []


def test_a_planted_import_is_seen():
    assert foreign(ast.parse("import pandas\nfrom mlflow.x import y\nfrom kfp import dsl")) == [
        "pandas",
        "mlflow.x",
    ]


def test_there_is_a_component_for_every_task():
    assert len(COMPONENTS) == 13


@pytest.mark.parametrize("function", COMPONENTS, ids=lambda item: item.name)
def test_a_component_calls_its_verb_and_nothing_else(function):
    assert faults(function) == []
    verb = function.name
    assert (ROOT / "engine" / PACKAGE / "training" / "steps" / f"{verb}.py").exists()


IMPORT = "from level2.kubeflow import task"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (f"{IMPORT}; task.run('tune') if x else task.run('tune')", "IfExp"),
        (f"{IMPORT}\n    for x in y: task.run('tune')", "For"),
        (f"{IMPORT}; task.run('tune', x > 1)", "Compare"),
        (f"{IMPORT}; task.run('train')", "runs train"),
        (f"{IMPORT}; task.run('tune'); task.run('train')", "runs tune, train"),
        (f"{IMPORT}; task.knobs()", "runs nothing"),
        (f"import pandas; {IMPORT}; task.run('tune')", "import pandas"),
    ],
)
def test_planted_logic_is_seen(body, fault):
    (function,) = components(ast.parse(f"@component\ndef tune():\n    {body}\n"))
    assert fault in faults(function)


def test_a_module_does_nothing_when_it_is_imported():
    for path in FILES:
        tree = ast.parse(path.read_text())
        calls = [
            node
            for node in tree.body
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ]
        assert calls == [], path.name
