"""A stand-in for GitHub's REST interface on loopback: what the project asks of it, recorded."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "made-up-token"
DEFAULTS = (("per_page", "30"), ("page", "1"))  # GitHub's own


class Recorder:
    """Comments, issues, pulls and dispatches of one repository, pages of at most 100."""

    def __init__(self, repository="team/project"):
        self.repository = repository
        self.comments, self.issues, self.dispatches, self.opened = {}, [], [], []
        self.pulls, self.calls, self.number = {}, [], 0
        self.reviews = []  # of any run's deployments: as `reviewed` makes them
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"null")
                code, found = recorder.answer(self.command, self.path, body, self.headers)
                text = b"" if found is None else json.dumps(found).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815  names of the standard library

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def add(self, where, body, kind="Bot"):
        self.number += 1
        item = {
            "id": self.number,
            "body": body,
            "user": {"type": kind},
            "html_url": f"u/{self.number}",
        }
        where.append(item)
        return item

    def reviewed(self, login, state="approved", environment="production"):
        """Review the deployments of a run, as a person does in the browser."""
        known = [{"id": 1, "name": environment, "html_url": "u/environment"}]
        user = {"login": login, "type": "User"}
        self.reviews.append({"state": state, "comment": "", "environments": known, "user": user})

    def answer(self, method, path, body, headers):
        parts = urlsplit(path)
        self.calls.append((method, parts.path))
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        route = parts.path.removeprefix(f"/repos/{self.repository}")
        query = parse_qs(parts.query)
        if method == "GET" and (found := re.fullmatch(r"/users/([\w-]+)", route)):
            return 200, {"login": found[1], "id": 1, "type": "User"}
        if method == "GET" and route == "":
            return 200, {"default_branch": "main"}
        if method == "GET" and re.fullmatch(r"/actions/runs/\d+/approvals", route):
            return 200, self.reviews
        if method == "GET" and (found := re.fullmatch(r"/pulls/(\d+)", route)):
            pull = self.pulls.get(int(found[1]))
            return (200, pull) if pull else (404, {"message": "Not Found"})
        if found := re.fullmatch(r"/issues/(\d+)/comments", route):
            thread = self.comments.setdefault(int(found[1]), [])
            if method == "POST":
                return 201, self.add(thread, body["body"])
            return 200, self.page(thread, query)
        if method == "PATCH" and (found := re.fullmatch(r"/issues/comments/(\d+)", route)):
            every = (item for thread in self.comments.values() for item in thread)
            item = next(item for item in every if item["id"] == int(found[1]))
            item.update(body)
            return 200, item
        if route == "/issues" and method == "GET":
            return 200, self.page([item for item in self.issues if item["state"] == "open"], query)
        if route == "/issues" and method == "POST":
            item = self.add(self.issues, body["body"])
            item.update(state="open", number=item["id"], title=body["title"])
            return 201, item
        if method == "PATCH" and (found := re.fullmatch(r"/issues/(\d+)", route)):
            item = next(item for item in self.issues if item["number"] == int(found[1]))
            item.update(body)
            return 200, item
        if (method, route) == ("POST", "/pulls"):
            self.opened.append(body)
            return 201, {"html_url": "u/pull"}
        if (method, route) == ("POST", "/dispatches"):
            self.dispatches.append(body)
            return 204, None
        raise AssertionError(f"the stand-in does not know {method} {path}")

    def page(self, items, query):
        size, number = (int(query.get(key, [least])[0]) for key, least in DEFAULTS)
        assert size <= 100
        return items[size * (number - 1) : size * number]
