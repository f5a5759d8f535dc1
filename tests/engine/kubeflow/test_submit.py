"""Runs and recurring runs through the real kfp.Client, against a stand-in for the KFP server."""

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest

from clusters import SECRET
from layout import PROJECT
from level2.base import git
from level2.base.errors import ProjectError
from level2.kubeflow import client, follow, logs
from level2.kubeflow import submit as submission
from servers.kfp_api import Fault
from servers.kfp_nodes import LOOP, frame, node_id, task

pytestmark = pytest.mark.slow

ROOT = PROJECT
GIVEN = {
    "trigger": "drift",
    "tuner": "katib",
    "source": "s3://raw/table.csv",
    "overrides": ["tune.trials=3"],
}
CRON = "0 3 * * 1"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Two compiled pipelines that differ, each with a platform document of its own."""
    import kfp.dsl as dsl
    from kfp import compiler, kubernetes

    folder, made = tmp_path_factory.mktemp("packages"), []
    for digit in "ab":

        @dsl.component(base_image=f"r.example/x@sha256:{digit * 64}", install_kfp_package=False)
        def ingest(source: str) -> str:
            return source

        @dsl.component(base_image="r.example/x@sha256:1", install_kfp_package=False)
        def train(source: str) -> str:
            return source

        @dsl.component(base_image="r.example/x@sha256:1", install_kfp_package=False)
        def record(source: str):
            pass

        @dsl.pipeline(name="small-load")
        def graph(source: str = ""):
            with dsl.ExitHandler(record(source=source)):
                first = ingest(source=source)
                kubernetes.set_image_pull_policy(first, "Always")
                with dsl.If(first.output == "a"):
                    train(source=source)

        made.append(folder / f"{digit}.yaml")
        compiler.Compiler().compile(graph, str(made[-1]))
    return made


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A committed project folder."""
    folder = tmp_path / "project"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "pipelines" / "training.py").write_text("graph = 1\n")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert git.start(folder)
    assert git.commit_all(folder, "first")
    return folder


@pytest.fixture(autouse=True)
def _way(api, environ):
    """The environment points at the server, with a token it wants."""
    api.token = SECRET
    environ(kf_pipelines_endpoint=api.url, kf_pipelines_token=SECRET)


@pytest.fixture
def submit(root, packages):
    def run(minutes=1.0, package=0):
        submission.submit(root, packages[package], "small-load", GIVEN, minutes)

    return run


@pytest.fixture
def schedule(root, packages):
    def put(cron=CRON, package=0):
        submission.schedule(root, packages[package], "small-load", cron, {**GIVEN, "source": ""})

    return put


def refused(call, *words):
    with pytest.raises(ProjectError) as caught:
        call(*words)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


REASON = "s3://raw/table.csv: there is no object `table.csv` in bucket `raw`"
LOG = f"""I1129 12:00:00.000000       1 launcher_v2.go:200] publish success.
[KFP Executor 2026-11-29 12:00:02,000 INFO]: Got executor_input:
 again: train, attempt 2 of 3
 \x1b[31mstopped: {REASON}
I1129 12:00:09.000000       1 main.go:70] failed to execute component: exit status 1
"""
INSIDE = "small-load-w9kjf.root(0).exit-handler-1(0)"

# Submit


