"""Where things may live: who imports whom, and who may move the champion."""

import ast
import functools
import re
import statistics
import subprocess
import sys

import pytest

from layout import PROJECT

ROOT = PROJECT
PACKAGE = ROOT / "engine" / "level2"
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
    "psycopg",
    "skl2onnx",
    "skops",
}
# From the ground up: a room imports those before it. Rooms are folders of the engine; `project.py`
# and `workspace.py`, which lie beside them, count as one.
ORDER = (
    *("base", "data", "features", "model", "owned", "params", "project", "registry", "baseline"),
    *("prediction_log", "reports", "monitoring", "training", "serving", "batch", "adoption"),
    *("github", "kubeflow", "deploy", "intake", "cli"),
)
# Rooms that a project may delete: the others import them only in the function that needs them.
OPTIONAL = {"deploy", "github", "intake", "kubeflow"}
# Modules of rooms that think (see THINKING) which touch files, the environment, the clock, a
# process or a vendor. Every other module of these rooms is pure.
TOUCHING = {
    *("adoption.add_source", "adoption.files", "adoption.reading", "adoption.refusal"),
    "adoption.step",
    *("baseline.reference_file", "baseline.store"),
    *("data.csv_faults", "data.dialects", "data.pandera", "data.parquet", "data.streams"),
    *("data.tables", "data.unpack"),
    *(
        "features.feast",
        "features.feast_asof",
        "features.feast_declare",
        "features.feast_lock",
        "features.feast_mark",
        "features.feast_newest",
        "features.feast_online",
        "features.feast_postgres",
        "features.feast_push",
        "features.feast_sqlite",
        "features.feast_store",
        "features.feast_tables",
    ),
    *("features.feast_project", "features.feast_settings", "features.ibis", "features.known_past"),
    *("model.artifact", "model.bundled_history", "model.onnx", "model.onnx_targets", "model.skops"),
    *("monitoring.current_rows", "monitoring.evidently"),
    *("monitoring.steps.decide", "monitoring.steps.monitor"),
    *("reports.drawing", "reports.drawing_marks"),
}
THINKING = ("adoption", "baseline", "data", "features", "model", "monitoring", "reports")
# Pure modules of the other rooms.
PURE = {
    *("base.amounts", "base.errors", "base.images", "base.names", "base.plain"),
    *("base.progress", "base.scikit", "base.yaml_text"),
    *("deploy.release", "deploy.rollout", "github.pull_request", "github.sanitize"),
    *("intake.arrivals", "intake.workbook", "kubeflow.answers", "kubeflow.katib.experiment"),
    "params.decide",
    *("kubeflow.katib.trial_job", "params.monitor", "params.sections", "training.leakage_sums"),
    *("prediction_log.feedback", "training.leakage", "training.origins", "training.sample"),
}
FORBIDDEN = {"os", "tempfile", "shutil", "subprocess", "socket", "time", "filelock", *VENDORS}
CONTEXT = {".params.config", ".project", ".workspace"}  # they carry paths and settings


def name_of(path):
    """`model.metrics` for engine/level2/model/metrics.py."""
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
        "import pandas.api\nfrom ..workspace import Workspace\nfrom . import gate\n"
        "from .. import owned\nfrom .metrics import gain\n"
        f"from {PACKAGE.name}.model import split\n"
        "if TYPE_CHECKING:\n    from ..registry import mlflow\n"
    )
    path = PACKAGE / "model" / "made_up.py"
    everything = list(imports(ast.parse(code), path))
    assert everything == [
        "pandas.api",
        ".workspace",
        ".model.gate",
        ".owned",
        ".model.metrics",
        ".model",
        ".registry.mlflow",
    ]
    assert list(imports(without_typing(ast.parse(code)), path)) == everything[:-1]


def room_of(name):
    """The folder of the engine that a module stands in, or `project`."""
    first, _, rest = name.partition(".")
    return first if rest or (PACKAGE / first).is_dir() else "project"


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


def upward(name, modules):
    """What a module imports of rooms that stand above its own."""
    for module in {item[1:] for item in modules if item.startswith(".") and item != "."}:
        if ORDER.index(room_of(module)) > ORDER.index(room_of(name)):
            yield f"{name} imports {module}"


def test_rooms_import_those_below_them():
    assert {room_of(name) for name, _, _ in parsed() if name} == set(ORDER)
    found = [
        line
        for name, path, _ in parsed()
        if name not in ("", "__main__")
        for line in upward(name, imported(path))
    ]
    assert found == []


def test_an_import_of_a_room_above_is_seen():
    assert list(upward("data.times", [".base.plain", ".model.gate", "pandas"])) == [
        "data.times imports model.gate"
    ]


def test_nothing_needs_a_room_that_may_be_deleted():
    found = [
        f"{name} imports {room} at once"
        for name, path, _ in parsed()
        for room in crossings(name, imports(on_import(fresh(path)), path)) & OPTIONAL
        if room_of(name) not in OPTIONAL
    ]
    assert found == []


