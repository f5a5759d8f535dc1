"""A stand-in for a Kubernetes API server with KServe: what `kubectl apply`, `get` and `patch` ask.

Run as a process of its own: `python deploy_api.py` prints its port and serves on 127.0.0.1 until
its input ends. It stores whole objects: of server-side apply it knows one manager, and of the
controllers only how a Deployment and an InferenceService tell of a rollout. Tests speak to it
under /stand-in.
"""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import yaml

sys.path.insert(0, str(Path(__file__).parent))
import rollout_controllers

KINDS = {  # group/version: plural: kind, namespaced
    "v1": {
        "namespaces": ("Namespace", False),
        "pods": ("Pod", True),
        "serviceaccounts": ("ServiceAccount", True),
        "services": ("Service", True),
    },
    "apps/v1": {"deployments": ("Deployment", True)},
    "autoscaling/v2": {"horizontalpodautoscalers": ("HorizontalPodAutoscaler", True)},
    "networking.k8s.io/v1": {"networkpolicies": ("NetworkPolicy", True)},
    "policy/v1": {"poddisruptionbudgets": ("PodDisruptionBudget", True)},
    "serving.kserve.io/v1beta1": {"inferenceservices": ("InferenceService", True)},
}
PATH = re.compile(
    r"/(?:api/(v1)|apis/([\w.-]+/\w+))(?:/namespaces/([\w-]+))?/([a-z]+)(?:/([\w.-]+))?", re.ASCII
)


class Stand:
    """Everything the cluster holds, and what the next requests are to meet."""

    def __init__(self):
        self.kept = {}  # (plural, namespace, name): object
        self.log = []  # [method, path with query]
        self.bad = {}  # image: what a pod of it says
        self.slow = 1  # looks at an object until a change has come through
        self.pods = []  # name, model and, one after the other, its pages of metrics
        self.missing = set()  # groups that are not installed
        self.forbidden = set()  # plurals nobody may touch, or `list plural`
        self.lock = threading.RLock()


