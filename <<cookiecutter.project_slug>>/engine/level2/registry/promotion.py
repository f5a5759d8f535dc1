"""Staging's champion becomes production's, by an approval or by rule; and back again.

Only the alias moves: the version, its files and its digest stay what they were on staging. The tags
`production.*` of the version say who approved it, when, and what served before.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..base.errors import ProjectError
from ..project import Context
from . import tracking
from .champion import champion_model
from .environments import APPROVED_AT, APPROVED_BY, PREVIOUS, PRODUCTION, STAGING, STATE
from .hand_over import HandOver, handed_over
from .mlflow import Registry
from .mlflow_sqlite import CHAMPION, Version

RULE = "rule ct.auto_promote"
PROMOTED, ROLLED_BACK = "promoted", "rolled back"


class Promotion(HandOver):
    """artifacts/promotion.json: a hand-over record, and who approved it."""

    environment: str
    approved_by: str
    approved_at: str  # ISO 8601, UTC


def promote(
    context: Context, number: str = "", handed: Mapping[str, Any] | None = None, by: str = ""
) -> tuple[str, Promotion]:
    """Move production's alias to the champion of staging. Returns one line and the record.

    `number` is the version meant, `handed` the hand-over record that staging was deployed from,
    `by` who approved it. Repeated, it changes nothing.

    Raises ProjectError, before anything moves, if that version is not staging's champion any more,
    if its file or digest is another one, if production rolled it back, or if nobody approved it.
    """
    alias, handed = _own_alias(context), handed or {}
    store, name = tracking.registry(context), context.params.data.name
    version = _meant(store, name, number, handed)
    _same_model(store, version, handed)
    now = store.champion(name, alias)
    stands = now is not None and now.version == version.version
    if not stands:
        if version.tags.get(STATE) == ROLLED_BACK and not number:
            raise ProjectError(
                f"{name} v{version.version} was rolled back in production: promote a newer "
                f"version, or insist with VERSION={version.version}"
            )
        tags = _approval(context, version, by, now)
        store.tag(version, tags)
        store.promote(version, alias)
        version = Version(name, version.version, version.run_id, {**version.tags, **tags})
    before = f"v{now.version} → " if now and not stands else ""
    line = f"{name} {before}v{version.version}" + (
        " · production has it already" if stands else f" · approved by {version.tags[APPROVED_BY]}"
    )
    return line, _record(version, alias, str(handed.get("image") or ""))


def withdraw(context: Context, expected: str = "") -> str:
    """Move production's alias back to the version before, and no other alias. Returns one line.

    With `expected`, the alias has to name that version.
    """
    alias = _own_alias(context)
    store, name = tracking.registry(context), context.params.data.name
    now = store.champion(name, alias)
    if now is None:
        raise ProjectError(f"{name} has no champion in production that could be rolled back")
    if expected and now.version != expected:
        raise ProjectError(
            f"production's champion is {name} v{now.version}, not v{expected}: alias {alias} stays"
        )
    number = now.tags.get(PREVIOUS, "")
    before = store.version(name, number) if number else None
    if before is None or before.tags.get(STATE) == ROLLED_BACK:
        why = f"v{number} was rolled back itself" if before else "there is none before it"
        raise ProjectError(
            f"production has no version before {name} v{now.version} ({why}): promote the one you "
            "want with `make promote ENV=production`"
        )
    champion_model(store, before)
    store.tag(now, {STATE: ROLLED_BACK})
    store.promote(before, alias)
    return f"{PRODUCTION} · alias {alias} from {name} v{now.version} to v{before.version}"


def waits(version: Version, now: Version | None) -> bool:
    """Whether staging's champion is one that production neither has nor rolled back."""
    return (now is None or now.version != version.version) and (
        version.tags.get(STATE) != ROLLED_BACK
    )


def _own_alias(context: Context) -> str:
    """Production's alias. Raises ProjectError if it is the one that the gate moves."""
    alias = context.params.ct.production_alias
    if alias == CHAMPION:
        raise ProjectError(
            f"ct.production_alias is {CHAMPION}, which the gate moves: give production another one"
        )
    return alias


def _meant(store: Registry, name: str, number: str, handed: Mapping[str, Any]) -> Version:
    """Staging's champion, which has to be the version that is meant."""
    known = store.champion(name, CHAMPION)
    if known is None:
        raise ProjectError(
            f"{name} has no champion on {STAGING} in this registry: `make run` or `make pipeline` "
            "promotes one, and MLFLOW_TRACKING_URI has to be the same in both environments"
        )
    wanted = number or str(handed.get("version") or known.version)
    if handed.get("registered_model", name) != name:
        raise ProjectError(
            f"the hand-over record is of {handed['registered_model']}, this project's model is "
            f"{name}: give the record that staging was deployed from"
        )
    if str(handed.get("version") or wanted) != wanted:
        raise ProjectError(
            f"VERSION={wanted} was asked for and the hand-over record is of v{handed['version']}: "
            "leave one of them out"
        )
    if wanted != known.version:
        raise ProjectError(
            f"{name} v{wanted} is not {STAGING}'s champion, v{known.version} is: nothing was "
            f"promoted, approve v{known.version} instead"
        )
    return known


def _same_model(store: Registry, version: Version, handed: Mapping[str, Any]) -> None:
    """Raises ProjectError unless registry, file and hand-over record name the same digest."""
    champion_model(store, version)  # it compares the file with the tag
    digest = version.tags["sha256"]
    expected = handed.get("sha256", digest)
    if expected != digest:
        raise ProjectError(
            f"{version.name} v{version.version} is another model in the registry (SHA-256 "
            f"{digest[:12]}…) than in the hand-over record ({expected[:12]}…): deploy it on "
            f"{STAGING} again"
        )


def _approval(context: Context, version: Version, by: str, now: Version | None) -> dict[str, str]:
    """Tags of the version. Raises ProjectError if nobody approved it."""
    by = " ".join(by.split())
    if not by and not context.params.ct.auto_promote:
        raise ProjectError(
            f"nobody approved {version.name} v{version.version} for production: say who with BY=, "
            "let reviewers of the environment approve the job, or set ct.auto_promote: true"
        )
    return {
        STATE: PROMOTED,
        APPROVED_BY: by or RULE,
        APPROVED_AT: datetime.now(UTC).isoformat(timespec="seconds"),
        PREVIOUS: now.version if now else "",
    }


def _record(version: Version, alias: str, image: str) -> Promotion:
    previous, tags = version.tags.get(PREVIOUS) or None, version.tags
    handed = handed_over(version.name, version.version, tags["sha256"], image, previous, alias)
    return {
        **handed,
        "environment": PRODUCTION,
        "approved_by": tags.get(APPROVED_BY, ""),
        "approved_at": tags.get(APPROVED_AT, ""),
    }
