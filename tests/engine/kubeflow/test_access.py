"""The way to a KFP server, against a stand-in for it that speaks real HTTP."""

import os
import socket
import ssl
import subprocess
import sys
import time

import pytest

from clusters import SECRET
from level2.base.errors import ProjectError
from level2.kubeflow import probe
from level2.kubeflow.access import AccessSettings, endpoint, opened
from servers.kfp_api import Fault, KfpApi


def asked(limit=2.0):
    """Open and probe as the environment says."""
    with opened(AccessSettings()) as access:
        return probe.probe(access, limit)


def refused(limit=2.0):
    with pytest.raises(ProjectError) as caught:
        asked(limit)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_healthy_server_is_asked_once_with_the_token(api, environ):
    api.token, api.multi_user = SECRET, True
    environ(kf_pipelines_endpoint=f"{api.url}/", kf_pipelines_token=f" {SECRET}\n")
    assert asked().multi_user is True
    (request,) = api.received
    assert request.path == "/apis/v2beta1/healthz"
    assert request.headers["authorization"] == f"Bearer {SECRET}"


def test_a_cookie_lets_in_and_a_missing_one_is_a_redirect_to_the_login(api, environ):
    api.cookie = f"oauth2_proxy={SECRET}"
    environ(kf_pipelines_endpoint=api.url)
    assert refused() == (
        f"KFP at {api.url} redirects to /dex/auth (302), as a login page would: set "
        "KF_PIPELINES_TOKEN, "
        "KF_PIPELINES_SA_TOKEN_PATH or KF_PIPELINES_COOKIE, or correct KF_PIPELINES_ENDPOINT"
    )
    environ(kf_pipelines_cookie=api.cookie)
    assert asked().multi_user is False


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (401, "does not accept the credentials (401): set or renew KF_PIPELINES_TOKEN"),
        (403, "accepts the credentials but denies access (403)"),
        (404, "has no API v2beta1 (404): this needs KFP 2"),
        (500, "is up but KFP behind it is not (500)"),
        (503, "is up but KFP behind it is not (503)"),
        ("html", "answers with a web page instead of the API, as a login page would"),
        ("drop", "closed the connection"),
    ],
)
def test_what_answers_instead_is_named(kind, said, api, environ):
    api.faults = [Fault("GET", "healthz", kind)]
    environ(kf_pipelines_endpoint=api.url, kf_pipelines_token=SECRET)
    assert refused().startswith(f"KFP at {api.url} {said}")


def test_a_wrong_token_is_a_401_and_not_a_time_out(api, environ):
    api.token = "another"
    environ(kf_pipelines_endpoint=api.url, kf_pipelines_token=SECRET)
    start = time.monotonic()
    assert "does not accept the credentials (401)" in refused()
    assert time.monotonic() - start < 1.5


def test_an_old_server_is_told_from_a_wrong_path(api, environ):
    api.faults = [Fault("GET", "v2beta1/healthz", 404), Fault("GET", "v1beta1/healthz", "empty")]
    environ(kf_pipelines_endpoint=api.url)
    assert refused() == f"KFP at {api.url} is KFP 1, which has no API v2beta1: this needs KFP 2"


def test_json_of_something_else_is_not_kfp(api, environ):
    api.health = {"database": "ok"}
    environ(kf_pipelines_endpoint=api.url)
    assert "JSON that does not come from KFP 2" in refused()


def test_a_closed_port_refuses(environ):
    port = free_port()
    environ(kf_pipelines_endpoint=f"http://127.0.0.1:{port}")
    assert refused() == (
        f"KFP at http://127.0.0.1:{port} refuses the connection (Connection refused): "
        "is it up, is the port right?"
    )


def test_an_unknown_host_is_a_matter_of_dns(environ):
    environ(kf_pipelines_endpoint="https://kfp.invalid")
    assert refused(20) == ("the host kfp.invalid is not known (DNS): correct KF_PIPELINES_ENDPOINT")


