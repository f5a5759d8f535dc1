"""The mark of a verdict: an emoji on GitHub, drawn by the style sheet on a page."""

EMOJI = {"good": "🟢", "warn": "🟡", "bad": "🔴", "unknown": "⚪", "": ""}
_SPOKEN = {"good": "passed", "warn": "warning", "bad": "failed", "unknown": "not known"}


def held(passed: bool) -> str:
    """The mark for passed or failed."""
    return "good" if passed else "bad"


def drawn(mark: str) -> str:
    """An element that needs no font: style.py draws its shape, screen readers read its name."""
    if not mark:
        return ""
    return f'<i class="mark mark-{mark}" role="img" aria-label="{_SPOKEN[mark]}"></i>'
