"""A drawing as part of a page: no document around it, no id that another drawing uses."""

import re
from collections import Counter
from collections.abc import Mapping
from html import escape

_MANY = 200  # equal styles that are said once
_DOCUMENT = re.compile(r"<metadata>.*?</metadata>\s*|<style .*?</style>\s*", re.DOTALL)
_COORDINATES = re.compile(r'(?<=\s)(?:d|x|y)="[^"]*"')
_POINT = re.compile(r'<use href="#([^"]+)" [^>]* (style="[^"]*")/>')
_FONT = re.compile(r"font-family: [^;\"]+")


def inline(document: str, name: str, title: str, variables: Mapping[str, str]) -> str:
    """Return the `<svg>` element of a drawn document, named `name` in the page.

    `variables` maps colours to the style sheet's variables, which differ in light and dark.
    """
    text = _DOCUMENT.sub("", document[document.index("<svg") :])
    box = re.search(r'viewBox="[^"]*"', text)
    opening = f'<svg {box.group() if box else ""} role="img" aria-label="{escape(title)}">'
    text = opening + text[text.index(">") + 1 :]
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    text = _smaller(_FONT.sub("font-family: system-ui, sans-serif", text))
    for colour, variable in variables.items():
        text = text.replace(f": {colour}", f": var({variable}, {colour})")
    return text.strip()


def _smaller(text: str) -> str:
    """Round coordinates to two decimals; give the style of a cloud's points once."""
    text = _COORDINATES.sub(
        lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found.group()).replace(" \n", " "), text
    )
    for (point, style), count in Counter(_POINT.findall(text)).items():
        if count > _MANY:
            text = re.sub(rf'(<use href="#{point}" [^>]*) {re.escape(style)}/>', r"\1/>", text)
            text = text.replace(f'<path id="{point}"', f'<path id="{point}" {style}')
    return text
