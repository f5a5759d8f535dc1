"""Check the variables given to make, which itself ignores unknown ones.

The Makefile calls this before any work, with any Python available, so it imports no other module of
the engine.
"""

import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

_NAME = re.compile(r"\$.([A-Z][A-Z0-9_]*)|([A-Z0-9_]+) *[?:]?=")
_ELSEWHERE = ("MLFLOW_", "AWS_", "SHELL", "MAKEFLAGS")  # taken by what the targets call
_SWITCHES = ("APPLY", "EDITED", "EVIDENTLY", "HOLD", "NO_CLUSTER", "ONCE", "PULL")
_OF_ADOPT = ("DATA", "TARGET")
_OF_SOURCES = ("add-source", "push-features")  # which take DATA= too
_KNOBS = ("SET", "PARAM")  # the second is the old name of the first
_PASSED_ON = r"\$\((SET|ASKED)\)"
_TARGET = re.compile(r"^([a-z][a-z-]*):(?!=).*\n((?:\t.*\n|##.*\n)*)", re.MULTILINE)


def known(text: str) -> set[str]:
    """Names of the variables that a Makefile or an .env file uses."""
    return {one or other for one, other in _NAME.findall(text)}


def knob_targets(text: str) -> list[str]:
    """Targets of a Makefile whose recipes pass SET= on, in its order."""
    return [name for name, recipe in _TARGET.findall(text) if re.search(_PASSED_ON, recipe)]


def refusal(
    given: Mapping[str, str],
    goals: Collection[str],
    names: Collection[str],
    knobs: Collection[str] = (),
) -> str:
    """Why make cannot continue with these variables, or empty if it can.

    `names` are the variables that targets accept, `knobs` the targets that accept SET=.
    """
    for name, value in given.items():
        if name not in names and not name.startswith(_ELSEWHERE):
            return f"no target takes {name}=: {_nearest(name, names)}"
        if name in _SWITCHES and value not in ("", "yes", "no"):
            return f"{name}={value} is not understood: say {name}=yes, or leave it out"
        if name == "PORT" and not re.fullmatch("[0-9]*", value):
            return f"PORT={value} is not understood: say a number, as PORT=8000"
    takes = {"adopt", "help"} if "TARGET" in given else {"adopt", "help", *_OF_SOURCES}
    if not given.keys().isdisjoint(_OF_ADOPT) and set(goals) - takes:
        return "only adopt takes DATA= and TARGET=: make adopt DATA=path.csv TARGET=column"
    deaf = [goal for goal in goals if goal not in (*knobs, "help")]
    if deaf and any(given.get(name) for name in _KNOBS):
        return f"{deaf[0]} does not take SET=: these targets do: {', '.join(knobs)}"
    return ""


def _nearest(name: str, names: Collection[str]) -> str:
    from difflib import get_close_matches

    for near in get_close_matches(name.upper(), sorted(names), 1):
        return f"did you mean {near}=?"
    return "`make help` names what they take"


def main(words: list[str]) -> None:
    """Print the error for `NAME=value ... -- goal ...`."""
    end = words.index("--")
    given = dict(word.split("=", 1) for word in words[:end])
    files = [path for path in map(Path, ("Makefile", ".env.example")) if path.is_file()]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    print(refusal(given, words[end + 1 :], known(text), knob_targets(text)))


if __name__ == "__main__":
    main(sys.argv[1:])
