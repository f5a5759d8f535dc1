"""A stand-in for the KFP v2beta1 API server: real HTTP on loopback, only what kfp.Client calls.

Not KFP: it keeps what it is sent in memory and plays a script instead of running anything.
`python kfp_api.py COMMAND ...` serves while a command runs, with the address in its environment;
without a command it prints its address and serves until its input closes.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

sys.path.insert(0, str(Path(__file__).parent))
from kfp_nodes import SUCCESS

PREFIX = "/apis/v2beta1"
LOGIN = b"<!doctype html><html><title>Log in to your account</title></html>"
RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # linger on, 0 s: close resets the connection
KINDS = {
    "pipelines": "pipeline_id",
    "experiments": "experiment_id",
    "runs": "run_id",
    "recurringruns": "recurring_run_id",
}


@dataclass
class Received:
    """A request as it came."""

    method: str
    path: str
    query: dict
    headers: dict
    body: object


@dataclass
class Fault:
    """What happens to requests instead of an answer: a status, html, redirect, drop, hang, empty.

    `after` so many good answers, `times` so many faults.
    """

    method: str
    path: str
    kind: object
    times: int = 10**6
    after: int = 0


@dataclass
class KfpApi:
    """The stand-in: switches for tests to set, and everything it received."""

    token: str = ""  # wanted bearer token, when set
    cookie: str = ""
    multi_user: bool = False
    page: int = 100  # most items in a page
    script: tuple = SUCCESS  # what a run looks like, answer by answer; the last one stays
    health: object = None  # answered instead of the usual JSON
    faults: list = field(default_factory=list)
    gateway: bool = False  # whether the UI is all one reaches: it has its own door to logs
    archived: bool = False  # whether Argo keeps the logs, as archiveLogs of KFP says
    logs: dict = field(default_factory=dict)  # what a pod has written
    killed: list = field(default_factory=list)  # runs whose workflow was deleted under them
    received: list = field(default_factory=list)
    stored: dict = field(default_factory=lambda: {kind: [] for kind in (*KINDS, "versions")})

    def __enter__(self):
        self._over, self._lock = threading.Event(), threading.RLock()
        self._looks = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def asked(self, method, part):
        """Requests of a method whose path holds a part."""
        return [item for item in self.received if item.method == method and part in item.path]

    def nodes(self):
        """The nodes of each answer of the script."""
        return [seen["run_details"]["task_details"] for seen, _ in self.script]

    def fire(self, recurring, state="RUNNING"):
        """A run of a recurring run, as the clock starts it: its job has no name."""
        made = {
            "run_id": str(uuid.uuid4()),
            "display_name": f"{recurring['display_name']}-1",
            "experiment_id": recurring["experiment_id"],
            "recurring_run_id": recurring["recurring_run_id"],
            "state": state,
        }
        self.stored["runs"].append(made)
        return made

    def archived_log(self, node):
        """A log in the object store, by its node's id, in the server's own dress."""
        found = [text for pod, text in self.logs.items() if pod.endswith(node.rpartition("-")[2])]
        if found and self.archived:
            return 200, {"data": base64.b64encode(found[0].encode()).decode()}
        return 404, {"error_message": "artifact not found: %!v(<nil>)", "error_details": ""}

    def log(self, request, pod):
        """A pod's log as text, or how the API server and the UI say that there is none."""
        if pod in self.logs:
            return 200, self.logs[pod].encode()
        if request.path.startswith("/k8s/"):
            return 404, b"Could not get main container logs: Error: Unable to find pod log archive"
        reason = f'Failed to read logs from pod {pod}: pods "{pod}" not found'
        return 500, {"error_message": reason, "error_details": reason}

    def fault(self, request):
        """The fault planted for a request."""
        for planted in self.faults:
            if planted.method == request.method and planted.path in request.path:
                if planted.after > 0:
                    planted.after -= 1
                elif planted.times > 0:
                    planted.times -= 1
                    return planted.kind
        return None

    def answer(self, request):
        """Status and JSON for a request."""
        path = request.path.removeprefix(PREFIX).strip("/").split("/")
        with self._lock:
            if path == ["healthz"]:
                return 200, {"multi_user": self.multi_user} if self.health is None else self.health
            if request.path.endswith("/artifacts/main-logs:read"):
                return self.archived_log(path[3])
            if request.path == "/k8s/pod/logs":
                return self.log(request, request.query["podname"][0])
            if request.path.startswith("/apis/v1alpha1/runs/") and not self.gateway:
                return self.log(request, request.path.split("/")[6])
            if request.path.startswith(("/apis/v1beta1/", "/apis/v1alpha1/")):
                return 404, {"code": 5, "message": "Not Found"}
            if path == ["pipelines", "upload_version"]:
                return self._upload(request)
            if path[0] == "pipelines" and path[2:3] == ["versions"]:
                kept = self.stored["versions"]
                mine = [item for item in kept if item["pipeline_id"] == path[1]]
                if path[3:]:
                    found = [item for item in mine if item["pipeline_version_id"] == path[3]]
                    return (200, found[0]) if found else (404, {"code": 5, "message": "Not Found"})
                return self._list("pipeline_versions", mine, request)
            if path[0] not in KINDS:
                return 404, {"code": 5, "message": "Not Found"}
            return self._resource(path, request)

    def _resource(self, path, request):
        kind, key = path[0], KINDS[path[0]]
        kept = self.stored[kind]
        path = [path[0], *path[1:2]]
        name, _, verb = path[-1].partition(":")
        if request.method == "POST" and not verb:
            return self._create(kind, key, request)
        if len(path) == 1:
            plural = "recurringRuns" if kind == "recurringruns" else kind
            return self._list(plural, kept, request)
        found = next((item for item in kept if item[key] == name), None)
        if found is None:
            return 404, {"code": 5, "message": f"{path[1]} not found"}
        if verb in ("disable", "enable"):
            found["mode"] = verb.upper()
            return 200, {}
        if request.method == "DELETE":
            kept.remove(found)
            self._delete_workflows(name)
            return 200, {}
        if kind == "runs":
            look = self._looks[name] = self._looks.get(name, -1) + 1
            seen, logs = self.script[min(look, len(self.script) - 1)]
            self.logs |= logs
            return 200, {**found, **seen}
        return 200, found

    def _delete_workflows(self, recurring):
        """A recurring run owns its workflows: a run that goes on stays RUNNING for good."""
        for run in self.stored["runs"]:
            if run.get("recurring_run_id") == recurring and run.get("state") == "RUNNING":
                self.killed.append(run["run_id"])

    def _create(self, kind, key, request):
        body = request.body
        namespace = body.get("namespace")
        if namespace and not self.multi_user:
            return 400, {"code": 3, "message": "In single-user mode, no namespace is allowed"}
        named = {item["display_name"] for item in self.stored[kind]}
        if kind in ("pipelines", "experiments") and body["display_name"] in named:
            return 409, {"code": 6, "message": f"{body['display_name']} already exists"}
        made = {**body, key: str(uuid.uuid4())}
        self.stored[kind].append(made)
        return 200, made

    def _upload(self, request):
        name, pipeline = request.query["name"][0], request.query["pipelineid"][0]
        kept = self.stored["versions"]
        if any((item["pipeline_id"], item["display_name"]) == (pipeline, name) for item in kept):
            reason = f"Failed to upload a pipeline version: {name} already exists"
            return 409, {"error_message": reason, "error_details": reason}
        made = {
            "pipeline_id": pipeline,
            "pipeline_version_id": str(uuid.uuid4()),
            "display_name": name,
            "pipeline_spec": _specification(request.body),
        }
        kept.append(made)
        return 200, made

    def _list(self, name, items, request):
        query = request.query
        if "filter" in query:
            (wanted,) = json.loads(query["filter"][0])["predicates"]
            items = [item for item in items if item[wanted["key"]] == wanted["stringValue"]]
        if "experiment_id" in query:
            items = [i for i in items if i["experiment_id"] == query["experiment_id"][0]]
        start = int(query.get("page_token", ["0"])[0] or 0)
        end = start + self.page
        more = {"next_page_token": str(end)} if end < len(items) else {}
        return 200, {name: items[start:end], **more} if items else {}


