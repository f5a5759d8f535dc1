"""The workflows of a generated project, run by nektos/act: real jobs, GitHub is a stand-in.

The repository, the commits, the commands of every step and the models are real; actions are
stand-ins (tests/support/stand_ins.py), so are `gh`, `npm`, CML and the scanner; GitHub's REST API
is the recorder of the project's own tests. Events and their payloads are written here. act knows
nothing of branch and path filters, concurrency, permissions and environments.
"""

import json
import shutil
import time
from pathlib import Path

import pytest
import yaml

from acting import REPOSITORY, SECRETS, GitHub, git, stand_in_for_github
from projects import copy, make, tool

pytestmark = [pytest.mark.slow, pytest.mark.server]

PROBE = '''"""What a pull request's code can see: run by every Python that the project starts."""

import os
from pathlib import Path

if "STAND_INS" in os.environ:
    with Path(os.environ["STAND_INS"], "seen").open("a", encoding="utf-8") as stream:
        stream.write(f"{dict(os.environ)}\\n")
'''


@pytest.fixture(scope="module")
def recorder():
    found, token = stand_in_for_github()
    with found:
        yield found, token


@pytest.fixture(scope="module")
def github(bake, recorder, tmp_path_factory):
    """A small project that has trained once, on a GitHub of stand-ins, with main's caches."""
    folder = tmp_path_factory.mktemp("act")
    project = copy(bake(dvc_remote_url=str(folder / "remote")), folder / "work")
    hub = GitHub(project, folder, recorder[0].address, recorder[1])
    knobs(project, trials=2)
    for path in (project / "tests").glob("test_*.py"):
        if path.name != "test_graph.py":  # the others are run by the other tests
            path.unlink()
    (project / "src/sitecustomize.py").write_text(PROBE)
    make(project, "sample", "UNTIL=2016-12-31")
    make(project, "repro")
    commit(project, "First model")
    hub.push("main")
    shutil.copytree(project / ".dvc/cache", hub.state / "cache/dvc/.dvc/cache")
    return hub


def knobs(project: Path, **tune: object) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["tune"].update(tune)
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def commit(project: Path, message: str) -> str:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", message)
    return git(project, "rev-parse", "HEAD")


class PullRequest:
    """A branch, hostile wherever a stranger may choose the words, and its events."""

    def __init__(self, hub: GitHub, recorder, number: int, owner: str = "team"):
        self.hub, self.recorder, self.number = hub, recorder, number
        self.repository = f"{owner}/project"
        self.trap = hub.folder / f"sprung-{number}"
        touch = f"touch${{IFS}}{self.trap}"
        self.branch = f"x/`{touch}`$({touch});{touch};\"'"
        self.title = f'"; touch {self.trap}; $(touch {self.trap})\n::set-output name=verdict::hold'
        git(hub.work, "checkout", "--quiet", "main")
        git(hub.work, "checkout", "--quiet", "-b", self.branch)

    def push(self, *words: str):
        """Push what the folder holds; run ci for it as GitHub merges it."""
        hub = self.hub
        git(hub.work, "checkout", "--quiet", self.branch)
        self.head = commit(hub.work, self.title)
        hub.push(f"refs/heads/{self.branch}")
        git(hub.work, "checkout", "--quiet", "--detach", "main")
        git(hub.work, "merge", "--quiet", "--no-ff", "--message", self.title, self.branch)
        merged = hub.push(f"refs/pull/{self.number}/merge")
        git(hub.work, "checkout", "--quiet", self.branch)
        origin = {"full_name": self.repository, "fork": self.repository != REPOSITORY}
        head = {"ref": self.branch, "sha": self.head, "repo": origin}
        self.recorder.pulls[self.number] = {"head": head}
        payload = {
            "action": "synchronize",
            "number": self.number,
            "pull_request": {
                "number": self.number,
                "title": self.title,
                "body": self.title,
                "labels": [{"name": self.title}],
                "head": head,
                "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
            },
            "repository": {"full_name": REPOSITORY, "default_branch": "main"},
        }
        return hub.act("ci", "pull_request", payload, merged, *words)

    def report(self):
        """Run report for the ci that has just ended."""
        hub = self.hub
        payload = {
            "action": "completed",
            "workflow_run": {
                "id": hub.number,
                "event": "pull_request",
                "head_branch": self.branch,
                "head_sha": self.head,
                "head_repository": {"full_name": self.repository},
            },
            "repository": {"full_name": REPOSITORY, "default_branch": "main"},
        }
        main = git(hub.bare, "rev-parse", "main")
        return hub.act("report", "workflow_run", payload, main)

    def comments(self) -> list[str]:
        return [item["body"] for item in self.recorder.comments.get(self.number, [])]


