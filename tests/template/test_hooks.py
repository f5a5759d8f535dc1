"""Answers: accepted, or refused with one sentence before anything is written."""

import ast
import json
import re
import sys
import tomllib

import pytest
import yaml
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conftest import PROJECT, ROOT, load_hook, render
from options import AT_REST, DERIVED, ODD, REFUSED, REFUSED_WHEN_TYPED

PRE, POST = load_hook("pre_gen_project"), load_hook("post_gen_project")
CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text())
GOOD = dict(PRE.EXAMPLES)
TYPED = st.text(st.characters(codec="utf-8"), max_size=90)


def test_every_example_passes():
    assert PRE.refusal(GOOD) is None
    assert set(GOOD) == {key for key in CONTEXT if not key.startswith("_")} - {"license"}


def test_folders_that_cookiecutter_would_remove_are_put_aside():
    """But src/mlproject, which has another name in a project, and licences, which none keeps."""
    copied = {name for name in CONTEXT["_copy_without_render"] if (PROJECT / name).is_dir()}
    assert copied - {"LICENSES"} == set(PRE.WHOLE)
    assert POST.ASIDE == PRE.ASIDE


@pytest.mark.parametrize(("key", "answers", "value"), DERIVED)
def test_derived_values(key, answers, value):
    assert render(CONTEXT[key], GOOD | answers) == value


def put_in(**answers: str) -> dict[str, str]:
    """What the post hook replaces each word at rest by."""
    found = load_hook("post_gen_project", GOOD | {"license": "MIT"} | answers).answers()
    return {word.decode(): answer.decode() for word, answer in found.items()}


@pytest.mark.parametrize(("word", "answers", "value"), AT_REST)
def test_words_at_rest_become_answers(word, answers, value):
    assert put_in(**answers)[word] == value


@given(st.text(st.sampled_from("\"'\\{}<>%#$`& \n\r\0é🔋"), max_size=20))
def test_no_author_escapes_from_the_hook(text):
    found = put_in(author_name=text)
    assert found == put_in() | {"mlproject-author": text}


def test_no_word_at_rest_stands_in_one_replaced_after_it():
    words = list(put_in())
    assert words[-1] == PRE.RESTING == POST.RESTING.decode()
    assert not [(a, b) for a in words for b in words[words.index(a) + 1 :] if a in b]


@pytest.mark.parametrize("word", put_in())
@pytest.mark.parametrize("key", PRE.EXAMPLES)
def test_no_answer_may_hold_a_word_at_rest(key, word):
    for value in (word, f"a{word}", f"{word}.io", f"s3://{word}/x", f"{word}@example.com"):
        assert f"must not hold {PRE.RESTING!r}" in PRE.refusal(GOOD | {key: value})


@pytest.mark.parametrize(("key", "value", "words"), REFUSED)
def test_refused_with_the_right_sentence(key, value, words):
    sentence = PRE.refusal(GOOD | {key: value})
    assert sentence.startswith(f"stopped: {key} ")
    assert words in sentence
    assert sentence.endswith(f"; an answer that passes is {GOOD[key]!r}.")
    assert sentence.isprintable()
    assert len(sentence) < 300


@pytest.mark.parametrize("value", REFUSED_WHEN_TYPED)
@pytest.mark.parametrize("key", ["project_name", "description", "author_name"])
def test_delimiters_are_refused(key, value):
    assert "must not hold" in PRE.refusal(GOOD | {key: value})


LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = rf"(?:{LABEL}\.)+{LABEL}"
PORT = r"[1-9][0-9]{0,4}"
PATH = r"(?:/[A-Za-z0-9._+=@-]+)"
WORD = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
PATTERNS = {  # the shapes once more, in the words of another language
    "project_slug": r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*",
    "package_name": r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*",
    "author_email": rf"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:{WORD}\.)+[A-Za-z]{{2,}}",
    "github_owner": r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*",
    "container_registry": rf"(?:{HOST}|localhost)(?::{PORT})?|{LABEL}:{PORT}",
    "dvc_remote_url": rf"none|{PATH}+/?|(?:s3|gs|azure)://[a-z0-9][a-z0-9._-]+{PATH}*/?"
    rf"|ssh://(?:[A-Za-z0-9._-]+@)?(?:{HOST}|{LABEL})(?::{PORT})?{PATH}+/?",
}


@pytest.mark.parametrize("key", PATTERNS)
def test_an_answer_fits_where_its_pattern_does(key):
    fits, pattern = PRE.SHAPES[key][1], PATTERNS[key]
    marks = st.text("aZ0.-_@:/ %+=~é\n", max_size=12)
    fitting = st.from_regex(pattern, fullmatch=True)
    spoilt = st.tuples(fitting, marks, st.integers(0, 40)).map(
        lambda drawn: drawn[0][: drawn[2]] + drawn[1] + drawn[0][drawn[2] :]
    )

    @settings(max_examples=400)
    @given(st.one_of(fitting, spoilt, marks, TYPED))
    def check(text):
        assert bool(text and fits(text)) == bool(re.fullmatch(pattern, text)), text

    check()


@given(TYPED)
def test_an_accepted_text_is_one_line_and_parses_between_quotes(text):
    if PRE.wrong_text(text) or not text:
        return
    assert len(text.splitlines()) == 1
    literal = '"' + render(CONTEXT["__description_quoted"], {"description": text}) + '"'
    assert tomllib.loads(f"x = {literal}") == {"x": text}
    assert yaml.safe_load(f"x: {literal}") == {"x": text}
    assert json.loads(literal) == text