@pytest.mark.parametrize("where", ["nothing is said", "a body that trickles"])
def test_a_black_hole_is_left_in_time(where, environ):
    with socket.create_server(("127.0.0.1", 0)) as hole:
        port = hole.getsockname()[1]
        environ(kf_pipelines_endpoint=f"http://127.0.0.1:{port}")
        if where == "a body that trickles":
            script = (
                "import socket, sys, time\n"
                f"s = socket.socket(fileno={hole.fileno()}); c, _ = s.accept(); c.recv(9999)\n"
                "c.send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 9999\\r\\n\\r\\n')\n"
                "for _ in range(99): c.send(b' '); time.sleep(0.2)\n"
            )
            drip = subprocess.Popen([sys.executable, "-c", script], pass_fds=[hole.fileno()])
        start = time.monotonic()
        try:
            said = refused(1.0)
        finally:
            if where == "a body that trickles":
                drip.kill()
                drip.wait()
    assert time.monotonic() - start < 2
    assert said.startswith(
        f"KFP at http://127.0.0.1:{port} does not respond within 1 s: a firewall"
    )


def test_a_certificate_nobody_vouches_for_is_told_and_can_be_named(tmp_path, environ):
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*made, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    with KfpApi() as api:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        api._http.socket = context.wrap_socket(api._http.socket, server_side=True)
        environ(kf_pipelines_endpoint=f"https://localhost:{api.port}", kf_pipelines_token=SECRET)
        said = refused()
        assert said.startswith(f"KFP at https://localhost:{api.port} cannot be trusted (self")
        assert said.endswith("set KF_PIPELINES_SSL_CA_CERT to the file of its authority")
        environ(kf_pipelines_ssl_ca_cert=tmp_path / "cert.pem")
        assert asked().multi_user is False
        environ(kf_pipelines_ssl_ca_cert=tmp_path / "none.pem")
        assert refused() == f"KF_PIPELINES_SSL_CA_CERT: {tmp_path}/none.pem is not there"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KF_PIPELINES_TOKEN", SECRET),
        ("KF_PIPELINES_COOKIE", f"session={SECRET}"),
        ("KF_PIPELINES_SA_TOKEN_PATH", "/somewhere"),
    ],
)
def test_credentials_over_plain_http_are_refused_but_where_the_network_is_said_private(
    name, value, environ
):
    environ(**{"KF_PIPELINES_ENDPOINT": "http://kfp.invalid:8888", name: value})
    assert refused() == (
        "credentials would travel unencrypted to kfp.invalid: use https, or set "
        "KF_PIPELINES_ALLOW_HTTP=true where the network is private, as inside the cluster"
    )
    environ(kf_pipelines_allow_http="true")
    assert endpoint(AccessSettings()) == "http://kfp.invalid:8888"


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("kubeflow.example.com", "is not an address"),
        ("ftp://kubeflow.example.com", "is not an address"),
        ("https://", "is not an address"),
        ("https://x:port", "is not an address"),
        ("https://kubeflow.example.com/pipeline/#/runs", "is not an address"),
        (f"https://x.example/pipeline?token={SECRET}", "is not an address"),
        (f"https://me:{SECRET}@x.example", "holds a user or password"),
    ],
)
def test_an_endpoint_that_is_none_is_refused(endpoint, said, environ):
    environ(kf_pipelines_endpoint=endpoint)
    assert said in refused()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"token": f"{SECRET}\nHost: evil"}, "KF_PIPELINES_TOKEN contains characters"),
        ({"token": f"{SECRET}é"}, "KF_PIPELINES_TOKEN contains characters"),
        ({"cookie": SECRET}, "KF_PIPELINES_COOKIE must be of the form name=value"),
        ({"sa_token_path": "/nowhere/token"}, "/nowhere/token cannot be read (No such file"),
        ({"token": SECRET, "sa_token_path": "/x"}, "not both"),
    ],
)
def test_credentials_that_cannot_be_used_are_refused_unquoted(values, said, api, environ):
    environ(
        kf_pipelines_endpoint=api.url,
        **{f"kf_pipelines_{name}": value for name, value in values.items()},
    )
    assert said in refused()
    assert api.received == []