def test_a_run_is_uploaded_started_by_name_and_followed_to_success(api, submit, root, capsys):
    submit()
    sha, (version,), (run,) = git.commit(root), api.stored["versions"], api.stored["runs"]
    assert [item["display_name"] for item in api.stored["pipelines"]] == ["small-load"]
    assert [item["display_name"] for item in api.stored["experiments"]] == ["small-load"]
    assert version["display_name"] == sha
    assert version["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == "small-load"
    assert re.fullmatch(rf"drift-{sha[:7]}-\d{{8}}-\d{{6}}", run["display_name"])
    assert run["runtime_config"]["parameters"] == GIVEN
    assert run["experiment_id"] == api.stored["experiments"][0]["experiment_id"]
    assert run["pipeline_version_reference"] == {
        "pipeline_id": version["pipeline_id"],
        "pipeline_version_id": version["pipeline_version_id"],
    }
    assert "service_account" not in run
    assert api.received[0].path == "/apis/v2beta1/healthz"
    assert {item.headers.get("authorization") for item in api.received} == {f"Bearer {SECRET}"}
    said, title = capsys.readouterr(), run["display_name"]
    lines = [re.sub(r" \d+:\d\d\b", " T", line) for line in said.out.splitlines()]
    assert [" ".join(line.split()) for line in lines] == [
        f"server {api.url}",
        f"version small-load {sha} uploaded",
        f"run {title}",
        f"look {api.url}/#/runs/details/{run['run_id']}",
        "T ingest succeeded",
        "T train succeeded",
        "T record succeeded",
        f"run {title} SUCCEEDED in T",
    ]
    assert SECRET not in said.out + said.err


def test_a_version_of_this_commit_is_used_again_and_another_content_gets_a_name_of_its_own(
    api, submit, root, capsys
):
    api.page = 1  # lists come in pages
    submit()
    submit()
    assert f"{git.commit(root)} exists already" in capsys.readouterr().out
    submit(package=1)
    submit(package=1)
    sha, names = git.commit(root), [item["display_name"] for item in api.stored["versions"]]
    assert names[0] == sha
    assert re.fullmatch(rf"{sha}-[0-9a-f]{{8}}", names[1])
    assert len(names) == 2
    used = [run["pipeline_version_reference"]["pipeline_version_id"] for run in api.stored["runs"]]
    first, second = (item["pipeline_version_id"] for item in api.stored["versions"])
    assert used == [first, first, second, second]
    assert len(api.stored["pipelines"]) == len(api.stored["experiments"]) == 1


def test_defaults_that_a_server_leaves_out_make_no_other_version(api, submit):
    submit()
    (version,) = api.stored["versions"]
    components = version["pipeline_spec"]["pipeline_spec"]["components"]
    tasks = components["comp-exit-handler-1"]["dag"]["tasks"]
    tasks["ingest"]["cachingOptions"] = {"enableCache": True, "cacheKey": ""}
    submit()
    assert len(api.stored["versions"]) == 1


@pytest.mark.parametrize("what", ["pipelines", "experiments", "upload_version"])
def test_a_conflict_with_another_submit_is_taken_for_what_it_is(what, api, submit, monkeypatch):
    """The other one makes it between our look and our request: 409 once, then it is there."""
    answer = type(api).answer

    def race(self, request):
        path = request.path.removeprefix("/apis/v2beta1/")
        if request.method == "POST" and path.endswith(what) and not raced:
            raced.append(answer(self, request))
        return answer(self, request)

    raced = []
    monkeypatch.setattr(type(api), "answer", race)
    submit()
    assert len(raced) == 1
    kept = api.stored["versions" if what == "upload_version" else what]
    assert len(kept) == 1
    assert len(api.stored["runs"]) == 1


def test_a_conflict_that_stays_ends_in_its_sentence(api, submit):
    api.faults = [Fault("POST", "experiments", 409)]
    assert refused(submit) == (
        f"KFP at {api.url} answered 409 while opening the KFP experiment: planted 409"
    )


def test_a_run_that_fails_names_the_task(api, submit):
    api.script = (
        frame("RUNNING", task("train", "RUNNING")),
        frame("FAILED", task("ingest", "SUCCEEDED"), task("train", "FAILED", LOG)),
    )
    said = refused(submit)
    title = api.stored["runs"][0]["display_name"]
    assert said.startswith(f"run {title} FAILED in `train` ({REASON}): {api.url}/#/runs/")
    (first,) = {item.path for item in api.asked("GET", "/apis/v1alpha1/")}
    assert first.startswith(f"/apis/v1alpha1/runs/{api.stored['runs'][0]['run_id']}/nodes/small-")
    assert {item.headers["authorization"] for item in api.received} == {f"Bearer {SECRET}"}


def test_the_reason_is_that_of_the_last_attempt(api, submit):
    api.script = (frame("FAILED", task("train", "FAILED", LOG, attempts=3)),)
    assert f"FAILED in `train` ({REASON}): " in refused(submit)


def test_behind_a_gateway_the_reason_comes_through_the_ui(api, submit, environ):
    api.gateway, api.multi_user = True, True
    environ(kf_pipelines_namespace="team-a")
    api.script = (frame("FAILED", task("train", "FAILED", LOG)),)
    assert f"FAILED in `train` ({REASON}): " in refused(submit)
    asked = api.asked("GET", "/k8s/pod/logs")[-1].query
    assert asked["podnamespace"] == ["team-a"]
    assert asked["runid"] == [api.stored["runs"][0]["run_id"]]


def test_a_log_that_outlives_its_pod_is_read_from_the_store(api, submit):
    api.archived = True
    api.script = (frame("FAILED", task("train", "FAILED", LOG, attempts=2)),)
    assert f"FAILED in `train` ({REASON}): " in refused(submit)
    asked = api.asked("GET", "/nodes/")
    (run,) = api.stored["runs"]
    node = node_id(f"{INSIDE}.train(0).executor(1)")
    assert [item.path for item in asked] == [
        f"/apis/v2beta1/runs/{run['run_id']}/nodes/{node}/artifacts/main-logs:read"
    ]


def test_a_pod_named_by_its_node_alone_is_found_too(api, submit):
    nodes, logs = task("train", "FAILED", LOG)
    (pod,) = logs
    (below,) = [
        item["child_tasks"][0]["pod_name"] for item in nodes if item["display_name"] == "executor"
    ]
    assert below == node_id(f"{INSIDE}.train(0).executor(0)")
    assert pod != below
    api.script = (frame("FAILED", (nodes, {below: LOG})),)
    assert f"FAILED in `train` ({REASON}): " in refused(submit)


@pytest.mark.parametrize("kind", [403, 500, "html", "hang", "drop"])
def test_a_log_that_cannot_be_had_takes_no_sentence_away(kind, api, submit, monkeypatch):
    monkeypatch.setattr(logs, "SECONDS", 1.0)
    monkeypatch.setattr(logs, "LIMIT", 0.3)
    api.script = (frame("FAILED", task("train", "FAILED", LOG)),)
    api.faults = [Fault("GET", "log", kind)]  # of any of the three doors
    start = time.monotonic()
    assert re.search(r"run drift-\S+ FAILED in `train`: http", refused(submit))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("states", "ends"),
    [(("CANCELING", "FAILED"), "FAILED"), (("FAILED",), "FAILED"), (("CANCELED",), "CANCELED")],
)
def test_a_run_that_someone_terminated_is_named_so(states, ends, api, submit):
    """KFP tells FAILED in the end; that it was terminated stands before it or in its history."""
    ingest = task("ingest", "FAILED")
    before = ("RUNNING", "CANCELING") if len(states) == 1 else ()
    api.script = tuple(frame(state, ingest, history=before) for state in states)
    assert f" was terminated: it ended {ends}, not SUCCEEDED: " in refused(submit)
    assert api.asked("GET", "/nodes/") == [], "there is no reason to look for"