def test_the_room_reader_sees_what_it_must():
    path = PACKAGE / "batch" / "made_up.py"
    code = "from ..github import ci\ndef late():\n    from ..intake import inbox\n"
    assert crossings("batch.made_up", imports(ast.parse(code), path)) == {"github", "intake"}
    assert crossings("batch.made_up", imports(on_import(ast.parse(code)), path)) == {"github"}
    assert crossings("project", [".base.errors", ".training.loop"]) == {"base", "training"}


def touches(path, tree):
    """Why a module is not pure: what it imports, names or calls."""
    for module in imported(path):
        if module.split(".")[0] in FORBIDDEN or module in CONTEXT:
            yield f"imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ("Path", "open", "print", "input"):
            yield f"names {node.id}"
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today"):
            yield f"asks for {node.attr}"


def test_rooms_that_think_touch_nothing_but_where_the_list_says():
    found = {
        name
        for name, path, tree in parsed()
        if room_of(name) in THINKING and list(touches(path, tree))
    }
    by_imports = {"adoption.reading", "model.bundled_history"}
    by_imports |= {f"features.feast_{name}" for name in ("mark", "online", "push")}
    assert found == TOUCHING - by_imports


@pytest.mark.parametrize("name", sorted(PURE))
def test_what_is_pure_elsewhere_touches_nothing(name):
    [(path, tree)] = [(path, tree) for known, path, tree in parsed() if known == name]
    assert list(touches(path, tree)) == []


def test_what_is_pure_imports_only_what_is_pure():
    pure = PURE | {name for name, _, _ in parsed() if room_of(name) in THINKING} - TOUCHING
    found = [
        f"{name} imports {module}"
        for name, path, _ in parsed()
        if name in pure
        for module in imports(on_import(fresh(path)), path)
        if module.startswith(".") and is_file(module[1:]) and module[1:] not in pure
    ]
    assert found == []


def is_file(name):
    return PACKAGE.joinpath(*name.split(".")).with_suffix(".py").exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os", "imports os"),
        ("from ..project import Context", "imports .project"),
        ("x = open('a')", "names open"),
        ("from datetime import datetime\nx = datetime.now()", "asks for now"),
    ],
)
def test_a_touch_is_seen(code, said, monkeypatch):
    path = PACKAGE / "model" / "made_up.py"
    monkeypatch.setitem(globals(), "imported", lambda path: tuple(imports(ast.parse(code), path)))
    assert list(touches(path, ast.parse(code))) == [said]


def test_what_the_team_owns_needs_nothing_of_the_engine():
    owned = sorted((PROJECT / "src" / "mlproject").glob("*.py"))
    assert len(owned) > 1
    for path in owned:
        assert "level2" not in path.read_text(), path
    assert violations("", lambda module: module.startswith("mlproject")) == []


def test_steps_never_import_one_another():
    for room in ("training", "monitoring"):
        steps = f".{room}.steps"
        assert violations(f"{room}.steps.", lambda module, at=steps: module.startswith(at)) == []


@pytest.mark.parametrize(
    "vendor",
    ["boto3", "evidently", "kubeflow", "mlflow", "optuna", "skops", "skl2onnx", "onnxruntime"],
)
def test_a_vendor_lives_in_one_file(vendor):
    """A second file of the same vendor begins with the first one's name: mlflow, mlflow_trials."""
    found = violations("", lambda module: module.split(".")[0] == vendor)
    assert len({line.split()[0].partition("_")[0] for line in found}) == 1


def test_a_champion_is_moved_in_one_place_by_the_gate_or_by_an_approval():
    assert calls("set_registered_model_alias") == ["registry.mlflow"]
    to_production_and_back = ["registry.promotion", "registry.promotion"]
    by_command = ["cli.promote_to"]  # it asks registry.promotion
    callers = sorted(calls("promote"))
    assert callers == [*by_command, *to_production_and_back, "training.steps.promote"]
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
        env={"PYTHONPATH": str(ROOT / "engine")},
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
        env={"PYTHONPATH": str(ROOT / "engine")},
    )
    loaded = set(done.stdout.split())
    assert f"{PACKAGE.name}.cli" in loaded
    assert loaded & {"numpy", "pandas", "sklearn", "scipy", "pydantic", *VENDORS} == set()


def sizes(paths):
    """Lines of each module, by its name."""
    return {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}


def too_long(lengths):
    """What is against the bounds: modules of 200 lines or more, a median of 100 or more."""
    found = [f"{name} has {count} lines" for name, count in lengths.items() if count >= 200]
    middle = statistics.median(lengths.values())
    return [*found, f"half the modules have {middle:g} lines or more"] if middle >= 100 else found


def test_modules_are_short():
    assert too_long(sizes(MODULES)) == []


def test_a_long_module_and_a_high_median_are_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    lengths = {"data/short.py": 199, "model/long.py": 200, "model/tiny.py": 1}
    for name, count in lengths.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n" * count)
    found = sizes(tmp_path / name for name in lengths)
    assert found == {"data.short": 199, "model.long": 200, "model.tiny": 1}
    assert too_long(found) == [
        "model.long has 200 lines",
        "half the modules have 199 lines or more",
    ]


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
