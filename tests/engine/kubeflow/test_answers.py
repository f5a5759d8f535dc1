import json

import pytest

from level2.base.errors import ProjectError
from level2.kubeflow.answers import (
    Run,
    Task,
    failed_nodes,
    judge_health,
    last_words,
    pod_names,
    refusal,
    shown,
    verdict,
)

JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "many"),
    [(b"{}", False), (b'{"multi_user":true}', True), (b'{"pipeline_store":"kubernetes"}', False)],
)
def test_a_healthy_answer(body, many):
    assert judge_health("KFP at x", 200, JSON, body).multi_user is many


@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (401, JSON, b"", "does not accept the credentials (401)"),
        (403, JSON, b"", "denies access (403)"),
        (404, JSON, b"", "has no API v2beta1 (404)"),
        (302, "text/html", b"", "redirects to /dex/auth (302)"),
        (503, "text/plain", b"", "KFP behind it is not (503)"),
        (418, JSON, b"", "answers 418 to the health check"),
        (200, "text/html", b"<html>", "a web page instead of the API"),
        (200, JSON, b" \n<!doctype html>", "a web page instead of the API"),
        (200, "text/plain", b"ok", "not JSON (text/plain)"),
        (200, "", b"\xff\xfe\x00", "not JSON (no content type)"),
        (200, JSON, b"[]", "does not come from KFP 2"),
        (200, JSON, b'{"status":"ok"}', "does not come from KFP 2"),
    ],
)
def test_anything_else_is_named(status, kind, body, said):
    with pytest.raises(ProjectError) as caught:
        judge_health("KFP at x", status, kind, body, "/dex/auth?state=secret")
    assert str(caught.value).startswith("KFP at x ")
    assert said in str(caught.value)
    assert "state" not in str(caught.value)


def test_a_refused_call_says_what_the_server_said():
    body = '{"code": 3, "message": "bad name\\nstack"}'
    assert refusal("uploading", "KFP", 400, body) == "KFP answered 400 while uploading: bad name"
    assert refusal("uploading", "KFP", 500, "<html>") == (
        "KFP answered 500 while uploading: no reason given"
    )
    assert "no longer accepts the credentials (401)" in refusal("following", "KFP", 401, body)
    assert "as a login page would" in refusal("following", "KFP", 302, "")


@pytest.mark.parametrize("field", ["message", "error_message", "error"])
def test_each_field_that_a_server_has_for_a_reason_is_read(field):
    """A refused upload answers error_message."""
    body = json.dumps({"code": 3, field: "bad spec\nstack"})
    assert refusal("uploading", "KFP", 400, body) == "KFP answered 400 while uploading: bad spec"
    empty = json.dumps({"message": "", field: "bad spec"})
    assert refusal("uploading", "KFP", 400, empty).endswith("uploading: bad spec")


# The nodes around one task that failed, as KFP 2.17 on Argo tells them: every one has a twin.
NAMES = {"train", "evaluate", "record"}
NODES = (
    Task("small-load-w9kjf", "FAILED", "", ("small-load-w9kjf-1",)),
    Task("small-load-w9kjf(0)", "FAILED", "", ("small-load-w9kjf-2",)),
    Task("root", "FAILED", "", ("small-load-w9kjf-3",)),
    Task("root-driver(0)", "SUCCEEDED", "", ("small-load-w9kjf-4",)),
    Task("exit-handler-1(0)", "FAILED", "", ("small-load-w9kjf-5",)),
    Task("train", "FAILED", "", ("small-load-w9kjf-6",)),
    Task("train(0)", "FAILED", "", ("small-load-w9kjf-7",)),
    Task("train-driver(0)", "SUCCEEDED", "", ("small-load-w9kjf-8",)),
    Task("executor", "FAILED", "", ("small-load-w9kjf-9", "small-load-w9kjf-10")),
    Task("executor(0)", "FAILED"),
    Task("executor(1)", "FAILED"),
    Task("evaluate", "SKIPPED"),
    Task("record", ""),
)


def test_a_branch_that_has_ended_does_not_hide_one_that_runs():
    both = (
        (Task("tune", "SUCCEEDED"), Task("tune", "RUNNING")),
        (
            Task("tune", "RUNNING"),
            Task("tune", "SUCCEEDED"),
        ),
    )
    assert [task.state for tasks in both for task in shown(tasks, {"tune"})] == ["RUNNING"] * 2
    failed = Run("FAILED", (Task("tune", "SUCCEEDED"), Task("tune", "FAILED")))
    assert "FAILED in `tune`" in verdict(failed, {"tune"}, "run-1", "link")


def test_the_failed_task_is_named_and_not_what_lies_around_it():
    assert [task.name for task in shown(NODES, NAMES)] == ["train", "evaluate"]
    assert verdict(Run("FAILED", NODES), NAMES, "run-1", "link", "no quota") == (
        "run run-1 FAILED in `train` (no quota): link"
    )
    assert verdict(Run("FAILED", NODES), NAMES, "run-1", "link") == (
        "run run-1 FAILED in `train`: link"
    )


def test_the_pod_of_the_last_attempt_is_asked_first():
    found = failed_nodes(NODES)
    assert found[:3] == ["small-load-w9kjf-10", "small-load-w9kjf-9", "small-load-w9kjf-1"]
    assert not {"small-load-w9kjf-4", "small-load-w9kjf-8"} & set(found), "of those that went well"
    assert pod_names(found[0]) == [
        "small-load-w9kjf-retry-system-container-impl-10",
        "small-load-w9kjf-system-container-impl-10",
        "small-load-w9kjf-system-container-driver-10",
        "small-load-w9kjf-10",
    ]


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("ok\n stopped: no rows: give some\nexit status 1\n", "no rows: give some"),
        ("[KFP 1] stopped: a\n stopped: b\x1b[0m\x07\n", "b"),
        (
            "Traceback\nModuleNotFoundError: No module named 'x'\n",
            "ModuleNotFoundError: No module named 'x'",
        ),
        (
            "main.go:70] failed to execute: signal: killed",
            "main.go:70] failed to execute: signal: killed",
        ),
        ("fine\n", ""),
        ("", ""),
    ],
)
def test_the_reason_in_a_log_is_the_sentence_of_the_project(log, reason):
    assert last_words(log) == reason


def test_an_error_that_a_server_does_tell_is_said():
    failed = Run("FAILED", (Task("train", "FAILED", "main: exit code 1\nmore"),))
    assert "FAILED in `train` (main: exit code 1): link" in verdict(failed, NAMES, "r", "link")


def test_a_run_that_failed_without_a_task_says_the_runs_reason():
    assert verdict(Run("FAILED", (), "no quota\n"), NAMES, "r", "link") == (
        "run r FAILED (no quota): link"
    )
    assert verdict(Run("FAILED"), NAMES, "r", "link") == "run r FAILED: link"


def test_only_succeeded_is_success():
    assert "r ended SKIPPED, not SUCCEEDED" in verdict(Run("SKIPPED"), NAMES, "r", "link")
    assert verdict(Run("SUCCEEDED", NODES), NAMES, "r", "link") == ""


@pytest.mark.parametrize("run", [Run("FAILED", NODES, terminated=True), Run("CANCELED", NODES)])
def test_a_terminated_run_is_named_so_whatever_its_state(run):
    assert verdict(run, NAMES, "r", "link") == (
        f"run r was terminated: it ended {run.state}, not SUCCEEDED: link"
    )