def seen(hub: GitHub) -> str:
    """What the probe in the project's code has seen since the last time."""
    file = hub.state / "seen"
    text = file.read_text() if file.exists() else ""
    file.unlink(missing_ok=True)
    return text


@pytest.fixture(scope="module")
def pull(github, recorder):
    return PullRequest(github, recorder[0], 7)


def a_comment(hub: GitHub) -> None:
    """Change what is no document, and what no stage of the pipeline reads."""
    with (hub.work / ".editorconfig").open("a") as stream:
        stream.write("\n# a word more\n")


@pytest.fixture(scope="module")
def first(pull):
    """ci, then report, for a change that changes no model; npm has no CML."""
    seen(pull.hub)
    a_comment(pull.hub)
    ci = pull.push()
    return ci, seen(pull.hub), pull.report()


def test_a_pull_request_is_checked_and_trained_and_passes(first):
    ci, _, _ = first
    assert ci.code == 0, ci.log
    assert ci.jobs == {"check": "success", "train": "success", "gate": "success"}
    assert ci.outputs == {"code": "true", "verdict": "pass"}
    assert "passed in" in ci.log
    assert "Stage 'train' is cached" in ci.log
    assert "Running stage" not in ci.log
    assert "This change: passes" in ci.summary
    [kept] = ci.given("actions/upload-artifact", job="train")
    assert kept == {"name": "pull-request-report", "path": "reports"}


def test_untrusted_code_sees_no_secret_and_nothing_is_left_to_it(first, recorder):
    ci, environment, _ = first
    assert "'GITHUB_EVENT_NAME': 'pull_request'" in environment
    for secret in (*SECRETS.values(), recorder[1]):
        assert secret not in environment
    checkouts = ci.given("actions/checkout")
    assert len(checkouts) == 2
    assert {given["persist-credentials"] for given in checkouts} == {"false"}


def test_the_untrusted_report_is_one_comment_whole_and_posted_without_cml(first, pull):
    _, _, report = first
    assert report.code == 0, report.log
    assert report.jobs == {"comment": "success"}
    assert report.given("npm")
    assert not report.given("cml")
    [comment] = pull.comments()
    written = pull.hub.state / "artifacts/101/pull-request-report/pull_request/report.md"
    rows = [line for line in written.read_text().splitlines() if line.startswith("|")]
    assert len(rows) > 10
    assert [line for line in comment.splitlines() if line.startswith("|")] == rows
    assert "</details>" in comment
    assert comment.startswith(report.summary.strip())


@pytest.mark.usefixtures("first")
def test_a_change_of_documents_alone_reports_both_checks_within_a_minute(github, recorder):
    pull = PullRequest(github, recorder[0], 10)
    for name in ("README.md", "docs/data.md"):
        with (github.work / name).open("a") as stream:
            stream.write("\nA word more.\n")
    started = time.monotonic()
    ci = pull.push()
    assert ci.code == 0, ci.log
    assert ci.jobs == {"check": "success", "train": "success", "gate": "success"}
    assert ci.outputs == {"code": "false"}
    assert ci.log.count("documents alone have changed") == 2
    assert "passed in" not in ci.log
    assert ci.given("actions/setup-python") == []
    assert time.monotonic() - started < 60
    assert pull.report().jobs == {"comment": "success"}
    assert pull.comments() == []


