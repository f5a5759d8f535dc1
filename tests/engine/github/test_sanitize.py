"""The artifact of a pull request is hostile: what gets through, and what does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from level2.base.errors import ProjectError
from level2.github.sanitize import MOST, inert, number

OURS = "team/project"


def test_a_number_is_taken():
    assert number('{"number": 12}') == 12


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "[]",
        "null",
        '{"number": "12"}',
        '{"number": true}',
        '{"number": 1.5}',
        '{"number": 0}',
        '{"number": -3}',
        '{"number": 1e99}',
        '{"number": 12345678901}',
        '{"number": 12, "more": 1}',
        '{"number": "1; rm -rf /"}',
        '{"number": "12\\ngo=true"}',
        "[" * 90,
        "$(touch x)",
    ],
)
def test_anything_else_is_refused_in_one_sentence(text):
    with pytest.raises(ProjectError, match=r"must hold one number") as refused:
        number(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://tracker.example/p.png)",
        "<img src=https://tracker.example/p.png>",
        "<script>alert(1)</script>",
        "<a href='https://evil.example'>report</a>",
        "[report](https://evil.example/login)",
        "[report](javascript:alert(1))",
        "[report](//evil.example)",
        "[report][1]\n\n[1]: https://evil.example",
        "see https://evil.example and HTTP://evil.example",
        "<https://evil.example>",
        "https://github.com/team/project.evil/x",
        "<!-- pull-request-report -->",
        '![](https://cml.dev/watermark.png#1 "CML watermark other")',
    ],
)
def test_nothing_is_fetched_linked_or_hidden(text):
    page = MarkdownIt("gfm-like", {"linkify": False}).render(inert(text, OURS))
    assert "<img" not in page
    assert "<script" not in page
    assert "<a " not in page
    assert "<!--" not in page
    assert "https://" not in inert(text, OURS).lower()
    assert "http://" not in inert(text, OURS).lower()


def test_nobody_is_notified():
    assert inert("ping @team/all and @me", OURS) == "ping @\u200bteam/all and @\u200bme"


def test_control_and_direction_changing_characters_go():
    assert inert("a\x1b[31mb\u202ec\x00d\re", OURS) == "a[31mbcde"


def test_a_flood_is_cut():
    text = inert("x" * (2 * MOST), OURS)
    assert len(text) < MOST + 100
    assert text.endswith("too long for a comment.")


def test_what_the_report_is_made_of_stays():
    text = (
        "### 🔴 Gate: hold\n\n| a | b |\n| --- | --: |\n| `x<y` | −1.5\u00a0% |\n\n"
        "<details><summary>more</summary>\n\n```mermaid\nxychart-beta\n    bar [1, 2]\n"
        '    y-axis "R" 1 --> 2\n```\n\n</details>\n'
        "[run](https://github.com/team/project/actions/runs/1)\n"
    )
    assert inert(text, OURS) == text.replace("x<y", "x&lt;y")


@given(st.text(alphabet="<>![]()@#:/wax. \n`\\", max_size=60))
def test_no_spelling_makes_a_picture_a_link_or_an_element(text):
    page = MarkdownIt("commonmark").render(inert(text, OURS))
    assert "<img" not in page
    assert not re.search(r'<a href="[^#"]', page)