def _specification(multipart):
    """The specification in an uploaded file, as KFP tells it back."""
    text = multipart.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0].decode()
    documents = list(yaml.safe_load_all(text))
    if len(documents) == 1:
        return documents[0]
    return {"pipeline_spec": documents[0], "platform_spec": documents[1]}


def _handler(api):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if "json" in self.headers.get("Content-Type", "") and body:
                body = json.loads(body)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            request = Received(self.command, parts.path, query, headers, body)
            api.received.append(request)
            kind = api.fault(request)
            if kind is not None:
                self._fail(kind)
            elif api.token and headers.get("authorization") != f"Bearer {api.token}":
                self._send(401, {"code": 16, "message": "Unauthenticated"})
            elif api.cookie and headers.get("cookie") != api.cookie:
                self._fail("redirect")
            else:
                self._send(*api.answer(request))

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815  names of http.server

        def _fail(self, kind):
            if kind == "html":
                self._send(200, LOGIN, "text/html; charset=utf-8")
            elif kind == "redirect":
                self._send(302, b"", "text/html", ("Location", "/dex/auth?state=abc"))
            elif kind == "empty":
                self._send(200, {})
            elif kind == "hang":
                api._over.wait()
                self.close_connection = True
            elif kind == "drop":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.close_connection = True
            else:
                self._send(kind, self._refusal(f"planted {kind}"))

        def _refusal(self, reason):
            """The upload is served apart from the rest and has its own words."""
            if "/upload" in self.path:
                return {"error_message": reason, "error_details": reason}
            return {"code": 2, "message": reason, "details": []}

        def _send(self, status, body, kind="application/json", *headers):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (("Content-Type", kind), *headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def main(words):
    """Serve beside a command and return its exit code."""
    with KfpApi() as server:
        if words:
            environ = {**os.environ, "KF_PIPELINES_ENDPOINT": server.url}
            return subprocess.run(words, env=environ, check=False).returncode
        print(server.url, flush=True)
        sys.stdin.read()
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
