"""Your notices: functions that are called after an event.

Delete those that you do not need.

  promoted(record)  a candidate became the champion
  held(record)      the gate held a candidate
  decided(record)   the monitor's verdict led to an action other than keeping the champion

The record of the first two has model, version (of the candidate), champion and previous (versions
after and before, or None), reasons (why it was held), metric and value (the candidate's). That of
the third has model, version (of the champion), action, reason and findings.

An exception here undoes nothing; the step prints it in one sentence after its own line.
"""

import json
import os
from typing import Any


def promoted(record: dict[str, Any]) -> None:
    """Post which version is the champion now."""
    before = f" and replaces v{record['previous']}" if record["previous"] else ""
    metric = f"{record['metric']} {record['value']:.4g}"
    post(f"{record['model']} v{record['version']} is the champion{before} ({metric})")


def held(record: dict[str, Any]) -> None:
    """Post why a candidate was held."""
    post(f"{record['model']} v{record['version']} was held: {'; '.join(record['reasons'])}")


def decided(record: dict[str, Any]) -> None:
    """Post the decision on the monitor's verdict."""
    post(f"{record['model']} v{record['version']}: {record['action']}, {record['reason']}")


def post(text: str) -> None:
    """Send a line to a chat's incoming webhook, if the environment has NOTICE_URL."""
    from urllib.request import Request, urlopen

    url = os.environ.get("NOTICE_URL", "").strip()
    if not url:
        return
    if not url.startswith(("https://", "http://")):
        raise ValueError("NOTICE_URL must begin with https:// or http://")
    body = json.dumps({"text": text}).encode()
    request = Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  checked above
    with urlopen(request, timeout=10):  # noqa: S310  the same
        pass