@pytest.fixture(scope="module")
def three(first, pull):
    """A push that makes the model worse, reported by CML; one that takes it back, without."""
    assert len(pull.comments()) == 1, first[2].log
    (pull.hub.state / "npm-has-cml").touch()
    good = (pull.hub.work / "params.yaml").read_text()
    alpha = {"type": "double", "min": 5000, "max": 9000}
    knobs(pull.hub.work, families={"linear": {"alpha": alpha}})
    found = []
    for params in (None, good):
        if params:
            (pull.hub.state / "npm-has-cml").unlink()
            (pull.hub.work / "params.yaml").write_text(params)
        found.append((pull.push("--job=gate"), pull.report(), pull.comments()))
    return found


def test_a_worse_model_turns_the_gate_red_and_is_reported(three):
    ci, report, [comment] = three[0]
    assert ci.code == 1
    assert ci.jobs == {"train": "success", "gate": "failure"}
    assert ci.outputs == {"code": "true", "verdict": "hold"}
    assert "Running stage 'train'" in ci.log
    assert "the gate holds this change" in ci.log
    assert report.jobs == {"comment": "success"}
    assert len(report.given("cml")) == 1
    assert "tune.families" in comment


def test_three_pushes_leave_one_comment(three, pull):
    ci, report, comments = three[1]
    assert ci.jobs == {"train": "success", "gate": "success"}
    assert not report.given("cml")
    assert comments == pull.comments()
    assert len(comments) == 1
    assert "This change: passes" in comments[0]
    assert comments[0] != three[0][2][0]


@pytest.mark.usefixtures("three")
def test_hostile_words_stay_words(pull):
    assert pull.branch in git(pull.hub.bare, "branch", "--list")
    assert not pull.trap.exists()


PLANTED = """
name: planted
on: pull_request
jobs:
  planted:
    runs-on: ubuntu-24.04
    env: {{ LEAK: "${{{{ secrets.MLFLOW_TRACKING_TOKEN }}}}" }}
    steps:
      - uses: {use}
      - run: PYTHONPATH=src python3 -c "pass"
      - run: |
          echo "${{{{ github.event.pull_request.title }}}}"
"""


def test_the_trap_and_the_probe_would_tell(github, recorder):
    """A workflow with both faults that the others do not have: expression and secret."""
    pull = PullRequest(github, recorder[0], 9)
    flows = github.work / ".github/workflows"
    use = next(line for line in (flows / "ci.yml").read_text().splitlines() if "checkout@" in line)
    (flows / "ci.yml").write_text(PLANTED.format(use=use.split("uses:")[1].strip()))
    pull.push()
    assert pull.trap.exists()
    assert SECRETS["MLFLOW_TRACKING_TOKEN"] in seen(github)


@pytest.mark.usefixtures("first")
def test_a_fork_is_served_alike_and_cannot_speak_for_another(github, recorder):
    pull = PullRequest(github, recorder[0], 8, owner="stranger")
    a_comment(github)
    ci = pull.push("--job=gate")
    assert ci.jobs == {"train": "success", "gate": "success"}
    environment = seen(github)
    assert environment
    for secret in (*SECRETS.values(), recorder[1]):
        assert secret not in environment
    assert pull.report().jobs == {"comment": "success"}
    assert len(pull.comments()) == 1
    before = recorder[0].comments[7].copy()
    claim = github.state / f"artifacts/{github.number - 1}/pull-request-report/pull_request"
    shutil.copytree(claim.parents[1], github.state / f"artifacts/{github.number}")
    claim = github.state / f"artifacts/{github.number}/pull-request-report/pull_request"
    (claim / "pull_request.json").write_text(json.dumps({"number": 7}))
    forged = pull.report()
    assert forged.jobs == {"comment": "failure"}
    assert "nothing is posted" in forged.log
    assert recorder[0].comments[7] == before
    assert len(pull.comments()) == 1
    assert not pull.trap.exists()


AFTERWARDS = {"lock/lock", "retrained/record", "retrained/tell"}
EVERY = {"repository": {"full_name": REPOSITORY, "default_branch": "main"}}


def main(hub: GitHub) -> Path:
    """Main's folder, as it was last pushed."""
    git(hub.work, "checkout", "--quiet", "--force", "main")
    return hub.work