def test_a_skipped_run_is_no_success(api, submit):
    api.script = (frame("SKIPPED"),)
    assert " ended SKIPPED, not SUCCEEDED: " in refused(submit)


def test_a_run_that_kfp_closes_late_is_waited_for_or_named(api, submit):
    every = [task(name, "SUCCEEDED") for name in ("ingest", "train", "record")]
    api.script = (frame("RUNNING", *every),) * 4 + (frame("SUCCEEDED", *every),)
    submit()
    api.script = (frame("RUNNING", *every),)
    assert re.search(
        r"has ended its tasks, but KFP has not closed it within 0.01 min", refused(submit, 0.01)
    )


@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_upload_says_what_the_server_said(status, api, submit):
    """The upload has words of its own: error_message."""
    api.faults = [Fault("POST", "/upload_version", status)]
    assert refused(submit) == (
        f"KFP at {api.url} answered {status} while uploading the version: planted {status}"
    )


def test_a_deadline_ends_the_wait_and_says_that_the_run_goes_on(api, submit):
    api.script = (frame("RUNNING", task("train", "RUNNING")),)
    start = time.monotonic()
    said = refused(submit, 0.01)
    assert time.monotonic() - start < 5
    (run,) = api.stored["runs"]
    assert re.fullmatch(
        rf"run (\S+) is not done after 0.01 min and continues, running `train`: follow it by "
        rf"`make pipeline-follow RUN=\1`, or look at http\S+/{run['run_id']}",
        said,
    )


