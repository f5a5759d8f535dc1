"""The lock's job without any key: act, a real MinIO that trusts an issuer, and the real clients.

The issuer answers as GitHub's does for a job with `id-token: write`. MinIO checks its signature and
audience and hands boto3 and DVC keys of an hour.
"""

import base64
import hashlib

import pytest
from test_act import EVERY, commit, knobs
from test_act_release import hub
from test_act_release import recorder as recorder  # a fixture

from acting import SECRETS, git
from issuer import BEARER, Issuer
from projects import copy, make, python
from servers import minio, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
USER, PASSWORD, AUDIENCE = "tester", "not-a-real-password", "sts.amazonaws.com"
CALLER = """
name: caller
on: workflow_dispatch
jobs:
  lock:
    uses: ./.github/workflows/lock.yml
    secrets: inherit
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    with Issuer(tmp_path_factory.mktemp("issuer")) as found:
        yield found


@pytest.fixture(scope="module")
def store(issuer, tmp_path_factory):
    """A server that lets in whoever the issuer names; the role it gives them."""
    trust = {
        "MINIO_IDENTITY_OPENID_CONFIG_URL": f"{issuer.url}/.well-known/openid-configuration",
        "MINIO_IDENTITY_OPENID_CLIENT_ID": AUDIENCE,
        "MINIO_IDENTITY_OPENID_ROLE_POLICY": "readwrite",
    }
    url, process = minio(tmp_path_factory.mktemp("minio"), USER, PASSWORD, **trust)
    mark = hashlib.sha1(AUDIENCE.encode()).digest()  # noqa: S324  as MinIO names the role
    yield url, f"arn:minio:iam:::role/{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"
    stop(process)


@pytest.fixture(scope="module")
def github(bake, store, recorder, tmp_path_factory):
    """A project whose remote is that server's bucket; ct does no more than call lock.yml."""
    folder = tmp_path_factory.mktemp("act")
    project = copy(bake(dvc_remote_url="s3://results/dvc"), folder / "work")
    knobs(project, trials=2)
    make(project, "sample", "UNTIL=2016-12-31")
    make(project, "init")
    (project / ".github/workflows/ct.yml").write_text(CALLER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", store[0])
        patch.setenv("AWS_ACCESS_KEY_ID", USER)
        patch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
        python(project, "import boto3; boto3.client('s3').create_bucket(Bucket='results')")
        make(project, "push")
        yield hub(project, folder, recorder)


def lock(github, store, issuer):
    """Run the job: the repository names a role, and the secrets hold a key that is wrong."""
    url, role = store
    words = [f"--var=AWS_ENDPOINT_URL={url}", f"--var=AWS_ROLE_ARN={role}"]
    words += [f"--env={name}={value}" for name, value in issuer.variables.items()]
    sha = git(github.bare, "rev-parse", "main")
    return github.act("ct", "workflow_dispatch", EVERY, sha, *words)


@pytest.fixture(scope="module")
def logged_in(github, store, issuer):
    return lock(github, store, issuer)


def test_without_a_key_the_data_of_the_lock_are_pushed(logged_in, issuer):
    assert logged_in.code == 0, logged_in.log
    assert logged_in.jobs == {"lock/lock": "success"}
    assert " log in    without a key: aws" in logged_in.log
    assert "files pushed · s3://results/dvc" in logged_in.log
    assert issuer.asked[0] == AUDIENCE


def test_no_token_is_in_the_log(logged_in):
    assert logged_in.code == 0
    for secret in (BEARER, SECRETS["AWS_SECRET_ACCESS_KEY"], "eyJ"):  # how every token begins
        assert secret not in logged_in.log


def another_lock(github, trials: int) -> None:
    git(github.work, "checkout", "--quiet", "--force", "main")
    knobs(github.work, trials=trials)
    commit(github.work, f"{trials} trials")
    github.push("refs/heads/main")


def test_a_store_that_does_not_trust_the_job_is_one_sentence(
    logged_in, github, store, issuer, monkeypatch
):
    assert logged_in.code == 0
    another_lock(github, 3)
    monkeypatch.setattr(issuer, "token", lambda _: type(issuer).token(issuer, "somebody else"))
    refused = lock(github, store, issuer)
    assert refused.code == 1
    assert refused.jobs == {"lock/lock": "failure"}
    assert "AssumeRoleWithWebIdentity" in refused.log
    assert "make push" not in refused.log


def test_a_job_that_github_gives_no_token_stops_before_it_trains(
    logged_in, github, store, issuer, monkeypatch
):
    assert logged_in.code == 0
    monkeypatch.setattr(issuer, "refuses", True)
    refused = lock(github, store, issuer)
    assert refused.code == 1
    assert "stopped: GitHub gave no token for this job: HTTP Error 401" in refused.log
    assert "make pull" not in refused.log
