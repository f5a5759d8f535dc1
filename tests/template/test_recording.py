"""The picture of `make loop-demo`: drawn from a real run, whole, small, and fetching nothing."""

import re
import sys
import xml.etree.ElementTree as ET

import pytest
from test_docs import blocks, masked, page

from conftest import ROOT

IMAGES = ROOT / "docs/images"
PICTURE = IMAGES / "loop-demo.svg"


@pytest.fixture
def record():
    sys.path.insert(0, str(IMAGES))
    try:
        import record as module
    finally:
        sys.path.remove(str(IMAGES))
    return module


def lines(picture: str) -> list[str]:
    """What a picture shows, from the top to the bottom."""
    root = ET.fromstring(picture)  # noqa: S314  of this repository
    found: dict[float, str] = {}
    for item in root.iter("{http://www.w3.org/2000/svg}text"):
        if "-title" not in item.get("class", ""):
            found[float(item.get("y"))] = found.get(float(item.get("y")), "") + (item.text or "")
    return [found[y].replace("\xa0", " ").rstrip() for y in sorted(found)]


def test_it_shows_what_the_guide_shows():
    shown = lines(PICTURE.read_text())
    assert shown[0] == "$ make loop-demo"
    assert shown[1].startswith(" train "), "what was installed before is no part of it"
    said = [masked(line) for line in shown]
    [told] = [
        block.body for block in blocks(page("docs/how-to/watch.md")) if "reload" in block.body
    ]
    for line in told.splitlines():
        assert masked(line) in said, line
    assert any(line.startswith(" loop closed:") for line in shown)


def test_it_is_small_and_fetches_nothing():
    text = PICTURE.read_text()
    assert len(text) < 150_000
    addresses = set(re.findall(r"https?://[^\s\"'<)&]+", text))
    assert {item for item in addresses if "127.0.0.1" not in item} == {"http://www.w3.org/2000/svg"}
    assert "<script" not in text
    assert not re.search(r"url\((?!#t-)", text)


def test_a_run_is_drawn_with_its_times_and_colours(record, tmp_path):
    code = "import time; print('one'); time.sleep(0.4); print('\\x1b[32m<two> & λ\\x1b[0m')"
    found = record.run(tmp_path, [sys.executable, "-u", "-c", code])
    assert [line.replace("\x1b[32m", "").replace("\x1b[0m", "") for _, line in found] == [
        "one",
        "<two> & λ",
    ]
    assert found[1][0] >= 0.4, "since the command began: a busy reader may get the first one late"
    assert found[1][0] > found[0][0]
    slow = record.draw("make it", [(10.0, "one"), (40.0, found[1][1])])
    assert lines(slow)[:3] == ["$ make it", "one", "<two> & λ"]
    delays = [float(word) for word in re.findall(r"animation-delay:([\d.]+)s", slow)]
    assert (min(delays), max(delays)) == (0.0, 15.0), "forty seconds in fifteen"
    assert "prefers-reduced-motion" in slow


def test_a_run_that_fails_is_not_drawn(record, tmp_path):
    with pytest.raises(SystemExit, match="why it failed"):
        record.run(
            tmp_path, [sys.executable, "-c", "import sys; print('why it failed'); sys.exit(1)"]
        )
