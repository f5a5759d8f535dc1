"""A stand-in for a Kubernetes API server with Katib: what KatibClient calls, over real HTTP.

Run as a process of its own: `python kube_api.py FOLDER` prints its port and serves on 127.0.0.1
until its input ends. FOLDER is the trials' working directory. Tests speak to it under /stand-in.
"""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import katib_rules
from katib_controller import Controller

PATH = re.compile(r"/apis/kubeflow\.org/v1beta1/namespaces/([\w-]+)/(experiments|trials)(?:/(.+))?")
TOKENS = {"good": None, "reader": {"GET"}}  # what a token may do, None for everything
SECRETS = {"trial-secret": {"FROM_SECRET": "it is here"}}


class Stand:
    """Everything the cluster holds, and what the next requests are to meet."""

    def __init__(self, folder):
        self.folder = folder
        self.kept = {}  # (namespace, name): Controller
        self.log = []  # [method, path]
        self.made = []  # manifests as they arrived
        self.logs = []  # of every trial there ever was, one dict an Experiment
        self.play, self.faults = {}, []
        self.lock = threading.RLock()


STAND = Stand(sys.argv[1] if __name__ == "__main__" else "")


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_DELETE(self):
        self._serve("DELETE")

    def _serve(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        path, _, query = self.path.partition("?")
        with STAND.lock:
            if path.startswith("/stand-in/"):
                return self._answer(200, control(path.rpartition("/")[2], body))
            STAND.log.append([method, path])
            fault = self._fault(method, path)
            if fault == "drop":
                self.close_connection = True
                return self.connection.close()
            if fault == "lose":  # the request is carried out, the answer gets lost
                self._route(method, path, query, body)
                self.close_connection = True
                return self.connection.close()
            if fault:
                return self._answer(int(fault), status(int(fault), "made up for a test"))
            return self._answer(*self._route(method, path, query, body))

    def _fault(self, method, path):
        for fault in STAND.faults:
            if fault["method"] == method and fault["times"] > 0 and fault["path"] in path:
                fault["times"] -= 1
                return fault["do"]
        return None

    def _route(self, method, path, query, body):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in TOKENS:
            return 401, status(401, "Unauthorized")
        if TOKENS[token] and method not in TOKENS[token]:
            return 403, status(403, f"User cannot {method} this resource")
        found = PATH.fullmatch(path)
        if not found:
            return 404, status(404, "the server could not find the requested resource")
        namespace, plural, name = found.groups()
        if plural == "trials":
            owner = query.replace("%3D", "=").replace("%2F", "/").rpartition("=")[2]
            controller = STAND.kept.get((namespace, owner))
            return 200, {"items": controller.trials if controller else []}
        if method == "POST":
            return create(namespace, body)
        if name is None:
            return 200, {"items": [item.experiment for item in STAND.kept.values()]}
        if (namespace, name) not in STAND.kept:
            return 404, status(404, f'experiments.kubeflow.org "{name}" not found')
        if method == "DELETE":
            STAND.kept.pop((namespace, name)).stop()
            return 200, status(200, "deleted")
        return 200, STAND.kept[namespace, name].experiment

    def _answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def create(namespace, experiment):
    name = experiment["metadata"]["name"]
    if (namespace, name) in STAND.kept:
        return 409, status(409, f'experiments.kubeflow.org "{name}" already exists')
    broken = list(katib_rules.violations(experiment))
    if broken:
        return 400, status(400, f'admission webhook "validator" denied the request: {broken[0]}')
    STAND.made.append(json.loads(json.dumps(experiment)))
    secrets = SECRETS | STAND.play.get("secrets", {})
    controller = Controller(experiment, STAND.folder, secrets, STAND.play)
    STAND.kept[namespace, name] = controller
    STAND.logs.append(controller.logs)
    controller.start()
    return 201, experiment


def status(code, message):
    return {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}


def control(what, body):
    """What tests ask of the stand-in itself."""
    if what == "play":
        STAND.play, STAND.faults = body.get("play", {}), body.get("faults", [])
        return {}
    return {
        "log": STAND.log,
        "made": STAND.made,
        "kept": [name for _, name in STAND.kept],
        "logs": {name: log for logs in STAND.logs for name, log in logs.items()},
    }


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    for item in STAND.kept.values():
        item.stop()