@given(st.text(st.sampled_from("\"'\\{}<>%#$`& \n\r\0é🔋"), max_size=20))
def test_no_answer_escapes_from_the_hook(text):
    source = (ROOT / "hooks/pre_gen_project.py").read_text()
    written = source[source.index("answers = {") + 10 : source.index("    # fmt: on")]
    answers = {**dict.fromkeys(GOOD, "x"), "__answered_slug": text, "description": text}
    found = ast.literal_eval(render(written, answers).strip())
    assert {key: PRE.plain(quoted) for key, quoted in found.items()} == {
        **dict.fromkeys(GOOD, "x"),
        "project_slug": text,
        "description": text,
    }


@given(st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True))
def test_a_plain_package_name_passes_unless_taken_or_long(name):
    refused = name in PRE.TAKEN or len(name) > 40 or "mlproject" in name
    assert bool(PRE.wrong("package_name", name)) == refused


@given(TYPED)
def test_an_accepted_name_is_a_plain_identifier_and_folder(text):
    assert PRE.wrong("package_name", text) or (text.isascii() and text.isidentifier())
    assert PRE.wrong("project_slug", text) or re.fullmatch("[a-z0-9-]{1,60}", text)


@given(TYPED)
def test_a_slug_that_becomes_a_folder_is_one_the_hook_may_judge(text):
    answers = {"project_slug": text}
    render(CONTEXT["__folder_guard"], answers)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", answers["project_slug"])
    assert answers["project_slug"] == text or PRE.wrong("project_slug", text)


@pytest.mark.parametrize("name", sorted(filter(str.islower, sys.stdlib_module_names)))
def test_standard_library_names_are_refused(name):
    assert PRE.wrong("package_name", name)


def test_every_direct_dependency_is_refused():
    metadata = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    groups = [metadata["dependencies"], *metadata["optional-dependencies"].values()]
    names = {re.match(r"[\w.-]+", line)[0] for group in groups for line in group}
    missing = {re.sub(r"[-.]", "_", name).lower() for name in names} - set(PRE.TAKEN)
    assert not missing, "add these to DEPENDENCIES in hooks/pre_gen_project.py"


# end to end: a value of each kind, and every slug that is not a plain folder name
@pytest.mark.parametrize(("key", "value", "words"), REFUSED[::4] + REFUSED[9:25])
def test_a_refused_bake_leaves_nothing_behind(key, value, words, template, tmp_path, capfd):
    with pytest.raises(FailedHookException):
        cookiecutter(
            str(template), no_input=True, extra_context={key: value}, output_dir=str(tmp_path)
        )
    error = capfd.readouterr().err
    assert error.startswith(f"stopped: {key} ")
    assert words in error
    assert error.count("\n") == 1, "the hook itself shows no traceback"
    assert not list(tmp_path.iterdir())
    assert not (tmp_path.parent / "escape").exists()


MARKUP = st.lists(
    st.sampled_from(
        [
            *"ab1 .)#*_~`$<>&;[]()!-+=:/|{}'\"ä測@",
            *("&copy;", "&#39;", "](", "<b>", "**", "__", "```", "~~", "1.", "- ", "# ", " #"),
            *("]: ", "<!--", "<!-- /predicts -->", "<a@b.de>"),
        ]
    ),
    max_size=10,
).map("".join)
PAGES = {"# {}\n\nx\n": "heading_open", "<!-- a -->\n{}\n<!-- /a -->\n\n": "paragraph_open"}


def shown(page: str, kind: str, line: str) -> str | None:
    """The text a reader sees in the README's place for it; None where it is more than text."""
    tokens = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(page.format(line))
    blocks = [token.type for token in tokens if token.level == 0 and token.nesting >= 0]
    places = [n for n, token in enumerate(tokens) if token.type == "inline"]
    around = [kind, "paragraph_open"] if page[0] == "#" else ["html_block", kind, "html_block"]
    if blocks != around:
        return None
    inline = tokens[places[0]].children or []
    plain = {child.type for child in inline} <= {"text", "text_special"}
    return "".join(child.content for child in inline) if plain else None


@pytest.mark.parametrize("page", PAGES)
def test_a_free_text_is_shown_in_the_readme_as_it_was_typed(page):
    @settings(max_examples=400)
    @example(ODD["project_name"])
    @example(ODD["description"])
    @given(MARKUP)
    def check(typed):
        text = typed.strip()
        if text:
            assert shown(page, PAGES[page], POST.as_markdown(text)) == text

    check()


@pytest.mark.parametrize("text", ["<b>x</b>", "*x*", "&copy;", "# x", "[a](b)", "1. x", "- x"])
def test_that_check_sees_markup(text):
    page, kind = list(PAGES.items())[1]
    assert shown(page, kind, text) != text


@pytest.mark.parametrize(
    "text",
    [
        'R&D\'s load, "peak" & off-peak',
        "Vorhersage für Köln",
        "予測",
        "5 < 6 > 4, a_b_c, 50 %, 3 * 4, #1 {x} (y) [z]",
        "Zoë's & Søn's 🔋 | 負荷",
    ],
)
def test_an_ordinary_text_gets_no_escapes(text):
    assert POST.as_markdown(text) == text
