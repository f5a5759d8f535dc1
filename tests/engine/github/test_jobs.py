"""Jobs with a token, run as commands against a stand-in for GitHub's REST interface."""

import json
import os
import subprocess
import sys

import pytest

from layout import PROJECT
from servers.github_api import TOKEN, Recorder

ROOT = PROJECT
PACKAGE = "level2"
SHA, FORK = "a" * 40, "stranger/project"


@pytest.fixture
def github():
    with Recorder() as server:
        server.pulls[7] = {"head": {"sha": SHA, "repo": {"full_name": FORK}}}
        yield server


@pytest.fixture
def job(github, tmp_path):
    """The job of report.yml with a good artifact: returns a function that runs a verb."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "report.md").write_text("### 🟢 fine\n\n| a |\n| --- |\n| `b` |\n")
    (folder / "pull_request.json").write_text('{"number": 7}')
    run = {"id": 99, "head_sha": SHA, "head_repository": {"full_name": FORK}}
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": run}))

    def call(*words, ok=True, token=TOKEN, run_id="99"):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "engine"),
            "GITHUB_API_URL": github.address,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_TOKEN": token,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "GITHUB_RUN_ID": run_id,
            "NUMBER": "7",
        }
        # -S -I leave site-packages out: nothing may need an installation
        code = "import sys; sys.path.insert(0, 'engine'); import level2.github.jobs as g; g.main()"
        command = [sys.executable, "-S", "-I", "-c", code, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert TOKEN not in said
        assert (done.returncode == 0) is ok, said
        return said

    call.folder, call.out = folder, tmp_path
    return call


def test_a_good_report_is_taken_and_posted_once_however_often_it_comes(job, github):
    for push in range(3):
        (job.folder / "report.md").write_text(f"### push {push}\n")
        job("take", str(job.folder))
        job("comment", str(job.folder))
    (comment,) = github.comments[7]
    assert "### push 2\n" in comment["body"]
    assert f'![](https://cml.dev/watermark.png#{SHA} "CML watermark' in comment["body"]
    assert (job.out / "output").read_text() == "number=7\n" * 3
    assert "### push 1\n" in (job.out / "summary").read_text()


def test_the_comment_is_found_beyond_the_first_page_and_a_quote_of_it_is_left_alone(job, github):
    job("take", str(job.folder))
    thread = github.comments.setdefault(7, [])
    quote = github.add(thread, "<!-- pull-request-report --> as they said", kind="User")
    for number in range(150):
        github.add(thread, f"chatter {number}", kind="Bot")
    mine = github.add(
        thread, '![](https://cml.dev/watermark.png#1 "CML watermark pull-request-report")'
    )
    job("comment", str(job.folder))
    assert len(thread) == 152
    assert "### 🟢 fine" in mine["body"]
    assert quote["body"].endswith("as they said")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("pull_request.json", '{"number": 8}', "404"),
        ("pull_request.json", '{"number": "7; x"}', "must hold one number"),
        ("pull_request.json", " " * 200, "at most 100 are taken"),
        ("pull_request.json", None, "holds no file"),
        ("report.md", None, "holds no file"),
        ("report.md", "x" * 300_000, "at most 240,000"),
        ("report.md", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_hostile_artifact_is_refused(job, github, name, content, complaint):
    path = job.folder / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert complaint in job("take", str(job.folder), ok=False)
    assert not (job.out / "output").exists()
    assert github.comments == {}


def test_a_link_in_the_artifact_is_not_followed(job):
    (job.out / "secret").write_text("secret")
    (job.folder / "report.md").unlink()
    (job.folder / "report.md").symlink_to(job.out / "secret")
    assert "holds no file report.md" in job("take", str(job.folder), ok=False)


@pytest.mark.parametrize(
    "head", [{"sha": "b" * 40, "repo": {"full_name": FORK}}, {"sha": SHA, "repo": None}]
)
def test_a_report_for_somebody_elses_pull_request_is_refused(job, github, head):
    github.pulls[7] = {"head": head}
    assert "nothing is posted" in job("take", str(job.folder), ok=False)
    assert not (job.out / "output").exists()


def test_one_issue_while_it_fails_closed_when_it_works_again(job, github):
    job("issue", "retraining", "--body", "first")
    job("issue", "retraining", "--body", "second")
    (issue,) = github.issues
    assert issue["title"] == "retraining failed"
    assert [item["body"] for item in github.comments[issue["number"]]] == ["second"]
    job("settle", "retraining", "--body", "works again")
    assert issue["state"] == "closed"
    job("settle", "retraining", "--body", "works again")
    assert len(github.comments[issue["number"]]) == 2
    job("issue", "retraining", "--body", "third")
    assert [item["state"] for item in github.issues] == ["closed", "open"]


def test_drift_is_told_and_a_branch_becomes_a_pull_request(job, github):
    job("dispatch", "drift")
    assert github.dispatches == [{"event_type": "drift"}]
    job("pull-request", "retrained/1", "--body", "Retrained (data)")
    (opened,) = github.opened
    assert (opened["head"], opened["base"]) == ("retrained/1", "main")


def test_a_missing_token_is_one_sentence(job):
    assert "GITHUB_TOKEN is not set" in job("dispatch", "drift", ok=False, token="")


def test_a_refused_token_is_one_sentence(job):
    assert "GitHub answered 401" in job("dispatch", "drift", ok=False, token="w" * 5)


def test_who_approved_a_run_for_production_is_told(job, github):
    github.reviewed("nobody-yet", state="rejected")
    github.reviewed("carl", environment="staging")
    assert "approved  production · by nobody" in job("approved", "production")
    github.reviewed("bert")
    github.reviewed("anna")
    assert "approved  production · anna, bert" in job("approved", "production")
    assert (job.out / "output").read_text() == "by=\nby=anna, bert\n"
    assert github.calls[-1] == ("GET", f"/repos/{github.repository}/actions/runs/99/approvals")


def test_a_hostile_login_stays_one_word(job, github):
    github.reviewed("eve\nby=$(touch x) `y`")
    job("approved", "production")
    assert (job.out / "output").read_text() == "by=evebytouchxy\n"


def test_an_approval_that_cannot_be_asked_for_is_not_given(job):
    said = job("approved", "production", ok=False, token=TOKEN[1:])
    assert "GitHub answered 401" in said
    said = job("approved", "production", ok=False, run_id="../1")
    assert "GITHUB_RUN_ID is not a number" in said
    assert not (job.out / "output").exists()