@pytest.mark.parametrize("key", ["display_name", "run_id"])
def test_a_run_that_was_left_is_followed_again_by_name_or_id(key, api, submit, capsys):
    submit(0)
    (run,) = api.stored["runs"]
    capsys.readouterr()
    submission.follow_again("small-load", run[key], 1.0)
    said = capsys.readouterr().out
    assert f" run       {run['display_name']} SUCCEEDED\n" in said
    told = re.findall(r"(?m)^ +\d+:\d\d  (\S+) +(\w+)$", said)
    assert told == [(name, "succeeded") for name in ("ingest", "train", "record")]
    assert len(api.stored["runs"]) == 1, "none is started"


def test_following_again_ends_as_the_run_does(api, submit):
    submit(0)
    api.script = (frame("FAILED", task("train", "FAILED")),)
    said = refused(submission.follow_again, "small-load", api.stored["runs"][0]["run_id"], 1.0)
    assert re.match(r"run drift-\S+ FAILED in `train`", said)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("drift-0000000-20261130-120000", "has no run `drift-0000000-20261130-120000` of this"),
        ("", "no run is named: RUN= takes the name"),
    ],
)
def test_a_run_that_is_not_there_cannot_be_followed(name, reason, submit):
    submit(0)
    assert reason in refused(submission.follow_again, "small-load", name, 1.0)


def test_without_a_deadline_to_wait_for_the_run_is_only_started(api, submit, capsys):
    submit(0)
    assert len(api.stored["runs"]) == 1
    assert api.asked("GET", "/runs/") == []
    assert "SUCCEEDED" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["drop", 503, 429])
def test_short_silence_while_following_is_outlived(kind, api, submit, capsys):
    api.faults = [Fault("GET", "/runs/", kind, times=4, after=1)]
    submit()
    assert capsys.readouterr().out.count("no answer, asking again") == 1
    assert len(api.stored["runs"]) == 1


def test_long_silence_while_following_is_not(api, submit, monkeypatch):
    monkeypatch.setattr(follow, "PATIENCE", 0.5)
    api.faults = [Fault("GET", "/runs/", "drop", after=1)]
    said = refused(submit)
    assert "closed the connection" in said
    assert "(while following the run): the run continues, look at http" in said


def test_a_black_hole_while_following_is_left_in_time(api, submit, monkeypatch):
    monkeypatch.setattr(follow, "PATIENCE", 0.3)
    monkeypatch.setattr(client, "LIMITS", (0.2, 0.2))
    api.faults = [Fault("GET", "/runs/", "hang", after=1)]
    start = time.monotonic()
    assert "does not respond within 0.2 s: " in refused(submit), "the limit it ran into"
    assert time.monotonic() - start < 10


def test_the_limit_of_the_client_is_named_and_not_that_of_the_probe(api, schedule, monkeypatch):
    monkeypatch.setattr(client, "LIMITS", (0.2, 0.3))
    api.faults = [Fault("POST", "/recurringruns", "hang")]
    said = refused(schedule)
    assert "does not respond within 0.3 s: " in said
    assert said.endswith("(while creating the recurring run)")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (401, "no longer accepts the credentials (401) while following the run: renew"),
        (403, "answered 403 while following the run: planted 403"),
        ("redirect", "redirected (302) while following the run, as a login page would: renew"),
        ("html", "gave no id while following the run: it may be a login page"),
    ],
)
def test_a_session_that_ends_while_following_is_named_at_once(kind, said, api, submit):
    api.faults = [Fault("GET", "/runs/", kind, after=1)]
    told = refused(submit)
    assert said in told
    assert "; the run continues, look at http" in told
    assert len(api.asked("GET", "/runs/")) == 2


