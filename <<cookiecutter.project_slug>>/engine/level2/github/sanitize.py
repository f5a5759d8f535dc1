"""Text written by unreviewed code: checked and made harmless before a token is used."""

import json
import re

from ..base.errors import ProjectError

MOST = 60_000  # characters; GitHub refuses comments above 65,536
FILES = {"report.md": 4 * MOST, "pull_request.json": 100}  # name: most bytes
_TAGS = r"</?(?:details|summary|b|code|sub)>|<br ?/?>"
_GAP = "\u200b"  # of no width: what follows is text, and copies of it look the same


def number(text: str) -> int:
    """The pull request number in an artifact. Raises ProjectError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    value = found.get("number") if isinstance(found, dict) and len(found) == 1 else None
    if type(value) is not int or not 0 < value < 10**9:
        raise ProjectError(
            f"pull_request.json must hold one number, like {{'number': 12}}, not {text[:40]!r}"
        )
    return value


def inert(text: str, repository: str) -> str:
    """The Markdown without anything that notifies, fetches, or links outside the repository.

    Tables, details, charts and code stay as they are.
    """
    kept = "".join(char for char in text if char in "\n\t\u00a0" or char.isprintable())
    kept = kept[:MOST] + ("\n\n… cut: too long for a comment." if len(kept) > MOST else "")
    kept = re.sub(rf"(?!{_TAGS})<(?=[/!?a-zA-Z])", "&lt;", kept)
    kept = kept.replace("![", f"!{_GAP}[")  # a picture is a request to somebody's server
    kept = kept.replace("]:", f"]{_GAP}:")  # where a link by reference would lead
    kept = re.sub(r"@(?=\w)", f"@{_GAP}", kept)
    kept = re.sub(r"\bwww\.", f"www{_GAP}.", kept, flags=re.IGNORECASE)
    ours = re.escape(f"https://github.com/{repository}/")
    scheme = rf"(?!{ours})\b([a-z][a-z0-9+.-]*):(?=//)"
    kept = re.sub(scheme, rf"\1{_GAP}:", kept, flags=re.IGNORECASE)
    return re.sub(rf"\]\((?!{ours}|#)", f"]{_GAP}(", kept)