def test_an_empty_token_file_is_refused(api, environ, tmp_path):
    (tmp_path / "token").write_text("\n")
    environ(kf_pipelines_endpoint=api.url, kf_pipelines_sa_token_path=tmp_path / "token")
    assert refused() == f"KF_PIPELINES_SA_TOKEN_PATH: {tmp_path}/token is empty"


def test_settings_never_show_what_they_hold(environ):
    environ(kf_pipelines_token=SECRET, kf_pipelines_cookie=f"a={SECRET}")
    assert (
        SECRET
        not in f"{AccessSettings()!r} {AccessSettings()} {AccessSettings().model_dump_json()}"
    )


@pytest.mark.usefixtures("environ")
def test_without_an_address_and_a_kubeconfig_both_are_named():
    assert refused() == (
        "KFP cannot be reached: set KF_PIPELINES_ENDPOINT, like "
        "https://kubeflow.example.com/pipeline, "
        "or have a kubeconfig"
    )


# Port-forward, with a stand-in for kubectl that forwards for real

KUBECTL = """#!{python}
import os, select, socket, sys, threading
open(os.environ["CALLS"], "a").write(" ".join(sys.argv[1:]) + f" pid={{os.getpid()}}\\n")
if os.environ.get("KUBECTL_FAULT"):
    sys.exit('error: services "ml-pipeline" not found')
local = int(sys.argv[-1].split(":")[0] or 0)
entry = socket.create_server(("127.0.0.1", local))
print(f"Forwarding from 127.0.0.1:{{entry.getsockname()[1]}} -> 8888", flush=True)
while True:
    near, _ = entry.accept()
    far = socket.create_connection(("127.0.0.1", {port}))
    def copy(source, target):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    for pair in ((near, far), (far, near)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


@pytest.fixture
def kubectl(api, environ, tmp_path):
    """A stand-in kubectl on PATH and a kubeconfig; returns the calls it got."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "kubectl"
    program.write_text(KUBECTL.format(python=sys.executable, port=api.port))
    program.chmod(0o755)
    (tmp_path / "config").write_text("{}")
    (tmp_path / "calls").touch()
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environ(path=path, calls=tmp_path / "calls", kubeconfig=tmp_path / "config")
    return lambda: (tmp_path / "calls").read_text().splitlines()


def gone(call):
    try:
        os.kill(int(call.split("pid=")[1]), 0)
    except ProcessLookupError:
        return True
    return False


def test_a_kubeconfig_alone_opens_a_port_forward_and_ends_it(kubectl):
    with opened(AccessSettings()) as access:
        assert probe.probe(access).multi_user is False
        (call,) = kubectl()
        assert not gone(call)
        assert access.link("1").endswith(
            "kubectl -n kubeflow port-forward svc/ml-pipeline-ui 8080:80)"
        )
    assert call.startswith("-n kubeflow port-forward --address 127.0.0.1 svc/ml-pipeline :8888")
    assert gone(call)


def test_a_port_forward_that_died_comes_back_on_its_port(kubectl):
    with opened(AccessSettings()) as access:
        access.tunnel._process.kill()
        access.tunnel._process.wait()
        url = access.url
        access.revive()
        assert access.url == url
        assert probe.probe(access).multi_user is False
        access.revive()
        assert len(kubectl()) == 2
    assert all(gone(call) for call in kubectl())


@pytest.mark.usefixtures("kubectl")
def test_what_kubectl_refuses_is_told(environ):
    environ(kubectl_fault="1", kf_pipelines_server_namespace="elsewhere")
    assert refused() == (
        "kubectl cannot forward to svc/ml-pipeline in elsewhere: "
        'error: services "ml-pipeline" not found'
    )


@pytest.mark.usefixtures("kubectl")
def test_a_missing_kubectl_is_told(environ, tmp_path):
    environ(path=tmp_path / "home")
    assert refused().startswith("kubectl is not installed and KF_PIPELINES_ENDPOINT is not set")
