"""A generated project on a made-up table, for the measures that run its loop."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from generation import copy_template
from measure import ONE_THREAD, MeasureError, Usage, environment, project_python, spend

PACKAGE = "measured"
SOURCE = "data/raw/table.parquet"
FEATURES = 20
VERBS = (
    "ingest",
    "validate",
    "featurize",
    "build_dataset",
    "tune",
    "train",
    "evaluate",
    "promote",
    "report",
)
STORE = ("mlflow.db", "mlartifacts")
MADE = ("data", "artifacts", "reports", "feature_repo/data")


@dataclass(frozen=True)
class Project:
    """Its folder, its Python, the variables its commands see and its table's bytes in memory."""

    root: Path
    python: Path
    variables: dict[str, str]
    table_bytes: int

    def python_run(self, *words: str) -> Usage:
        """Run the project's Python."""
        return spend([str(self.python), *words], self.root, self.variables)

    def verb(self, *words: str) -> Usage:
        """Run one command of the project."""
        return self.python_run("-m", "level2", *words)

    def read(self, path: str) -> Any:
        """Read a JSON file of the project."""
        return json.loads((self.root / path).read_text(encoding="utf-8"))

    def clear(self) -> None:
        """Remove everything a loop writes but the tracking store."""
        for path in (self.root / name for name in MADE):
            for item in path.iterdir() if path.exists() else ():
                if item.is_dir() and item.name != "raw":
                    shutil.rmtree(item)
                elif item.is_file():
                    item.unlink()

    def keep_store(self) -> None:
        """Keep the tracking store as it is now."""
        kept = self.root.parent / "store"
        kept.mkdir()
        shutil.copy2(self.root / STORE[0], kept)
        shutil.copytree(self.root / STORE[1], kept / STORE[1])

    def restore_store(self) -> None:
        """Bring the kept tracking store back: each run registers into the same one."""
        kept = self.root.parent / "store"
        shutil.copy2(kept / STORE[0], self.root)
        shutil.rmtree(self.root / STORE[1])
        shutil.copytree(kept / STORE[1], self.root / STORE[1])


def make(folder: Path, rows: int, trials: int | None = None) -> Project:
    """Generate a project in `folder` on a table of so many rows; trials as shipped, or given."""
    python = project_python()
    template = copy_template(folder / "template")
    words = [f"project_slug={PACKAGE}", f"package_name={PACKAGE}"]
    cookiecutter = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", *words]
    spend(cookiecutter, folder, environment(folder))
    root = folder / PACKAGE
    (root / SOURCE).parent.mkdir(parents=True, exist_ok=True)
    script = str(Path(__file__).with_name("made_table.py"))
    made = spend([str(python), script, str(root / SOURCE), str(rows)], folder, environment(folder))
    write_params(root / "params.yaml", trials)
    variables = environment(
        folder,
        **ONE_THREAD,
        PYTHONPATH=str(root / "engine"),
        DVC_NO_ANALYTICS="1",
        DVC_SITE_CACHE_DIR=str(folder / "dvc"),
    )
    variables["PATH"] = f"{python.parent}:{variables['PATH']}"
    return Project(root, python, variables, int(made.output))


def write_params(path: Path, trials: int | None) -> None:
    """Put the made-up table's contract in place of the sample's; searches stay as shipped."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree["data"] = {
        "name": "made-table",
        "source": SOURCE,
        "entity": "station",
        "event_timestamp": "day",
        "frequency": "1D",
        "target": "y",
        "task": "regression",
        "features": {f"x{number}": {"type": "float"} for number in range(FEATURES)},
    }
    tree["featurize"] = {}
    tree["evaluate"] |= {"slices": ["x0"]}
    tree["promote"]["thresholds"] = {"r2": {"min": 0.5}}
    tree["tune"] |= {"trials": trials} if trials else {}
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def expect(met: bool, what: str) -> None:
    """Raise MeasureError where a run did something else than what is measured."""
    if not met:
        raise MeasureError(what)
