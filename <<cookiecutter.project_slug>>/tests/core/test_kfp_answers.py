import pytest

from mlproject.core.kfp_answers import (
    Task,
    judge_health,
    refusal,
    shown,
    verdict,
)
from mlproject.errors import ProjectError

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
        (401, JSON, b"", "does not know who asks (401)"),
        (403, JSON, b"", "refuses (403)"),
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
    assert "as a login does" in refusal("following", "KFP", 302, "")


# The nodes around one task that failed, as KFP 2 on Argo tells them.
NODES = [
    Task("root", "FAILED", "", "1", ("2",)),
    Task("root-driver", "SUCCEEDED", "", "2", ("3",)),
    Task("exit-handler-1", "FAILED", "", "3", ("4",)),
    Task("train", "FAILED", "", "4", ("5",)),
    Task("train-driver", "SUCCEEDED", "", "5", ("6",)),
    Task("executor", "FAILED", "main: exit code 1\nmore", "6"),
    Task("evaluate", "SKIPPED", "", "7"),
]


def test_the_failed_task_is_named_and_not_what_lies_around_it():
    assert [task.name for task in shown(NODES, "run-1")] == ["train", "evaluate"]
    assert verdict("FAILED", NODES, "run-1", "link") == (
        "run run-1 FAILED in `train` (main: exit code 1): link"
    )


def test_of_a_failed_group_and_its_task_the_task_is_named():
    nodes = [Task("promoted", "FAILED", "", "1", ("2",)), Task("hand-over", "FAILED", "no", "2")]
    assert verdict("FAILED", nodes, "r", "link") == "run r FAILED in `hand-over` (no): link"


def test_a_run_that_failed_without_a_task_says_the_runs_reason():
    assert verdict("FAILED", [], "r", "link", "no quota\n") == "run r FAILED (no quota): link"
    assert verdict("FAILED", [], "r", "link") == "run r FAILED: link"


@pytest.mark.parametrize("state", ["CANCELED", "SKIPPED"])
def test_only_succeeded_is_success(state):
    assert f"ended {state}, which is no success" in verdict(state, [], "r", "link")
    assert verdict("SUCCEEDED", NODES, "r", "link") == ""