def merge(hub: GitHub, workflow: str, message: str, *words: str):
    """Run a workflow for a push of main's folder as it is."""
    before = git(hub.work, "rev-parse", "HEAD")
    after = commit(hub.work, message)
    hub.push("refs/heads/main")
    event = {"ref": "refs/heads/main", "before": before, "after": after, "deleted": False, **EVERY}
    return hub.act(workflow, "push", event, after, *words)


@pytest.fixture(scope="module")
def merged(github):
    """What cd does for a merge, in a project that knows no cluster, and what its code has seen."""
    seen(github)
    with (main(github) / "engine/level2/model/gate.py").open("a") as stream:
        stream.write("# a line more\n")
    return merge(github, "cd", "Merged"), seen(github)


def test_a_merge_pushes_scans_and_attests_one_image(merged, github):
    cd, _ = merged
    sha, image = git(github.bare, "rev-parse", "main"), "ghcr.io/example-org/load-forecast"
    [built] = cd.given("docker/build-push-action")
    assert built["tags"] == f"{image}:{sha},{image}:main"
    assert built["build-args"] == f"GIT_COMMIT={sha}"
    assert built["push"] == "true"
    [attested] = cd.given("actions/attest-build-provenance")
    assert attested == {"subject-name": image, "subject-digest": cd.outputs["digest"]}
    [words] = cd.given("grype")
    assert words[-1] == f"{image}@{cd.outputs['digest']}"


def test_a_merge_without_a_cluster_says_so_and_runs_here(merged):
    cd, environment = merged
    assert cd.code == 0, cd.log
    jobs = {"image/image", "pipeline/pipeline", *AFTERWARDS}
    assert cd.jobs == dict.fromkeys(jobs, "success")
    assert "KF_PIPELINES_ENDPOINT or the image is missing" in cd.log
    assert cd.outputs["ended"] == "promoted"
    assert "code: promoted, champion v1" in cd.log
    kept = [given["name"] for given in cd.given("actions/upload-artifact")]
    assert kept == ["lock"]  # production waits for a cluster
    assert f"load-forecast@{cd.outputs['digest']}" in environment
    assert SECRETS["MLFLOW_TRACKING_TOKEN"] in environment


@pytest.fixture(scope="module")
def scheduled(merged, github):
    assert merged[0].code == 0
    return github.act("ct", "schedule", EVERY, git(github.bare, "rev-parse", "main"))


def test_the_clock_retrains_and_the_same_model_keeps_its_champion(scheduled, github, recorder):
    assert scheduled.code == 0, scheduled.log
    assert scheduled.outputs["trigger"] == "schedule"
    assert scheduled.outputs["ended"] == "champion kept"
    jobs = {"start", "pipeline/pipeline", *AFTERWARDS}
    assert scheduled.jobs == dict.fromkeys(jobs, "success")
    assert f"data-{scheduled.outputs['data']}" in git(github.bare, "tag")
    assert recorder[0].issues == []
    assert len(recorder[0].opened) == 2  # the lock follows the line that the merge has brought
    assert [asked["title"].split(":")[0] for asked in recorder[0].opened] == [
        "Retrained (code)",
        "Retrained (schedule)",
    ]
    for asked in recorder[0].opened:  # nobody has accepted the first: main is as it was
        assert asked["head"].startswith("retrained/")
        assert asked["base"] == "main"


def look(hub: GitHub):
    return hub.act("monitor", "schedule", EVERY, git(hub.bare, "rev-parse", "main"))


def table(hub: GitHub, *words: str) -> None:
    """Another table in main's folder, its bytes not yet pushed."""
    make(main(hub), "sample", *words)
    tool(hub.work, "dvc", "add", "data/raw/load.csv")


@pytest.fixture(scope="module")
def usual(scheduled, github, recorder):
    """What monitor says of two months more of the same; the events that it has sent."""
    assert scheduled.code == 0
    table(github, "UNTIL=2017-02-28")
    make(github.work, "push")
    commit(github.work, "Two months more")
    github.push("refs/heads/main")
    return look(github), list(recorder[0].dispatches)


