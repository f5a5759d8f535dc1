"""The real CML, installed from npm as report.yml does it, comments on the stand-in for GitHub.

CML calls a GitHub Enterprise host at https://HOST/api/v3, so the stand-in is put behind TLS there.
CML_PACKAGE may name a package file, where the registry serves none.
"""

import os
import re
import shutil
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler

import pytest

from acting import REPOSITORY, stand_in_for_github
from conftest import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.server]
STEPS = (PROJECT / ".github/workflows/report.yml").read_text()
PINNED = re.search(r"@dvcorg/cml@[0-9.]+", STEPS)[0]
NUMBER = 7


@pytest.fixture(scope="module")
def cml(tmp_path_factory):
    """The program, in a folder of its own; no script of a package is run."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    package = os.environ.get("CML_PACKAGE", PINNED)
    folder = tmp_path_factory.mktemp("cml")
    words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        [*words, "--prefix", str(folder), package], capture_output=True, text=True, check=False
    )
    if done.returncode:
        why = next(line for line in done.stderr.splitlines() if "error" in line)
        pytest.skip(f"npm serves no {package}: {why}")
    return folder / "node_modules/.bin/cml"


@pytest.fixture(scope="module")
def github(tmp_path_factory):
    """The recorder behind TLS at /api/v3, with the certificate that a client has to trust."""
    folder = tmp_path_factory.mktemp("tls")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    words += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(words, check=True, capture_output=True)
    recorder, token = stand_in_for_github()
    plain = recorder.answer

    def answer(method, path, body, headers):
        assert path.startswith("/api/v3/"), path
        known = headers.get("Authorization") in (f"token {token}", f"Bearer {token}")
        return plain(
            method,
            path.removeprefix("/api/v3"),
            body,
            {"Authorization": f"Bearer {token}" if known else ""},
        )

    recorder.answer = answer
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    recorder.server.socket = context.wrap_socket(recorder.server.socket, server_side=True)
    assert issubclass(recorder.server.RequestHandlerClass, BaseHTTPRequestHandler)
    with recorder:
        url = recorder.address.replace("http://127.0.0.1", "https://localhost")
        yield recorder, token, url, folder / "cert.pem"


def comment(cml, github, file):
    """The words of the workflow's step, run as they are there."""
    _, token, url, certificate = github
    step = STEPS.split("- name: Comment by CML")[1].split("- name:")[0]
    script = step.split("run: |")[1]
    env = {
        "GITHUB_ACTOR": "somebody",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SERVER_URL": url,
        "HOME": str(file.parent),
        "ITERATIVE_DO_NOT_TRACK": "1",
        "NODE_EXTRA_CA_CERTS": str(certificate),
        "NUMBER": str(NUMBER),
        "PATH": f"{cml.parent}:{os.environ['PATH']}",
        "REPO_TOKEN": token,
        "RUNNER_TEMP": str(file.parents[2]),
    }
    folder = file.parent
    if not (folder / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "a"], cwd=folder, check=True)
    return subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_cml_makes_one_comment_and_updates_it(cml, github, tmp_path):
    file = tmp_path / "report/pull_request/comment.md"
    file.parent.mkdir(parents=True)
    for text in ("| RMSE | 400.0 |\n| --- | --- |\n", "| RMSE | 390.0 |\n| --- | --- |\n"):
        file.write_text(text)
        done = comment(cml, github, file)
        assert done.returncode == 0, done.stderr
        [only] = github[0].comments[NUMBER]
        assert text.strip() in only["body"]
        assert 'CML watermark pull-request-report")' in only["body"]
