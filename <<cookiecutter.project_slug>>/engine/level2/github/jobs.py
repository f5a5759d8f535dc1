"""The actions of jobs with a token, run by `python -m level2.github`.

Standard library only: nothing that a pull request could have changed is installed beside the token.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from . import actions, sanitize
from .client import MARK, GitHub

VERBS = ("take", "comment", "issue", "settle", "pull-request", "dispatch", "act", "approved")
REPORT = "pull-request-report"
# what `cml comment update` puts under a comment and looks for: both posters keep to one comment
WATERMARK = f'![](https://cml.dev/watermark.png#{{sha}} "CML watermark {REPORT}")'


def take(folder: Path, environment: dict[str, str]) -> None:
    """Check the artifact of a pull request's run; write a harmless report.md and the number.

    The number is trusted only if GitHub confirms that the pull request is at the commit that ran.
    """
    client, event = _client(environment), _event(environment)
    texts = {name: _read(folder, name) for name in sanitize.FILES}
    number = sanitize.number(texts["pull_request.json"])
    ran = event["workflow_run"]
    head = client.call("GET", f"/pulls/{number}")["head"]
    origin = (head.get("repo") or {}).get("full_name")
    wanted = ran["head_sha"], (ran["head_repository"] or {}).get("full_name")
    if (head["sha"], origin) != wanted:
        raise ProjectError(
            f"pull request {number} is at {head['sha'][:12]} of {origin}, the run was of "
            f"{wanted[0][:12]} of {wanted[1]}: nothing is posted, a newer run will report"
        )
    body = sanitize.inert(texts["report.md"], client.repository)
    run = f"https://github.com/{client.repository}/actions/runs/{int(ran['id'])}"
    foot = f"[full report, as an artifact]({run}#artifacts) · written by this pull request's code"
    text = f"{MARK.format(name=REPORT)}\n{body.strip()}\n\n{foot}\n"
    _put(folder / "comment.md", text)
    _append(environment, "GITHUB_STEP_SUMMARY", text)
    _append(environment, "GITHUB_OUTPUT", f"number={number}\n")
    print(f" checked   the report of pull request {number}")


def comment(folder: Path, environment: dict[str, str]) -> None:
    """Post the checked comment, if CML could not."""
    number, sha = int(environment["NUMBER"]), _event(environment)["workflow_run"]["head_sha"]
    text = f"{(folder / 'comment.md').read_text(encoding='utf-8')}\n{WATERMARK.format(sha=sha)}"
    marks = MARK.format(name=REPORT), f'"CML watermark {REPORT}")'
    print(f" comment   {_client(environment).comment(number, text, *marks)}")


def act(folder: Path, environment: dict[str, str]) -> None:
    """Carry out the decision of `decide`: start ct, or open an issue with the evidence.

    The artifact keeps the folders of its files: their deepest common folder is its root.
    """
    client = _client(environment)
    found = actions.read(_limited(folder / "artifacts" / "decide.json", actions.MOST))
    evidence = _limited(folder / "reports" / "decide.md", actions.MOST)
    for line in actions.act(client, found, sanitize.inert(evidence, client.repository)):
        print(f" act       {line}")


def main(words: list[str] | None = None) -> None:
    """Run a command; a ProjectError prints one sentence and exits 1."""
    parser = argparse.ArgumentParser(prog="github", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument(
        "subject", help="folder of the artifact; or name of issue, branch, event, environment"
    )
    parser.add_argument("--body", default="", help="text of the issue")
    given, environment = parser.parse_args(words), dict(os.environ)
    try:
        _do(given.verb, given.subject, given.body, environment)
    except ProjectError as error:
        sys.exit(f" stopped: {error}")


def _do(verb: str, subject: str, body: str, environment: dict[str, str]) -> None:
    if verb in ("take", "comment", "act"):
        return {"take": take, "comment": comment, "act": act}[verb](Path(subject), environment)
    client = _client(environment)
    if verb == "issue":
        print(f" issue     {client.issue(subject, f'{subject} failed', body)}")
    elif verb == "settle":
        client.settle(subject, body)
    elif verb == "approved":
        by = client.approvers(environment.get("GITHUB_RUN_ID", ""), subject)
        _append(environment, "GITHUB_OUTPUT", f"by={by}\n")
        print(f" approved  {subject} · {by or 'by nobody'}")
    elif verb == "pull-request":
        print(f" pull      {client.pull_request(subject, body)}")
    else:
        client.dispatch(subject)
        print(f" dispatch  {subject}")
    return None


def _client(environment: dict[str, str]) -> GitHub:
    names = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise ProjectError(f"{missing[0]} is not set: this command is for a job on GitHub")
    return GitHub(*(environment[name] for name in names))


def _event(environment: dict[str, str]) -> dict[str, Any]:
    path = Path(environment["GITHUB_EVENT_PATH"])
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _read(folder: Path, name: str) -> str:
    """A file of the artifact. Raises ProjectError for a link, an oversized file or binary data."""
    return _limited(folder / name, sanitize.FILES[name])


def _limited(path: Path, most: int) -> str:
    name = path.name
    made_by = "make ci-drift" if name.startswith("decide") else "make ci-report"
    if path.is_symlink() or not path.is_file():
        raise ProjectError(f"the artifact holds no file {name}: run `{made_by}` in the job")
    if path.stat().st_size > most:
        raise ProjectError(f"{name} has {path.stat().st_size:,} bytes, at most {most:,} are taken")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ProjectError(f"{name} is not UTF-8 text: write it by `{made_by}`") from None


def _put(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # a link of this name would lead elsewhere
    path.write_text(text, encoding="utf-8")


def _append(environment: dict[str, str], name: str, text: str) -> None:
    if environment.get(name):
        with Path(environment[name]).open("a", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    main()
