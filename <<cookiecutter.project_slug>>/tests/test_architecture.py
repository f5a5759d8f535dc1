"""Where things may live: who imports whom, and who may move the champion."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
(PACKAGE,) = [item for item in (ROOT / "src").iterdir() if (item / "errors.py").exists()]
MODULES = sorted(PACKAGE.rglob("*.py"))
VENDORS = {
    "boto3",
    "botocore",
    "cronsim",
    "dvc",
    "evidently",
    "feast",
    "kfp",
    "kfp_server_api",
    "kubeflow",
    "kubernetes",
    "matplotlib",
    "mlflow",
    "onnx",
    "onnxruntime",
    "optuna",
    "pandera",
    "skl2onnx",
    "skops",
}
# modules of a room that speak to its vendor
OF_A_ROOM = {
    "kubeflow.client",
    "kubeflow.katib.client",
    "kubeflow.runs",
    "kubeflow.schedule",
    "kubeflow.spec",
}
LEAVES = {"errors"}  # what core may use besides itself: it imports nothing
# Who imports whom, late imports included. A room is a folder of the package; what lies loose beside
# them is on its way into one.
EDGES = {
    "base": {"loose"},
    "core": {"loose"},
    "adapters": {"core", "loose"},
    "serving": {"adapters", "base", "core", "loose"},
    "steps": {"adapters", "core", "kubeflow", "loose", "serving"},
    "deploy": {"adapters", "core", "loose"},
    "github": {"adapters", "core", "loose"},
    "intake": {"adapters", "base", "core", "github", "loose", "serving", "steps"},
    "kubeflow": {"adapters", "core", "loose", "steps"},
    "own": set(),  # of the team: owner.py finds it by name when it is needed
    "cli": {
        *("adapters", "core", "deploy", "github", "intake", "kubeflow", "loose", "serving"),
        "steps",
    },
    "loose": {"adapters", "cli", "core"},  # `python -m` is the command line
}
# Rooms that a project may delete: the others import them only in the function that needs them.
OPTIONAL = {"deploy", "github", "intake", "kubeflow"}
# What decides without touching anything, in whatever room it stands.
PURE = (
    "core.",
    "deploy.release",
    "deploy.rollout",
    "github.pull_request",
    "github.sanitize",
    "intake.arrivals",
    "kubeflow.answers",
    "kubeflow.katib.experiment",
    "kubeflow.katib.trial_job",
    "kubeflow.schedule",
)


def name_of(path):
    """`core.metrics` for src/package/core/metrics.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(tree, path):
    """Every imported module: ours as `.core.metrics`, others as `pandas.api`."""
    folder = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                yield ours(item.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield ours(node.module)
        elif isinstance(node, ast.ImportFrom):
            base = [*folder[: len(folder) + 1 - node.level], *(node.module or "").split(".")]
            stem = ".".join(part for part in base if part)
            for item in node.names:
                inner = f"{stem}.{item.name}" if stem else item.name
                yield f".{inner if is_module(inner) else stem}"


def ours(module):
    """An absolute import of the package written like a relative one."""
    head, _, tail = module.partition(".")
    return f".{tail}" if head == PACKAGE.name else module


def is_module(name):
    path = PACKAGE.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def without_typing(tree):
    """The tree without blocks that only type checkers read."""

    class Remover(ast.NodeTransformer):
        def visit_If(self, node):
            typing_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if typing_only else self.generic_visit(node)

    return Remover().visit(tree)


@functools.cache
def tree_of(path):
    """The module as it is written: never to be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def fresh(path):
    """The module as it is written, to be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imported(path):
    """What a module imports as it runs."""
    return tuple(imports(without_typing(fresh(path)), path))


def parsed(folder=""):
    """(name, path, tree) of every module below a folder of the package."""
    for path in MODULES:
        if name_of(path).startswith(folder):
            yield name_of(path), path, tree_of(path)


def violations(folder, forbidden):
    return [
        f"{name} imports {module}"
        for name, path, _ in parsed(folder)
        for module in imported(path)
        if forbidden(module)
    ]


def calls(method):
    """Names of the modules that call a method of this name, one for each call."""
    return [
        name
        for name, _, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
    ]


def test_the_import_reader_sees_what_it_must():
    code = (
        "import pandas.api\nfrom ..config import Params\nfrom . import gate\n"
        "from .. import tracking\nfrom .metrics import gain\n"
        f"from {PACKAGE.name}.core import split\n"
        "if TYPE_CHECKING:\n    from ..adapters import onnx\n"
    )
    path = PACKAGE / "core" / "made_up.py"
    everything = list(imports(ast.parse(code), path))
    assert everything == [
        "pandas.api",
        ".config",
        ".core.gate",
        ".tracking",
        ".core.metrics",
        ".core",
        ".adapters.onnx",
    ]
    assert list(imports(without_typing(ast.parse(code)), path)) == everything[:-1]


def room_of(name):
    """The folder of the package that a module stands in, or `loose`."""
    first, _, rest = name.partition(".")
    return first if rest or (PACKAGE / first).is_dir() else "loose"


def crossings(name, modules):
    """The rooms, other than its own, of what a module imports."""
    ours = {room_of(module[1:]) for module in modules if module[0] == "."}
    return ours - {room_of(name)}


def on_import(tree):
    """The tree without what only runs when a function is called."""

    class Remover(ast.NodeTransformer):
        def visit_FunctionDef(self, _):
            return None

        def visit_AsyncFunctionDef(self, _):
            return None

    return Remover().visit(without_typing(tree))


def test_rooms_import_one_another_as_the_table_says():
    found = {room_of(name): set() for name, _, _ in parsed() if name}
    for name, path, _ in parsed():
        if name:
            found[room_of(name)] |= crossings(name, imported(path))
    assert found == EDGES


def test_nothing_needs_a_room_that_may_be_deleted():
    found = [
        f"{name} imports {room} at once"
        for name, path, _ in parsed()
        for room in crossings(name, imports(on_import(fresh(path)), path)) & OPTIONAL
        if room_of(name) not in OPTIONAL
    ]
    assert found == []


def test_the_room_reader_sees_what_it_must():
    path = PACKAGE / "steps" / "made_up.py"
    code = "from ..github import ci\ndef late():\n    from ..intake import inbox\n"
    assert crossings("steps.made_up", imports(ast.parse(code), path)) == {"github", "intake"}
    assert crossings("steps.made_up", imports(on_import(ast.parse(code)), path)) == {"github"}
    assert crossings("loop", [".errors", "pandas", ".steps.tune"]) == {"steps"}


@pytest.mark.parametrize("part", PURE)
def test_what_is_pure_imports_nothing_of_ours_but_what_is_pure(part):
    allowed = (*PURE, "core", *LEAVES)
    found = violations(part, lambda module: module[0] == "." and not module[1:].startswith(allowed))
    assert found == []
    assert list(parsed(part)), part
    assert violations("errors", lambda _: True) == []


def test_core_names_the_config_for_type_checkers_only():
    named = {
        module
        for _, path, tree in parsed("core")
        for module in imports(tree, path)
        if module[0] == "." and not module.startswith((".core", ".errors"))
    }
    assert named <= {".config"}


def test_what_is_pure_touches_no_file_environment_clock_or_process():
    forbidden = {"os", "tempfile", "shutil", "subprocess", "socket", "time"}
    pure = [item for part in PURE for item in parsed(part)]
    assert [
        line
        for part in PURE
        for line in violations(part, lambda module: module.split(".")[0] in forbidden)
    ] == []
    assert [
        name for verb in ("now", "today") for name in calls(verb) if name.startswith(PURE)
    ] == []
    named = [
        f"{name} names {node.id}"
        for name, _, tree in pure
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in ("Path", "open", "print", "input")
    ]
    assert named == []


def test_what_the_team_owns_needs_nothing_of_the_engine():
    assert len(list(parsed("own."))) > 0
    assert violations("own.", lambda module: module[0] == ".") == []
    assert violations("", lambda module: module.split(".")[1:2] == ["own"]) == []


def test_steps_never_import_one_another():
    assert violations("steps.", lambda module: module.startswith(".steps")) == []


def test_adapters_import_no_step():
    assert violations("adapters", lambda module: module.startswith(".steps")) == []


def test_a_vendor_is_imported_in_adapters_and_in_those_of_a_room_only():
    found = violations("", lambda module: module.split(".")[0] in VENDORS)
    elsewhere = {line.split()[0] for line in found if not line.startswith("adapters.")}
    assert elsewhere == OF_A_ROOM
    assert len(found) > 10


@pytest.mark.parametrize(
    "vendor",
    ["boto3", "evidently", "kubeflow", "mlflow", "optuna", "skops", "skl2onnx", "onnxruntime"],
)
def test_a_vendor_lives_in_one_file(vendor):
    """A second file of the same vendor begins with the first one's name: mlflow, mlflow_trials."""
    found = violations("", lambda module: module.split(".")[0] == vendor)
    assert len({line.split()[0].partition("_")[0] for line in found}) == 1


def test_the_champion_is_moved_in_one_place_called_by_promote_alone():
    assert calls("set_registered_model_alias") == ["adapters.mlflow"]
    assert calls("promote") == ["steps.promote"]
    assert calls("delete_registered_model_alias") == []


def test_the_command_line_is_on_top():
    """Whoever needs what a command does finds it in a module below."""
    above = violations("", lambda module: module.startswith(".cli"))
    assert [line for line in above if not line.startswith("cli")] == ["__main__ imports .cli"]


def test_a_command_has_a_file_of_its_name():
    code = f"import typer, {PACKAGE.name}.cli as cli; "
    code += "print(*typer.main.get_command(cli.app).commands)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    commands = {name.replace("-", "_") for name in done.stdout.split()}
    files = {path.stem for path in (PACKAGE / "cli").glob("[!_]*.py")}
    assert files - commands == {"steps"}
    plain = re.findall(r'"(\w+)"', (PACKAGE / "cli/steps.py").read_text().split("PLAIN = ")[1])
    assert commands - files == set(plain)


def test_importing_the_command_line_imports_nothing_heavy():
    code = f"import sys, {PACKAGE.name}.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    loaded = set(done.stdout.split())
    assert f"{PACKAGE.name}.cli" in loaded
    assert loaded & {"numpy", "pandas", "sklearn", "scipy", "pydantic", *VENDORS} == set()


def test_nothing_happens_when_a_module_is_imported():
    """Beside definitions, a module's top level holds no bare call but the adapters' switches."""
    found = [
        f"{name} line {node.lineno}"
        for name, path, tree in parsed()
        if path.name != "__main__.py"
        for node in tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if not ast.unparse(node.value).startswith("os.environ.setdefault(")
    ]
    assert found == []