@pytest.mark.parametrize("kind", ["html", "empty"])
@pytest.mark.parametrize(
    ("method", "path", "doing"),
    [
        ("POST", "/pipelines", "creating the pipeline"),
        ("POST", "/pipelines/upload_version", "uploading"),
        ("POST", "/experiments", "opening the KFP experiment"),
        ("POST", "/runs", "starting the run"),
    ],
)
def test_an_answer_without_an_id_is_no_success(kind, method, path, doing, api, submit):
    last = path == "/pipelines"
    api.faults = [Fault(method, path, kind, times=1)]
    said = refused(submit)
    assert said.startswith(f"KFP at {api.url} gave no id while {doing}: it may be a login page")
    assert last or len(api.stored["pipelines"]) == 1
    assert api.stored["runs"] == []


def test_a_run_whose_start_is_not_answered_is_not_started_twice(api, submit):
    api.faults = [Fault("POST", "/runs", "drop")]
    assert "closed the connection" in refused(submit)
    assert len(api.asked("POST", "/runs")) == 1


def test_a_wrong_token_stops_before_anything_else(api, submit):
    api.token = "another"
    assert "does not accept the credentials (401)" in refused(submit)
    assert len(api.received) == 1


def test_a_rotated_token_file_is_read_again_for_the_next_request(api, submit, environ, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    environ(kf_pipelines_token="", kf_pipelines_sa_token_path=file)
    api.script = (frame("RUNNING"), frame("RUNNING"), frame("SUCCEEDED"))

    def rotate():
        while not api.asked("GET", "/runs/"):
            time.sleep(0.01)
        file.write_text("next\n")
        api.token = "next"

    thread = threading.Thread(target=rotate)
    thread.start()
    submit()
    thread.join()
    sent = [item.headers["authorization"] for item in api.received]
    assert sent[0] == f"Bearer {SECRET}"
    assert sent[-1] == "Bearer next"


def test_a_cookie_goes_with_every_request(api, submit, environ):
    api.token, api.cookie = "", f"authservice_session={SECRET}; theme=dark"
    environ(kf_pipelines_token="", kf_pipelines_cookie=api.cookie)
    submit()
    assert {item.headers.get("cookie") for item in api.received} == {api.cookie}
    assert not any("authorization" in item.headers for item in api.received)


def test_a_server_of_many_users_is_told_the_namespace_and_the_account(api, submit, environ):
    api.multi_user = True
    assert refused(submit) == (
        f"KFP at {api.url} is a multi-user server: set KF_PIPELINES_NAMESPACE to your namespace"
    )
    environ(kf_pipelines_namespace="team-a", kf_pipelines_service_account="pipeline-runner")
    submit()
    assert api.stored["pipelines"][0]["namespace"] == "team-a"
    assert api.stored["experiments"][0]["namespace"] == "team-a"
    assert api.stored["runs"][0]["service_account"] == "pipeline-runner"
    (listed, *_) = api.asked("GET", "/pipelines")
    assert listed.query["namespace"] == ["team-a"]


def test_the_page_of_a_run_is_where_the_ui_is(api, submit, environ, capsys):
    environ(kf_pipelines_ui_endpoint="https://kubeflow.example.com/pipeline/")
    submit()
    (run,) = api.stored["runs"]
    link = f"https://kubeflow.example.com/pipeline/#/runs/details/{run['run_id']}"
    assert f" look      {link}\n" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["pipelines/training.py", "src/new.py", "params.yaml"])
def test_what_is_not_committed_is_not_submitted(path, api, submit, root):
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("graph = 2\n")
    assert "is not committed: git add --all && git commit" in refused(submit)
    assert api.received == []


# The command line


IMAGE = f"r.example/team/x@sha256:{'c' * 64}"


