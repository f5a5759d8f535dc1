"""Variables given to make: refuse what no target takes, which make itself ignores.

The Makefile calls it before any work, with the Python that is at hand: it imports nothing of ours.
"""

import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

_NAME = re.compile(r"\$.([A-Z][A-Z0-9_]*)|([A-Z0-9_]+) *[?:]?=")
_ELSEWHERE = ("MLFLOW_", "AWS_", "SHELL", "MAKEFLAGS")  # taken by what the targets call
_SWITCHES = ("APPLY", "EDITED", "EVIDENTLY", "HOLD", "ONCE")
_OF_ADOPT = ("DATA", "TARGET")


def known(text: str) -> set[str]:
    """Names of the variables that a Makefile or an .env file uses."""
    return {one or other for one, other in _NAME.findall(text)}


def refusal(given: Mapping[str, str], goals: Collection[str], names: Collection[str]) -> str:
    """Why make cannot go on with these variables, empty where it can."""
    for name, value in given.items():
        if name not in names and not name.startswith(_ELSEWHERE):
            return f"no target takes {name}=: {_nearest(name, names)}"
        if name in _SWITCHES and value not in ("", "yes", "no"):
            return f"{name}={value} is not understood: say {name}=yes, or leave it out"
        if name == "PORT" and not re.fullmatch("[0-9]*", value):
            return f"PORT={value} is not understood: say a number, as PORT=8000"
    if not given.keys().isdisjoint(_OF_ADOPT) and set(goals) - {"adopt", "help"}:
        return "only adopt takes DATA= and TARGET=: make adopt DATA=path.csv TARGET=column"
    return ""


def _nearest(name: str, names: Collection[str]) -> str:
    from difflib import get_close_matches

    for near in get_close_matches(name.upper(), sorted(names), 1):
        return f"did you mean {near}=?"
    return "`make help` names what they take"


def main(words: list[str]) -> None:
    """Print the refusal of `NAME=value ... -- goal ...`."""
    end = words.index("--")
    given = dict(word.split("=", 1) for word in words[:end])
    files = [path for path in map(Path, ("Makefile", ".env.example")) if path.is_file()]
    names = known("\n".join(path.read_text(encoding="utf-8") for path in files))
    print(refusal(given, words[end + 1 :], names))


if __name__ == "__main__":
    main(sys.argv[1:])
