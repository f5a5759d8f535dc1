"""What dvc.lock names is at the remote before a pull request carries it: act, and a real MinIO.

As in test_act.py act runs the workflows, repository, commits, commands and models are real, and
actions are stand-ins. The DVC remote is a bucket of a real S3 server; clones of main are fresh,
with an empty cache.
"""

import shutil

import pytest
import yaml
from test_act import EVERY, commit, knobs, merge
from test_act_cluster import kubeflow_stand_in
from test_act_release import hub
from test_act_release import recorder as recorder  # a fixture

from acting import SECRETS, git
from projects import copy, make, python, tool
from servers import minio, stop
from stand_ins import program

pytestmark = [pytest.mark.slow, pytest.mark.server]
USER, PASSWORD = "tester", "not-a-real-password"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The server, with keys to it in this environment and among the repository's secrets."""
    url, process = minio(tmp_path_factory.mktemp("minio"), USER, PASSWORD)
    keys = {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": PASSWORD}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(name, value)
            patch.setitem(SECRETS, name, value)
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield url
    stop(process)


@pytest.fixture(scope="module")
def github(bake, store, recorder, tmp_path_factory):
    """A project whose remote is a bucket that holds its table; no lock is on main."""
    folder = tmp_path_factory.mktemp("act")
    project = copy(bake(dvc_remote_url="s3://results/dvc"), folder / "work")
    knobs(project, trials=2)
    make(project, "sample", "UNTIL=2016-12-31")
    make(project, "init")
    python(project, "import boto3; boto3.client('s3').create_bucket(Bucket='results')")
    make(project, "push")  # the table, as whoever brings one does
    found = hub(project, folder, recorder)
    program("docker", folder / "bin")
    found.known = {"AWS_ENDPOINT_URL": store}
    return found


def known(github) -> list[str]:
    return [f"--var={name}={value}" for name, value in github.known.items()]


def ct(github, *words: str):
    sha = git(github.bare, "rev-parse", "main")
    return github.act("ct", "schedule", EVERY, sha, *known(github), *words)


READS = """
import boto3, json
rule = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["arn:aws:s3:::*"]}
policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
client = boto3.client("sts", region_name="us-east-1")
role = "arn:minio:iam:::role/any"
found = client.assume_role(RoleArn=role, RoleSessionName="reads", Policy=policy)
print(*(found["Credentials"][key] for key in ("AccessKeyId", "SecretAccessKey", "SessionToken")))
"""


def accept(github, branch: str) -> None:
    """Squash a pull request into main, as the guide tells."""
    git(github.work, "checkout", "--quiet", "--force", "main")
    git(github.work, "fetch", "--quiet", str(github.bare), branch)
    git(github.work, "merge", "--squash", "--quiet", "FETCH_HEAD")
    git(github.work, "commit", "--quiet", "--message", branch)
    github.push("refs/heads/main")


def fresh(github, name: str):
    """A clone of main with an empty cache."""
    place = github.folder / name
    git(github.folder, "clone", "--quiet", str(github.bare), str(place))
    assert not (place / ".dvc/cache").exists()
    return place


def assert_pullable(place) -> None:
    make(place, "pull")
    tool(place, "dvc", "pull")
    assert "Data and pipelines are up to date." in tool(place, "dvc", "status")
    assert (place / "artifacts/model/model.onnx").is_file()


@pytest.fixture(scope="module")
def trained(github):
    return ct(github)


def test_ct_pushes_what_the_lock_names_before_it_asks_for_a_merge(trained, github, recorder):
    assert trained.code == 0, trained.log
    jobs = {"start", "pipeline/pipeline", "lock/lock", "retrained/record", "retrained/tell"}
    assert trained.jobs == dict.fromkeys(jobs, "success")
    assert "files pushed · s3://results/dvc" in trained.log
    [asked] = recorder[0].opened
    lock = yaml.safe_load(git(github.bare, "show", f"{asked['head']}:dvc.lock"))
    assert {"ingest", "train", "report"} <= set(lock["stages"])
    accept(github, asked["head"])
    assert_pullable(fresh(github, "after-ct"))


def test_the_tags_are_annotated_and_on_the_commit_that_holds_the_lock(trained, github, recorder):
    assert trained.code == 0
    tags = git(github.bare, "tag").split()
    assert tags == [f"data-{trained.outputs['data']}", "model-v1"]
    lock = git(github.bare, "show", f"{recorder[0].opened[0]['head']}:dvc.lock")
    for tag in tags:
        assert git(github.bare, "cat-file", "-t", tag) == "tag"
        assert git(github.bare, "show", f"{tag}^{{commit}}:dvc.lock") == lock
        said = git(github.bare, "tag", "--list", "--format=%(contents)", tag)
        assert "Retrained (schedule): model v1 on data" in said
        assert "Trained from commit " in said


def test_with_nothing_new_everything_is_pulled_and_no_pull_request_is_opened(
    trained, github, recorder
):
    assert trained.code == 0
    shutil.rmtree(github.state / "cache/dvc")  # a runner's cache is emptied after a week
    (github.state / "cache/dvc/.dvc").mkdir(parents=True)
    before = len(recorder[0].opened)
    again = ct(github)
    assert again.code == 0, again.log
    assert "Running stage" not in again.log
    assert "lock and metrics are as they were" in again.log
    assert len(recorder[0].opened) == before


def test_a_remote_that_refuses_ends_without_a_pull_request(trained, github, recorder, monkeypatch):
    assert trained.code == 0
    git(github.work, "checkout", "--quiet", "--force", "main")
    knobs(github.work, trials=3)  # another lock
    commit(github.work, "Three trials")
    github.push("refs/heads/main")
    key, secret, session = python(github.work, READS).split()  # may read, may not write
    monkeypatch.setitem(SECRETS, "AWS_ACCESS_KEY_ID", key)
    monkeypatch.setitem(SECRETS, "AWS_SECRET_ACCESS_KEY", secret)
    before, tags = len(recorder[0].opened), git(github.bare, "tag")
    refused = ct(github, f"--env=AWS_SESSION_TOKEN={session}")
    assert refused.code == 1
    assert refused.jobs["pipeline/pipeline"] == "success"
    assert refused.jobs["lock/lock"] == "failure"
    assert "retrained/record" not in refused.jobs
    assert "stopped: dvc push failed: failed to transfer " in refused.log
    assert "AccessDenied" in refused.log
    assert secret not in refused.log
    assert len(recorder[0].opened) == before
    assert git(github.bare, "tag") == tags


def test_a_lock_that_nobody_pushed_is_mended_after_its_merge(trained, github, recorder):
    """A person's code and lock come without their data; cd makes them again and asks."""
    assert trained.code == 0
    git(github.work, "checkout", "--quiet", "--force", "main")
    knobs(github.work, trials=4)
    make(github.work, "repro")
    shutil.rmtree(github.state / "cache/dvc")
    (github.state / "cache/dvc/.dvc").mkdir(parents=True)
    before = len(recorder[0].opened)
    cd = merge(github, "cd", "Four trials, and their lock", *known(github))
    assert cd.code == 0, cd.log
    assert "Some of the cache files do not exist neither locally nor on remote" in cd.log
    [asked] = recorder[0].opened[before:]
    assert asked["title"].startswith("Retrained (code): model v")
    accept(github, asked["head"])
    assert_pullable(fresh(github, "after-cd"))


def test_after_a_run_on_a_cluster_main_is_pullable_and_the_version_tagged(
    trained, github, recorder
):
    """Kubeflow is a stand-in, so the champion is the one that a run in the folder has made."""
    assert trained.code == 0
    git(github.work, "checkout", "--quiet", "--force", "main")
    knobs(github.work, trials=5)
    commit(github.work, "Five trials")
    sha = github.push("refs/heads/main")
    make(github.work, "run")
    git(github.bare, "tag", "--delete", "model-v1")
    before = len(recorder[0].opened)
    (github.state / "digest").write_text(f"sha256:{'5' * 64}")
    recorder[0].reviewed("anna")  # production is asked too
    with kubeflow_stand_in() as kubeflow:
        github.known |= {
            "KF_PIPELINES_ENDPOINT": kubeflow.url,
            "KF_PIPELINES_NAMESPACE": "team",
            "MLFLOW_TRACKING_URI": f"sqlite:///{github.work}/mlflow.db",
        }
        run = ct(github)
    assert run.code == 0, run.log
    assert "SUCCEEDED in" in run.log
    assert "schedule: ran on the cluster, champion v1" in run.log
    [asked] = recorder[0].opened[before:]
    assert f"Trained from commit {sha}" in git(
        github.bare, "tag", "--list", "--format=%(contents)", "model-v1"
    )
    assert git(github.bare, "rev-parse", "model-v1^{commit}") == git(
        github.bare, "rev-parse", asked["head"]
    )
    accept(github, asked["head"])
    assert_pullable(fresh(github, "after-the-cluster"))