@pytest.fixture
def command(context, monkeypatch, tmp_path):
    """Run `python -m pipelines` in a committed project; returns exit code, output and errors."""
    root = context.workspace.root
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "engine")]))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git.start(root)
    assert git.commit_all(root, "first")

    def run(*words):
        program = [sys.executable, "-m", "pipelines", *words]
        done = subprocess.run(program, cwd=root, capture_output=True, text=True, check=False)
        assert SECRET not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_command_submits_the_projects_own_pipeline(api, command):
    code, said, errors = command("submit", IMAGE, "--trigger", "data", "--set", "tune.trials=3")
    assert (code, errors) == (0, "")
    assert re.search(r" run       data-\S+ SUCCEEDED in ", said)
    told = re.findall(r"(?m)^ +\d+:\d\d  (\S+) +(\w+)$", said)
    wanted = [*LOOP, "hand-over", "report", "record"]
    assert told == [(name, "succeeded") for name in wanted], "one line a task, and no other"
    assert sum(len(nodes) for nodes in api.nodes()) > 60, "the server tells many more"
    (version,), (run,) = api.stored["versions"], api.stored["runs"]
    assert IMAGE in json.dumps(version["pipeline_spec"])
    declared = version["pipeline_spec"]["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
    asked = run["runtime_config"]["parameters"]
    assert asked.items() >= {"trigger": "data", "tuner": "katib"}.items()
    assert asked["overrides"] == ["tune.trials=3"]
    assert set(asked) <= set(declared)


def test_the_command_ends_with_one_sentence_and_not_zero(api, command):
    api.script = (frame("FAILED", task("train", "FAILED", LOG)),)
    code, _, errors = command("submit", IMAGE)
    assert code == 1
    assert re.fullmatch(
        r" stopped: run manual-\S+ FAILED in `train` \(s3://.*\): http\S+\n", errors
    )


def test_the_command_schedules_and_takes_away(api, command):
    assert command("schedule", CRON, IMAGE)[0] == 0
    assert recurring(api) == [("schedule-small-load", "0 0 3 * * 1")]
    assert api.stored["recurringruns"][0]["runtime_config"]["parameters"]["trigger"] == "schedule"
    code, said, _ = command("schedule", "off")
    assert (code, recurring(api)) == (0, [])
    assert said == " schedule  schedule-small-load deleted\n"


def test_the_command_refuses_a_tag_and_a_bad_cron_line_before_it_asks(api, command):
    for words, said in [
        (("submit", "r.example/x:latest"), "does not name an image by digest"),
        (("schedule", "0 25 * * *", IMAGE), "`25` is not a valid hour"),
        (("schedule", CRON), "does not name an image by digest"),
    ]:
        code, _, errors = command(*words)
        assert code == 1
        assert said in errors
        assert errors.count("\n") == 1
    assert api.received == []


# Schedule


def recurring(api):
    return [
        (item["display_name"], item["trigger"]["cron_schedule"]["cron"])
        for item in api.stored["recurringruns"]
    ]


def test_a_schedule_is_made_once_and_then_kept(api, schedule, root, capsys):
    api.page = 1
    schedule()
    schedule()
    assert recurring(api) == [("schedule-small-load", "0 0 3 * * 1")]
    (item,) = api.stored["recurringruns"]
    assert item["mode"] == "ENABLE"
    assert item["no_catchup"] is True
    assert int(item["max_concurrency"]) == 1
    assert item["runtime_config"]["parameters"] == {**GIVEN, "source": ""}
    (version,) = api.stored["versions"]
    reference = item["pipeline_version_reference"]
    assert reference["pipeline_version_id"] == version["pipeline_version_id"]
    said = capsys.readouterr().out
    short = git.commit(root)[:7]
    assert f" schedule  schedule-small-load created: `{CRON}` (UTC), version {short}\n" in said
    assert f" schedule  schedule-small-load kept: `{CRON}` (UTC), version {short}\n" in said


def test_another_cron_or_version_replaces_the_schedule(api, schedule, capsys):
    schedule()
    schedule("30 4 * * *")
    assert recurring(api) == [("schedule-small-load", "0 30 4 * * *")]
    first = api.stored["recurringruns"][0]["recurring_run_id"]
    schedule("30 4 * * *", package=1)
    assert recurring(api) == [("schedule-small-load", "0 30 4 * * *")]
    assert api.stored["recurringruns"][0]["recurring_run_id"] != first
    assert capsys.readouterr().out.count("schedule-small-load replaced") == 2


def test_a_schedule_switched_off_is_replaced_and_doubles_and_only_those_go(api, schedule):
    schedule()
    (item,) = api.stored["recurringruns"]
    other = {**item, "display_name": "another", "recurring_run_id": "other"}
    double = {**item, "recurring_run_id": "double"}
    api.stored["recurringruns"] += [double, other]
    schedule()
    kept = [run["recurring_run_id"] for run in api.stored["recurringruns"]]
    assert kept == [item["recurring_run_id"], "other"]
    item["mode"] = "DISABLE"
    schedule()
    assert [run["mode"] for run in api.stored["recurringruns"]] == ["ENABLE", "ENABLE"]
    assert item not in api.stored["recurringruns"]


def test_a_schedule_that_cannot_be_made_leaves_the_old_one(api, schedule):
    schedule()
    api.faults = [Fault("POST", "/recurringruns", 500)]
    assert "answered 500 while creating the recurring run" in refused(schedule, "30 4 * * *")
    assert recurring(api) == [("schedule-small-load", "0 0 3 * * 1")]


def test_a_schedule_is_taken_away(api, schedule, capsys):
    schedule()
    submission.unschedule("small-load")
    submission.unschedule("small-load")
    assert recurring(api) == []
    said = capsys.readouterr().out
    assert said.endswith(
        " schedule  schedule-small-load deleted\n schedule  schedule-small-load did not exist\n"
    )
    asked = [item.path.rpartition("/")[2] for item in api.received if item.method != "GET"]
    assert asked[-2].endswith(":disable"), "nothing may start between the look and the deletion"


def test_a_run_that_goes_on_outlives_the_end_of_its_schedule(api, schedule, capsys):
    """The recurring run owns the workflows: deleted under a run, it stays RUNNING for good."""
    api.page = 1
    schedule()
    (item,) = api.stored["recurringruns"]
    ended, goes = api.fire(item, "SUCCEEDED"), api.fire(item)
    submission.unschedule("small-load")
    assert api.killed == []
    assert item["mode"] == "DISABLE"
    assert capsys.readouterr().out.endswith(
        " schedule  schedule-small-load switched off\n"
        f" goes on   {goes['display_name']}: it is kept for that run, CRON=off once more deletes "
        "it when the run has ended\n"
    )
    goes["state"] = ended["state"]
    submission.unschedule("small-load")
    assert (recurring(api), api.killed) == ([], [])


def test_a_run_that_goes_on_outlives_a_schedule_put_in_place_of_its_own(api, schedule, capsys):
    schedule()
    (old,) = api.stored["recurringruns"]
    goes = api.fire(old)
    schedule("30 4 * * *")
    assert api.killed == []
    assert [item["mode"] for item in api.stored["recurringruns"]] == ["DISABLE", "ENABLE"]
    assert f" goes on   {goes['display_name']}: the previous one is switched off" in (
        capsys.readouterr().out
    )
    goes["state"] = "FAILED"
    schedule("30 4 * * *")
    assert recurring(api) == [("schedule-small-load", "0 30 4 * * *")]
    assert (old in api.stored["recurringruns"], api.killed) == (False, [])


def test_runs_of_others_keep_no_schedule(api, schedule, submit):
    submit()
    schedule()
    (item,) = api.stored["recurringruns"]
    api.fire({**item, "recurring_run_id": "another"})
    submission.unschedule("small-load")
    assert recurring(api) == []


def test_a_bad_cron_line_is_refused_before_anything_is_asked(api, schedule):
    assert "has 1 fields: write five fields like" in refused(schedule, "@daily")
    assert api.received == []


def test_parameters_that_a_task_would_refuse_are_refused_here(context):
    root = context.workspace.root
    given = submission.arguments(root, "data", "optuna", "", ("tune.trials=3",))
    assert json.dumps(given) == (
        '{"trigger": "data", "tuner": "optuna", "source": "", "overrides": ["tune.trials=3"]}'
    )
    for words, said in [
        (("weather", "katib", "", ()), "`weather` is not a trigger"),
        (("data", "hyperopt", "", ()), "`hyperopt` is not a tuner: use one of katib, optuna"),
        (("data", "katib", "", ("tune.trials=0",)), "tune.trials"),
    ]:
        assert said in refused(submission.arguments, root, *words)
