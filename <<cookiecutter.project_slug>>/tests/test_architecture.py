"""Where things may live: who imports whom, and who may move the champion."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
(PACKAGE,) = [item for item in (ROOT / "src").iterdir() if (item / "cli.py").exists()]
MODULES = sorted(PACKAGE.rglob("*.py"))
VENDORS = {
    "boto3",
    "botocore",
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
LEAVES = {"errors"}  # what core may use besides itself: it imports nothing


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


@functools.cache
def imported(path):
    """What a module imports as it runs."""
    return tuple(imports(without_typing(ast.parse(path.read_text(encoding="utf-8"))), path))


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


def test_core_imports_nothing_of_ours_but_core():
    allowed = ("core", *LEAVES)
    found = violations(
        "core", lambda module: module[0] == "." and not module[1:].startswith(allowed)
    )
    assert found == []
    assert violations("errors", lambda _: True) == []


def test_core_names_the_config_for_type_checkers_only():
    named = {
        module
        for _, path, tree in parsed("core")
        for module in imports(tree, path)
        if module[0] == "." and not module.startswith((".core", ".errors"))
    }
    assert named <= {".config"}


def test_core_touches_no_file_environment_clock_or_process():
    forbidden = {"os", "tempfile", "shutil", "subprocess", "socket", "time"}
    assert violations("core", lambda module: module.split(".")[0] in forbidden) == []
    assert [name for verb in ("now", "today") for name in calls(verb) if "core." in name] == []
    named = [
        f"{name} names {node.id}"
        for name, _, tree in parsed("core")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in ("Path", "open", "print", "input")
    ]
    assert named == []


def test_steps_never_import_one_another():
    assert violations("steps.", lambda module: module.startswith(".steps")) == []


def test_adapters_import_no_step():
    assert violations("adapters", lambda module: module.startswith(".steps")) == []


def test_a_vendor_is_imported_in_adapters_only():
    found = violations("", lambda module: module.split(".")[0] in VENDORS)
    assert [line for line in found if not line.startswith("adapters.")] == []
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
        for name, _, tree in parsed()
        if name != "__main__"
        for node in tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if not ast.unparse(node.value).startswith("os.environ.setdefault(")
    ]
    assert found == []
