"""Cron lines: five fields as in crontab, six as KFP needs them."""

import re
from datetime import datetime

from cronsim import CronSim, CronSimError

from ..base.errors import ProjectError

EXAMPLE = "write five fields like `0 3 * * 1` (Mondays at 03:00 UTC)"
FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of the month": "1 to 31",
    "month": "1 to 12",
    "day of the week": "0 to 6",
}
# cronsim takes these and KFP does not: the last day, the second Friday, Sunday as 7
UNKNOWN_TO_KFP = {
    "day of the month": re.compile("L"),
    "day of the week": re.compile(r"[L#]|(?<![/\d])0*7"),
}
_ANY_TIME = datetime(2000, 1, 1)  # cronsim counts from a time; whether it can parse needs none


def kfp_cron(line: str) -> str:
    """Convert five fields to KFP's six, seconds first. Raises ProjectError with an example."""
    words = line.upper().split()
    if len(words) != len(FIELDS):
        raise ProjectError(f"cron `{line}` has {len(words)} fields: {EXAMPLE}")
    for place, (word, name) in enumerate(zip(words, FIELDS, strict=True)):
        alone = ["*"] * len(FIELDS)
        alone[place] = word
        refused = name in UNKNOWN_TO_KFP and UNKNOWN_TO_KFP[name].search(word)
        if refused or not _parses(alone):
            raise ProjectError(
                f"cron `{line}`: `{word}` is not a valid {name} ({FIELDS[name]}): {EXAMPLE}"
            )
    if not _parses(words):
        raise ProjectError(f"cron `{line}` names a day that never comes: {EXAMPLE}")
    return " ".join(["0", *words])


def _parses(words: list[str]) -> bool:
    """Whether cronsim accepts the fields; `?` is KFP's synonym for `*`."""
    try:
        CronSim(" ".join(words).replace("?", "*"), _ANY_TIME)
    except CronSimError:
        return False
    return True
