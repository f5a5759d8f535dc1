"""A job logs in without a key: the script, against an issuer that answers as GitHub does."""

import base64
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from conftest import PROJECT
from issuer import BEARER, Issuer
from projects import VENV

SCRIPT = PROJECT / ".github/scripts/cloud_login.py"
PROVIDER = "projects/1/locations/global/workloadIdentityPools/p/providers/x"
EVERY = {
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/load",
    "AZURE_CLIENT_ID": "client",
    "AZURE_TENANT_ID": "tenant",
    "GOOGLE_SERVICE_ACCOUNT": "load@one.iam.gserviceaccount.com",
    "GOOGLE_WORKLOAD_IDENTITY_PROVIDER": PROVIDER,
    "KF_PIPELINES_AUDIENCE": "kubeflow",
    "KUBERNETES_AUDIENCE": "kubernetes",
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    with Issuer(tmp_path_factory.mktemp("issuer")) as found:
        yield found


@pytest.fixture
def login(issuer, tmp_path):
    """Run the script as a step of a job; what it said, and what later steps are told."""
    issuer.refuses = False
    issuer.asked.clear()
    temp = tmp_path / "temp"
    temp.mkdir()

    def run(named, **more):
        foreign = ("AWS_", "GOOGLE_", "AZURE_", "KF_", "ACTIONS_")
        own = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
        job = {"RUNNER_TEMP": str(temp), "GITHUB_ENV": str(tmp_path / "env"), "GITHUB_RUN_ID": "42"}
        settings = {**own, **job, **issuer.variables, **named, **more}
        settings = {name: text for name, text in settings.items() if text is not None}
        done = subprocess.run(
            [sys.executable, SCRIPT], env=settings, capture_output=True, text=True, check=False
        )
        told = (tmp_path / "env").read_text() if (tmp_path / "env").exists() else ""
        assert BEARER not in done.stdout + done.stderr + told
        return done, dict(line.split("=", 1) for line in told.splitlines())

    yield run
    for path in temp.iterdir():  # without its folder the renewal ends by itself
        path.unlink()
    temp.rmdir()


def test_nothing_named_asks_for_nothing_and_says_so(login, issuer):
    done, told = login({})
    assert done.returncode == 0
    assert "by the environment's keys, if it has any" in done.stdout
    assert (told, issuer.asked) == ({}, [])


def test_each_place_gets_a_token_for_itself_in_a_private_file(login, issuer, tmp_path):
    done, told = login(EVERY)
    assert done.returncode == 0, done.stderr
    assert done.stdout == " log in    without a key: aws, azure, google, kubeflow, kubernetes\n"
    assert issuer.asked == [
        "sts.amazonaws.com",
        f"https://iam.googleapis.com/{PROVIDER}",
        "api://AzureADTokenExchange",
        "kubeflow",
        "kubernetes",
    ]
    temp = tmp_path / "temp"
    assert told == {
        "AWS_ROLE_ARN": EVERY["AWS_ROLE_ARN"],
        "AWS_ROLE_SESSION_NAME": "github-42",
        "AWS_WEB_IDENTITY_TOKEN_FILE": f"{temp}/aws.token",
        "AZURE_CLIENT_ID": "client",
        "AZURE_FEDERATED_TOKEN_FILE": f"{temp}/azure.token",
        "AZURE_TENANT_ID": "tenant",
        "GOOGLE_APPLICATION_CREDENTIALS": f"{temp}/google.json",
        "KF_PIPELINES_SA_TOKEN_PATH": f"{temp}/kubeflow.token",
    }
    for name in ("aws", "azure", "google", "kubeflow", "kubernetes"):
        path = temp / f"{name}.token"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().count(".") == 2
        assert path.read_text() not in done.stdout


def test_googles_own_client_reads_the_file_and_finds_the_token(login, tmp_path):
    _, told = login({name: text for name, text in EVERY.items() if name.startswith("GOOGLE")})
    code = """
import sys, google.auth
found, _ = google.auth.load_credentials_from_file(sys.argv[1])
print(type(found).__name__, found.service_account_email)
print(found.retrieve_subject_token(None))
"""
    words = [str(VENV / "bin/python"), "-W", "ignore", "-c", code]
    done = subprocess.run(
        [*words, told["GOOGLE_APPLICATION_CREDENTIALS"]], capture_output=True, text=True, check=True
    )
    name, token = done.stdout.splitlines()
    assert name == f"Credentials {EVERY['GOOGLE_SERVICE_ACCOUNT']}"
    assert token == (tmp_path / "temp/google.token").read_text()


def test_a_job_without_the_permission_is_told_which(login):
    nothing = dict.fromkeys(("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
    done, told = login({"AWS_ROLE_ARN": "role"}, **nothing)
    assert done.returncode == 1
    assert "stopped: 'ACTIONS_ID_TOKEN_REQUEST_URL' is missing: give the job" in done.stderr
    assert done.stderr.count("\n") == 1
    assert told == {}


def test_a_refusal_of_github_is_one_sentence(login, issuer):
    issuer.refuses = True
    done, told = login({"AWS_ROLE_ARN": "role"})
    assert done.returncode == 1
    assert done.stderr == (
        " stopped: GitHub gave no token for this job: HTTP Error 401: Unauthorized\n"
    )
    assert told == {}


def test_a_variable_of_two_lines_brings_no_other_into_the_job(login):
    done, told = login({"AWS_ROLE_ARN": "role\nLD_PRELOAD=/tmp/x.so"})
    assert done.returncode == 1
    assert "has more than one line" in done.stderr
    assert told == {}


def test_tokens_are_renewed_until_the_jobs_folder_is_gone(issuer, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("cloud_login", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "RENEWED", 0.05)
    for name, text in issuer.variables.items():
        monkeypatch.setenv(name, text)
    issuer.refuses = False
    issuer.asked.clear()
    folder = tmp_path / "temp"
    folder.mkdir()
    (folder / "aws.token").write_text("of the first minutes")
    renewal = threading.Thread(target=script.keep, args=(folder, {"aws.token": "sts"}), daemon=True)
    renewal.start()
    deadline = time.monotonic() + 20
    while len(issuer.asked) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(issuer.asked) >= 3
    claims = (folder / "aws.token").read_text().split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["aud"] == "sts"
    folder.rename(tmp_path / "gone")
    renewal.join(timeout=20)
    assert not renewal.is_alive()
