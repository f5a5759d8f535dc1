"""`loop-demo`: the monitor-model loop on one machine, from outside, without a person."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..base import yaml_text
from ..base.console import Screen
from ..base.errors import ProjectError
from ..base.files import read_json
from ..base.yaml_file import read_yaml
from ..data.contract import TIMESTAMP
from ..data.feature import Feature
from ..features.transforms import derive, model_features
from ..params.config import Settings, load_params
from ..project import Context
from ..training.steps import ingest
from ..workspace import Workspace
from ._demo_service import ask, service
from .sample import SAMPLE

PACKAGE = __name__.partition(".")[0]
BEFORE, CLEAN, SHOCKED = "2016-12-31", "2017-05-10", "2017-06-30"
SHOCK, DAYS, PATIENCE = "lockdown", 30, 60.0
# a shock covers 45 days: with the usual fifth of all rows to judge, none of them would be learnt
CHANGES: dict[str, dict[str, Any]] = {
    "build_dataset": {"test_fraction": 0.02, "validation_fraction": 0.03},
    "tune": {"trials": 8},
}


def show(root: Path) -> None:
    """Run the whole loop in a copy of the project that is gone afterwards."""
    screen = Screen(0)
    if load_params(root / "params.yaml").data.source != str(SAMPLE):
        raise ProjectError(f"loop-demo shows the sample table, params.yaml names another: {SAMPLE}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(root, folder)
        Demo(folder, screen).run()


def _copy(root: Path, folder: Path) -> None:
    tree = read_yaml(root / "params.yaml")
    for section, changes in CHANGES.items():
        tree[section] = {**tree[section], **changes}
    (folder / "params.yaml").write_text(yaml_text.dump(tree))
    ignored = shutil.ignore_patterns("data", "__pycache__")
    shutil.copytree(root / "feature_repo", folder / "feature_repo", ignore=ignored)


class Demo:
    """The phases, each said in a line."""

    def __init__(self, folder: Path, screen: Screen) -> None:
        self.folder, self.screen = folder, screen
        kept = {key: value for key, value in os.environ.items() if not _ours(key)}
        source = str(Path(__file__).parents[2])
        self.environment = {**kept, "PYTHONPATH": source, "SERVE_RELOAD_SECONDS": "0.2"}

    def run(self) -> None:
        """Raises ProjectError where a phase ends otherwise than it should."""
        self.verb("sample", "--until", BEFORE)
        self.verb("run")
        self.say("train", f"champion v{self.result('decision')['champion']}, data until {BEFORE}")
        with service(self.folder, self.environment) as port:
            self.say("serve", f"http://127.0.0.1:{port}, every answer logged")
            self.phase(port, CLEAN, (), "keep")
            self.phase(port, SHOCKED, ("--shock", SHOCK), "retrain")
            gate, evaluation = self.result("decision"), self.result("evaluation")
            self.expect(gate["verdict"] == "promote", f"the gate said {gate['reasons']}")
            new = gate["champion"]
            old, mine = evaluation["champion"]["metrics"], evaluation["candidate"]["metrics"]
            metric = evaluation["metric"]
            change = f"{metric} {old[metric]:,.0f} → {mine[metric]:,.0f} {evaluation['unit']}"
            self.say("promote", f"v{gate['previous']} → v{new} · {change} on rows neither learnt")
            waited = self.reloaded(port, new)
            self.say("reload", f"the same service answers by v{new}, {waited:.1f} s later")
        self.screen.say()
        self.screen.say(f" loop closed: {SHOCK} → retrained → v{new} serves · {change}", "green")

    def phase(self, port: int, until: str, shock: tuple[str, ...], wanted: str) -> None:
        """New days are asked for and their labels arrive; the monitor looks, a decision follows."""
        self.verb("sample", "--until", until, *shock)
        rows = self.rows()
        for row in rows:
            ask(port, row)
        what = f" of a {shock[-1]}" if shock else ""
        self.say("log", f"{len(rows)} answers for the {DAYS} days{what} until {until}")
        self.verb("monitor", "--source", "log")
        verdict = self.result("monitor")
        loud = [name for name, state in verdict["signals"].items() if state == "alarm"]
        self.say("monitor", f"{verdict['verdict']} {' and '.join(loud)}".strip())
        self.verb("decide")
        record = self.result("decide")
        self.expect(record["action"] == wanted, f"decided {record['action']}, not {wanted}")
        self.say("decide", f"{record['number']} {record['action']}: {record['reason']}")
        self.verb("decide", "--apply")

    def rows(self) -> list[dict[str, Any]]:
        """The newest days as requests carry them."""
        params = load_params(self.folder / "params.yaml")
        contract = params.data
        context = Context(params, Workspace.at(self.folder), settings=Settings())
        with tempfile.TemporaryDirectory() as apart:
            context = replace(context, workspace=Workspace(self.folder, Path(apart)))
            table = ingest.read(context, ingest.fetched(context))[0]
        made = derive(table, contract, params.featurize)
        made = made[made[TIMESTAMP] > made[TIMESTAMP].max() - pd.Timedelta(days=DAYS)]
        features = model_features(contract, params.featurize)
        return [
            {
                contract.entity_column: item[contract.entity_column],
                str(contract.event_timestamp): item[TIMESTAMP].isoformat(),
                **{name: _plain(item[name], kind) for name, kind in features.items()},
            }
            for item in made.to_dict("records")
        ]

    def verb(self, *words: str) -> None:
        """One command of the project, as a process."""
        done = subprocess.run(
            [sys.executable, "-m", PACKAGE, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.expect(done.returncode == 0, f"`{words[0]}` ended with: {done.stderr.strip()[-300:]}")

    def reloaded(self, port: int, version: str) -> float:
        """Seconds until the service answers by a version."""
        row, began = self.rows()[-1], time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if ask(port, row)["version"] == version:
                return time.monotonic() - began
            time.sleep(0.1)
        raise ProjectError(f"loop-demo: the service did not come to v{version}")

    def result(self, name: str) -> Any:
        """A JSON file that a verb left."""
        return read_json(self.folder / "artifacts" / f"{name}.json")

    def say(self, phase: str, text: str) -> None:
        """One phase."""
        self.screen.say(f" {phase:<9} {text}")

    def expect(self, held: bool, otherwise: str) -> None:
        """Raise ProjectError unless it held."""
        if not held:
            raise ProjectError(f"loop-demo: {otherwise}")


def _ours(name: str) -> bool:
    return name.startswith(("MLFLOW_TRACKING", "SERVE_", "PREDICTION_LOG", "GITHUB_"))


def _plain(value: Any, feature: Feature) -> Any:
    """A value as a request writes it."""
    if not feature.numeric:
        return str(value)
    if value != value:
        return None
    return {"bool": bool, "int": int}.get(feature.type, float)(value)
