"""A generated project's workflows, run by nektos/act on this machine; GitHub is a stand-in."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from test_workflows import _CACHE

import stand_ins
from conftest import PROJECT, ROOT
from projects import VENV

VERSION = os.environ.get("ACT", "v0.2.89")
ACT = Path(os.environ.get("TOOLS", _CACHE)) / f"act-{VERSION}"
REPOSITORY = "team/project"
SECRETS = {
    "EXAMPLE_TOKEN": "hidden-example-token",
    "AWS_SECRET_ACCESS_KEY": "hidden-aws-key",
    "KF_PIPELINES_TOKEN": "hidden-kubeflow-token",
    "MLFLOW_TRACKING_TOKEN": "hidden-mlflow-token",
    "REGISTRY_PASSWORD": "hidden-registry-password",
}
OUTPUTS = {"docker/build-push-action": ["digest"]}


def stand_in_for_github():
    """The recorder of the project's own tests, with its token."""
    path = ROOT / "tests" / "engine" / "support" / "servers" / "github_api.py"
    spec = importlib.util.spec_from_file_location("github_api", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Recorder(REPOSITORY), module.TOKEN


@dataclass
class Run:
    """What one event did: how each job ended, what was said, what the stand-ins were given."""

    code: int
    log: str
    records: list[dict]
    jobs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    def given(self, name: str, **where: str) -> list:
        found = [item for item in self.records if item["name"] == name]
        return [one["given"] for one in found if where.items() <= one.items()]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class GitHub:
    """A repository with what GitHub keeps beside it, and act to run its workflows."""

    def __init__(self, project: Path, folder: Path, api: str, token: str):
        if not ACT.exists():
            assert os.environ.get("CI") != "true", "in CI the workflows' run may not be skipped"
            pytest.skip("act is not here: `make tools` builds it where Go is at hand")
        self.work, self.folder, self.state = project, folder, folder / "state"
        self.api, self.token, self.number = api, token, 100
        (self.state / "cache" / "dvc" / ".dvc").mkdir(parents=True)
        self.bare = folder / "origin" / REPOSITORY
        self.server = f"file://{folder / 'origin'}"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        git(self.bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        (folder / "venv").symlink_to(VENV)  # beside it the project's tools are put: here, not there
        for name in ("gh", "npm", "go"):
            stand_ins.program(name, folder / "bin")
        self.actions = self._actions()

    def _actions(self) -> list[str]:
        """Write a stand-in for each action that is used; return the words that make act take it."""
        used: dict[str, set[str]] = {}
        for path in (PROJECT / ".github").rglob("*.yml"):
            flow = yaml.safe_load(path.read_text())
            jobs = [*flow.get("jobs", {}).values(), flow.get("runs", {})]
            for step in (step for job in jobs for step in job.get("steps", [])):
                if re.fullmatch(r"[^.].*@.+", step.get("uses", "")):
                    used.setdefault(step["uses"], set()).update(step.get("with", {}))
        words = []
        for use, inputs in used.items():
            name = use.split("@")[0]
            assert name in stand_ins.ACTIONS, f"no stand-in for {name}: write one"
            folder = self.folder / "actions" / use.replace("/", "-")
            folder.mkdir(parents=True)
            (folder / "action.yml").write_text(yaml.safe_dump(self._action(name, inputs)))
            words.append(f"--local-repository={self.server}/{use}={folder}")
        return words

    def _action(self, name: str, inputs: set[str]) -> dict:
        outputs = OUTPUTS.get(name, [])
        say = f'"{sys.executable}" "{stand_ins.__file__}" {name}'
        env = {"INPUTS": "${{ toJSON(inputs) }}"}
        return {
            "name": f"stand-in for {name}",
            "inputs": {word: {"required": False, "default": ""} for word in sorted(inputs)},
            "outputs": {word: {"value": f"${{{{ steps.do.outputs.{word} }}}}"} for word in outputs},
            "runs": {
                "using": "composite",
                "steps": [{"id": "do", "shell": "bash", "run": say, "env": env}],
            },
        }

    def push(self, ref: str) -> str:
        """Push what is checked out; return the commit."""
        git(self.work, "push", "--quiet", "--force", str(self.bare), f"HEAD:{ref}")
        return git(self.work, "rev-parse", "HEAD")

    def act(self, workflow: str, event: str, payload: dict, sha: str, *words: str) -> Run:
        """Run one workflow for one event at a commit."""
        self.number += 1
        place = self.folder / f"run-{self.number}"
        git(self.folder, "clone", "--quiet", str(self.bare), str(place))
        git(place, "checkout", "--quiet", sha)
        (place / ".act-event.json").write_text(json.dumps(payload))
        secrets = {**SECRETS, "GITHUB_TOKEN": self.token}
        (self.folder / "secrets").write_text("".join(f"{k}={v}\n" for k, v in secrets.items()))
        known = {
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.number),
            "GITHUB_SERVER_URL": self.server,
            "SHA_REF": sha,
        }
        command = [
            *(str(ACT), event, f"--workflows=.github/workflows/{workflow}.yml", "--json"),
            *("--platform=ubuntu-24.04=-self-hosted", "--no-skip-checkout", "--no-cache-server"),
            *(f"--eventpath={place / '.act-event.json'}", "--actor=somebody"),
            *(f"--secret-file={self.folder / 'secrets'}", "--defaultbranch=main"),
            *(f"--action-cache-path={self.folder / 'act'}", "--action-offline-mode"),
            *(f"--env={name}={value}" for name, value in known.items()),
            *(*self.actions, *words),
        ]
        done = subprocess.run(
            command, cwd=place, env=self._environment(), capture_output=True, text=True, check=False
        )
        shutil.rmtree(place)
        return self._read(done)

    def _environment(self) -> dict[str, str]:
        """What act hands on to the jobs of this machine: no more than they need."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        ours = {"PATH": path, "VENV": str(self.folder / "venv"), "PACKAGE": ""}
        ours |= {"STAND_INS": str(self.state), "ORIGIN": f"file://{self.bare}"}
        ours |= {name: os.environ[name] for name in ("HOME", "MYPY_CACHE_DIR", "OMP_NUM_THREADS")}
        return {**ours, "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8"}

    def _read(self, done: subprocess.CompletedProcess) -> Run:
        file = self.state / "records.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        run = Run(done.returncode, done.stdout + done.stderr, [json.loads(line) for line in lines])
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        for found in said:
            if found.get("jobResult"):
                run.jobs[found["job"].split("/", 1)[1].strip()] = found["jobResult"]
            if found.get("command") == "set-output":
                run.outputs[found["name"]] = found["arg"]
            if found.get("command") == "summary":
                run.summary += found["msg"].split("Summary - ", 1)[1]
        text = "\n".join([*(found["msg"] for found in said), done.stderr])
        run.log = re.sub(r"\x1b\[[0-9;]*m", "", text)
        return run