def test_monitor_lets_usual_data_be(usual):
    monitor, sent = usual
    assert monitor.code == 0, monitor.log
    assert monitor.jobs == {"look": "success", "act": "success"}
    assert monitor.outputs == {"drift": "false", "action": "keep"}
    assert "nothing to do" in monitor.log
    assert sent == []


@pytest.fixture(scope="module")
def forgotten(usual, github):
    """What ct does for a push of other data alone, whose bytes are not at the remote."""
    assert usual[0].code == 0
    table(github, "UNTIL=2017-04-30", "SHOCK=lockdown")
    return merge(github, "ct", "New data")


def test_a_push_of_data_alone_retrains_and_missing_bytes_are_named(forgotten):
    assert forgotten.code == 1
    assert forgotten.outputs["trigger"] == "data"
    assert forgotten.outputs["go"] == "true"
    assert forgotten.jobs == {"start": "success", "pipeline/pipeline": "failure"}
    assert "is neither in DVC's cache nor in its remote: run `make push`" in forgotten.log


CALLER = """
name: caller
on: workflow_dispatch
jobs:
  after:
    uses: ./.github/workflows/retrained.yml
    with: { result: failure, trigger: data }
"""


def test_failures_are_one_issue(forgotten, github, recorder):
    """Where a called workflow fails act ends, GitHub goes on: what comes after is called here."""
    assert forgotten.code == 1
    git(main(github), "checkout", "--quiet", "-b", "caller")
    (github.work / ".github/workflows/ct.yml").write_text(CALLER)
    sha = commit(github.work, "Only what comes after")
    github.push("refs/heads/caller")
    runs = [github.act("ct", "workflow_dispatch", EVERY, sha) for _ in range(2)]
    assert [run.jobs for run in runs] == [{"retrained/tell": "success"}] * 2
    [issue] = recorder[0].issues
    assert issue["title"] == "retraining failed"
    assert "Trigger data" in issue["body"]
    assert len(recorder[0].comments[issue["number"]]) == 1
    assert issue["state"] == "open"


@pytest.fixture(scope="module")
def drifted(forgotten, github):
    """monitor, once the bytes are there."""
    assert forgotten.code == 1
    make(main(github), "push")
    return look(github)


def test_monitor_starts_ct_where_data_have_drifted(drifted, recorder):
    assert drifted.code == 0, drifted.log
    assert drifted.jobs == {"look": "success", "act": "success"}
    assert drifted.outputs == {"drift": "true", "action": "retrain"}
    assert [sent["event_type"] for sent in recorder[0].dispatches] == ["drift"]


def test_the_event_of_monitor_retrains_and_settles_the_issue(drifted, github, recorder):
    assert drifted.code == 0
    payload = {"action": recorder[0].dispatches[0]["event_type"], "client_payload": {}, **EVERY}
    sha, before = git(github.bare, "rev-parse", "main"), len(recorder[0].opened)
    ct = github.act("ct", "repository_dispatch", payload, sha)
    assert ct.code == 0, ct.log
    assert ct.outputs["trigger"] == "drift"
    assert ct.outputs["ended"] in ("promoted", "champion kept")
    assert f"drift: {ct.outputs['ended']}, champion v" in ct.log
    assert ct.jobs["retrained/record"] == "success"
    assert {item["state"] for item in recorder[0].issues} == {"closed"}
    [asked] = recorder[0].opened[before:]
    assert asked["title"].startswith("Retrained (drift): model v")
    changed = git(github.bare, "diff", "--name-only", "main", asked["head"])
    assert changed.split() == ["artifacts/metrics.json", "dvc.lock"]
    assert git(github.bare, "rev-parse", "main") == sha
    assert f"data-{ct.outputs['data']}" in git(github.bare, "tag").split()


def test_a_push_that_brings_code_too_is_left_to_cd(drifted, github):
    assert drifted.code == 0
    table(github, "UNTIL=2017-05-31")
    with (github.work / "README.md").open("a") as stream:
        stream.write("\nWhere the data come from.\n")
    ct = merge(github, "ct", "Data and words")
    assert ct.code == 0, ct.log
    assert ct.outputs["go"] == "false"
    assert ct.jobs == {"start": "success"}
