"""GitHub's REST API, with the standard library only: it runs with a token, before any install."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..base.errors import ProjectError

PAGE = 100
MARK = "<!-- {name} -->"  # finds what was posted before; Markdown does not show it


@dataclass(frozen=True)
class GitHub:
    """One repository, with a token whose rights are in the job's `permissions`."""

    api: str
    repository: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return the JSON. Raises ProjectError with GitHub's own message."""
        request = urllib.request.Request(  # noqa: S310  the runner says where the interface is
            f"{self.api.rstrip('/')}/repos/{self.repository}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  as above
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            said = error.read(300).decode(errors="replace")
            raise ProjectError(
                f"GitHub answered {error.code} to {method} {path}: {said}: "
                "look at the job's permissions"
            ) from None
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"GitHub at {self.api} cannot be reached for {path} ({error}): run the job again"
            ) from None

    def every(self, path: str) -> Iterator[Any]:
        """All items of a list, page by page."""
        page, joint = 1, "&" if "?" in path else "?"
        while items := self.call("GET", f"{path}{joint}per_page={PAGE}&page={page}"):
            yield from items
            page += 1
            if len(items) < PAGE:
                return

    def comment(self, number: int, body: str, *marks: str) -> str:
        """Update the bot's comment that contains one of `marks`, or create it. Returns its URL."""
        for item in self.every(f"/issues/{number}/comments"):
            ours = item["user"]["type"] == "Bot" and any(mark in item["body"] for mark in marks)
            if ours:
                done = self.call("PATCH", f"/issues/comments/{item['id']}", {"body": body})
                return str(done["html_url"])
        done = self.call("POST", f"/issues/{number}/comments", {"body": body})
        return str(done["html_url"])

    def issue(self, name: str, title: str, body: str) -> str:
        """Comment on the bot's open issue of this name, or open one. Returns its URL."""
        mark = MARK.format(name=name)
        for item in self.every("/issues?state=open"):
            if item["user"]["type"] == "Bot" and mark in (item["body"] or ""):
                done = self.call("POST", f"/issues/{item['number']}/comments", {"body": body})
                return str(done["html_url"])
        done = self.call("POST", "/issues", {"title": title, "body": f"{body}\n\n{mark}"})
        return str(done["html_url"])

    def settle(self, name: str, body: str) -> None:
        """Close the bot's open issue of this name with a final comment, if there is one."""
        mark = MARK.format(name=name)
        for item in self.every("/issues?state=open"):
            if item["user"]["type"] == "Bot" and mark in (item["body"] or ""):
                path = f"/issues/{item['number']}"
                self.call("POST", f"{path}/comments", {"body": body})
                self.call("PATCH", path, {"state": "closed"})

    def pull_request(self, branch: str, title: str) -> str:
        """Open a pull request from a branch into the default one. Returns its URL."""
        base = self.call("GET", "")["default_branch"]
        body = "Close and reopen it to run the checks: GitHub starts no workflows for its own bot."
        said = {"title": title, "head": branch, "base": base, "body": body}
        return str(self.call("POST", "/pulls", said)["html_url"])

    def approvers(self, run: str, environment: str) -> str:
        """Who approved this run for the environment: logins with commas, empty if nobody did."""
        if not run.isdecimal():
            raise ProjectError("GITHUB_RUN_ID is not a number: this command is for a job on GitHub")
        reviews = self.call("GET", f"/actions/runs/{run}/approvals") or []
        found = {
            re.sub(r"[^A-Za-z0-9_\[\]-]", "", str((item.get("user") or {}).get("login", "")))
            for item in reviews
            if item["state"] == "approved"
            and environment in {known["name"] for known in item["environments"]}
        }
        return ", ".join(sorted(found - {""}))

    def dispatch(self, event: str, **payload: int) -> None:
        """Start the workflows that listen for this repository_dispatch event."""
        more = {"client_payload": payload} if payload else {}
        self.call("POST", "/dispatches", {"event_type": event, **more})
