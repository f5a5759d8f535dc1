"""What `adopt` says where columns tell the target: the two commands that go on from there."""

import csv
import io
import re
import shlex
from collections.abc import Sequence

from ..params.config import Params
from ..training.leakage import advice
from ..training.leakage_sums import Leak


def refusal(leaks: list[Leak], params: Params, words: dict[str, str], waived: Sequence[str]) -> str:
    """The leaks, and the two commands to continue with."""
    sentence, columns = advice(leaks)
    raw = {new: old for old, new in params.data.rename.items()}
    columns = [raw.get(name, name) for name in columns]
    for new, old in raw.items():
        sentence = re.sub(rf"\b{new}\b", old.replace("\\", ""), sentence)
    fewer = {**words, "EXCLUDE": ",".join(filter(None, [words["EXCLUDE"], listed(columns)]))}
    kept = {**words, "ALLOW_LEAKAGE": listed([*waived, *columns])}
    return (
        f"{sentence}.\n exclude them:  {_command(fewer)}\n keep them:     {_command(kept)}\n"
        "                which sets data.allow_leakage in params.yaml: write the reason there"
    )


def listed(names: Sequence[str]) -> str:
    """Names as EXCLUDE expects them: one with a comma or a quote in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _command(words: dict[str, str]) -> str:
    given = (f"{key}={shlex.quote(value)}" for key, value in words.items() if value)
    return f"make adopt {' '.join(given)}"