STAND = Stand()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_PATCH(self):
        self._serve("PATCH")

    def do_DELETE(self):
        self._serve("DELETE")

    def _serve(self, method):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, asked = self.path.partition("?")
        if method == "GET" and "watch=true" in asked:
            return self._watch(path, asked)
        with STAND.lock:
            if path.startswith("/stand-in/"):
                return self._answer(200, control(path.rpartition("/")[2], json.loads(data)))
            found = discovery(path)
            if found is not None:
                return self._answer(200, found)
            STAND.log.append([method, self.path])
            if "/pods" in path:
                refused = "pods" in STAND.forbidden
                said = 'pods is forbidden: User "someone" cannot list resource "pods"'
                body = status(403, said, "Forbidden") if refused else of_pods(path)
                return self._answer(403 if refused else 200, body)
            if method == "GET" and (one := selected(path, asked)):
                return self._answer(*listed(path, one))
            return self._answer(*route(method, path, self.headers.get("Content-Type"), data))

    def _watch(self, path, asked):
        """One object as it changes, until the client hangs up."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        known = ""
        while True:
            with STAND.lock:
                _, found = route("GET", selected(path, asked), "", b"")
            event = json.dumps({"type": "MODIFIED", "object": found})
            try:
                self.wfile.write(event.encode() + b"\n" if event != known else b"")
            except OSError:
                return
            known = event
            time.sleep(0.02)

    def _answer(self, code, body):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def installed():
    return {name: kinds for name, kinds in KINDS.items() if name not in STAND.missing}


def discovery(path):
    """What there is, None for another question."""
    known = {f"/api/{name}" if name == "v1" else f"/apis/{name}": name for name in installed()}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups()}
    if path in known:
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": known[path],
            "resources": [resource(*item) for item in KINDS[known[path]].items()],
        }
    if path == "/openapi/v3":
        paths = {place[1:]: {"serverRelativeURL": f"/openapi/v3{place}"} for place in known}
        return {"paths": paths}
    if path.removeprefix("/openapi/v3") in known:
        return openapi(path.removeprefix("/openapi/v3"))
    return None


def groups():
    found = []
    for name in installed():
        group, _, version = name.rpartition("/")
        entry = {"groupVersion": name, "version": version}
        found.append({"name": group, "versions": [entry], "preferredVersion": entry})
    return [item for item in found if item["name"]]


def resource(plural, kind):
    name, namespaced = kind
    verbs = ["create", "delete", "get", "list", "patch", "watch"]
    return {
        "name": plural,
        "singularName": name.lower(),
        "namespaced": namespaced,
        "kind": name,
        "verbs": verbs,
    }


def openapi(place):
    """That the server itself refuses unknown fields, which is what kubectl looks for."""
    group, _, version = place.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
    paths = {}
    for plural, (kind, _) in KINDS[f"{group}/{version}" if group else version].items():
        paths[f"{place}/namespaces/{{namespace}}/{plural}/{{name}}"] = {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query"}],
                "x-kubernetes-group-version-kind": {
                    "group": group,
                    "version": version,
                    "kind": kind,
                },
            }
        }
    return {"openapi": "3.0.0", "info": {"title": "stand-in", "version": "1"}, "paths": paths}


def selected(path, asked):
    """The path of the one object that a list or a watch selects by its name, else nothing."""
    fields = parse_qs(asked).get("fieldSelector", [""])[0]
    name = fields.removeprefix("metadata.name=")
    return f"{path}/{name}" if name != fields else ""


def listed(path, one):
    """A list of the one object that is asked for."""
    plural = path.rpartition("/")[2]
    if f"list {plural}" in STAND.forbidden:
        said = f'{plural} is forbidden: User "someone" cannot list resource "{plural}"'
        return 403, status(403, said, "Forbidden")
    code, found = route("GET", one, "", b"")
    if code != 200:
        return code, found
    whole = {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}}
    return 200, whole | {"items": [found]}


def route(method, path, content, data):
    found = PATH.fullmatch(path)
    if not found or not found[5]:
        return 404, status(404, "the server could not find the requested resource", "NotFound")
    core, group, space, plural, name = found.groups()
    if plural not in installed().get(core or group, {}):
        return 404, status(404, "the server could not find the requested resource", "NotFound")
    if plural in STAND.forbidden:
        said = f'{plural} "{name}" is forbidden: User "someone" cannot {method.lower()} resource'
        return 403, status(403, said, "Forbidden")
    key = (plural, space or "", name)
    if method == "PATCH":
        return patch(key, content, data)
    if method == "DELETE" and STAND.kept.pop(key, None):
        return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
    if key not in STAND.kept:
        return 404, status(404, f'{plural} "{name}" not found', "NotFound")
    rollout_controllers.below(STAND.kept[key], STAND.kept)
    rollout_controllers.look(STAND.kept[key], STAND.bad)
    return 200, STAND.kept[key]


def of_pods(path):
    """The list of the pods, or the next page of metrics of one of them."""
    for pod in STAND.pods:
        if f"/pods/{pod['name']}:8000/proxy/metrics" in path:
            pages = pod["pages"]
            if pod.get("going"):
                raise ConnectionError("a pod that has closed its port was asked")
            return pages.pop(0) if len(pages) > 1 else pages[0]
    items = [
        {
            "metadata": {"name": pod["name"], "uid": f"uid-{pod['name']}"}
            | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if pod.get("going") else {}),
            "spec": {"containers": [{"env": [{"name": "SERVE_SHA256", "value": pod["sha256"]}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for pod in STAND.pods
    ]
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}


def patch(key, content, data):
    plural, space, name = key
    if space and ("namespaces", "", space) not in STAND.kept:
        return 404, status(404, f'namespaces "{space}" not found', "NotFound")
    old = STAND.kept.get(key)
    if content == "application/apply-patch+yaml":
        new = applied(old, yaml.safe_load(data))
    elif old is None:
        return 404, status(404, f'{plural} "{name}" not found', "NotFound")
    else:
        new = merged(old, json.loads(data))
    meta = new["metadata"]
    meta.setdefault("generation", 1)
    if old and old.get("spec") != new.get("spec"):
        meta["generation"] += 1
    meta |= {"uid": f"uid-{name}", "resourceVersion": str(len(STAND.log))}
    meta.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
    STAND.kept[key] = new
    rollout_controllers.change(new, STAND.slow)
    return (200 if old else 201), new


def applied(old, wanted):
    """The applied object with what the server itself keeps of the old one."""
    kept = {
        key: value
        for key, value in (old or {}).get("metadata", {}).items()
        if key not in ("annotations", "labels")
    }
    new = {**wanted, "metadata": {**kept, **wanted["metadata"]}}
    for key in ("status", "revisions"):  # of the controllers
        if old and key in old:
            new[key] = old[key]
    return json.loads(json.dumps(new))


def merged(old, change):
    """JSON merge patch."""
    if not isinstance(change, dict) or not isinstance(old, dict):
        return change
    new = {key: value for key, value in old.items() if change.get(key, value) is not None}
    return new | {
        key: merged(old.get(key, {}), value) for key, value in change.items() if value is not None
    }


def status(code, message, reason):
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }


def control(what, body):
    """What tests ask of the stand-in itself."""
    if what == "play":
        STAND.bad = body.get("bad", {})
        STAND.slow = body.get("slow", 1)
        STAND.pods = body.get("pods", [])
        STAND.missing = set(body.get("missing", []))
        STAND.forbidden = set(body.get("forbidden", []))
        return {}
    kept = {"/".join(part for part in key if part): item for key, item in STAND.kept.items()}
    return {"log": STAND.log, "kept": kept}


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
