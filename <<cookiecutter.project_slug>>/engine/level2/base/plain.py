"""Text for a database with any character set: Kubeflow's may be latin1, which refuses a run."""

import json
from typing import Any

SIGNS = str.maketrans(
    {
        "≤": "<=",
        "≥": ">=",
        "→": "->",
        "·": "-",
        "…": "...",
        "–": "-",
        "—": "-",
        "×": "x",
        "\u202f": "",
    }
)
QUOTED = '"'  # begins a word in disguise: no knob's name does


def plain(text: str) -> str:
    """The text in ASCII: our own symbols spelled out, any other as a backslash escape."""
    return text.translate(SIGNS).encode("ascii", "backslashreplace").decode()


def packed(word: str) -> str:
    """A setting as ASCII that `unpacked` restores; ASCII stays as it is."""
    return word if word.isascii() else json.dumps(word)


def unpacked(word: str) -> str:
    """The text given to `packed`; other text stays as it is."""
    try:
        return str(json.loads(word)) if word.startswith(QUOTED) else word
    except ValueError:
        return word


def plain_tree(value: Any) -> Any:
    """The same for every text in lists and dicts."""
    if isinstance(value, dict):
        return {plain(str(key)): plain_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_tree(item) for item in value]
    return plain(value) if isinstance(value, str) else value
