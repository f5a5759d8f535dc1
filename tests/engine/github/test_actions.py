"""Decisions done: by a job with a token against a stand-in for GitHub, and on one machine."""

import json
import os
import subprocess
import sys

import pytest

from layout import PROJECT
from servers.github_api import TOKEN, Recorder

ROOT = PROJECT
PACKAGE = "level2"


@pytest.fixture
def github():
    with Recorder() as server:
        yield server


@pytest.fixture
def act(github, tmp_path):
    """Write a decision and let the job act on it; nothing is installed there."""

    def call(action, verdict="alarm", trials=60, ok=True, text=None, evidence="### why\n"):
        record = {"action": action, "verdict": verdict, "trials": trials}
        artifact = {
            "artifacts/decide.json": text if text is not None else json.dumps(record),
            "reports/decide.md": evidence,
        }
        for name, content in artifact.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        environment = {
            "PATH": os.environ["PATH"],
            "GITHUB_API_URL": github.address,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_TOKEN": TOKEN,
        }
        code = "import sys; sys.path.insert(0, 'engine'); import level2.github.jobs as g; g.main()"
        done = subprocess.run(
            [sys.executable, "-S", "-I", "-c", code, "act", str(tmp_path)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert (done.returncode == 0) is ok, said
        return said

    return call


def test_a_retraining_and_a_wider_search_are_dispatched(act, github):
    act("retrain")
    act("new_model", trials=40)
    assert github.dispatches == [
        {"event_type": "drift"},
        {"event_type": "new-model", "client_payload": {"trials": 40}},
    ]
    assert github.issues == []


def test_people_get_one_issue_with_inert_evidence_closed_when_all_is_quiet(act, github):
    act(
        "change_processing", evidence="### why\n@everyone ![x](https://evil.example/x) `$(touch x)`"
    )
    act("change_processing", evidence="### still\n")
    act("change_inputs")
    first, second = github.issues
    assert first["title"] == "Upstream data changed: adapt their processing"
    assert second["title"] == "Retraining does not help: change inputs or objective"
    assert "@everyone" not in first["body"]
    assert "](https://evil" not in first["body"]
    assert [item["body"] for item in github.comments[first["number"]]] == ["### still\n"]
    assert github.dispatches == []
    act("keep", verdict="unknown")
    assert {item["state"] for item in github.issues} == {"open"}
    act("keep", verdict="quiet")
    assert {item["state"] for item in github.issues} == {"closed"}
    assert not (ROOT / "x").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"action": "rm", "verdict": "alarm", "trials": 6}',
        '{"action": ["retrain"], "verdict": "alarm", "trials": 6}',
        '{"action": "new_model", "verdict": "alarm", "trials": "6"}',
        '{"action": "new_model", "verdict": "alarm", "trials": 60000}',
        "[" * 100_000,
    ],
)
def test_a_record_that_decide_did_not_write_does_nothing(act, github, text):
    assert "run `decide` again" in act("", text=text, ok=False)
    assert (github.dispatches, github.issues) == ([], [])
