"""The template as it lies: it parses, holds few conditionals, and pins what it runs."""

import fnmatch
import json
import re
import subprocess
from pathlib import Path

import pytest

from conftest import PROJECT, ROOT, load_hook, texts, tracked
from guards import (
    RESTING,
    conditionals,
    stray_openers,
    too_wide,
    unknown_words,
    unparsable,
    unpinned,
    unquoted_answers,
    unrendered,
)

POST = load_hook("post_gen_project", {**load_hook("pre_gen_project").EXAMPLES, "license": "MIT"})
LOCAL_IMAGE = "mlproject-serving"  # of the package: an image that `make serving-image` tags here
CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text())
FILES = texts(PROJECT, tracked(PROJECT))
WORKFLOWS = {
    name: text
    for folder in [ROOT, PROJECT]
    for name, text in texts(folder, tracked(folder)).items()
    if re.search(r"(^|/)\.github/workflows/", name)
}


def rendered(name: str) -> bool:
    """Tell whether cookiecutter renders a file: neither it nor a folder above it is copied."""
    paths = [name, *(folder.as_posix() for folder in Path(name).parents)]
    patterns = CONTEXT["_copy_without_render"]
    return not any(fnmatch.fnmatch(path, pattern) for path in paths for pattern in patterns)


def test_at_most_ten_questions_each_with_a_prompt():
    questions = [key for key in CONTEXT if not key.startswith("_")]
    assert len(questions) <= 10
    assert set(questions) == set(CONTEXT["__prompts__"])
    choices = CONTEXT["__prompts__"]["license"]
    assert set(CONTEXT["license"]) == set(choices) - {"__prompt__"}


def test_files_parse_as_they_lie():
    assert not [complaint for name, text in FILES.items() for complaint in unparsable(name, text)]


def test_few_conditionals_and_none_in_python():
    counts = {name: conditionals(text) for name, text in FILES.items()}
    assert not sum(count for name, count in counts.items() if name.endswith(".py"))
    assert sum(count for name, count in counts.items() if rendered(name)) <= 10


def test_rendered_files_open_only_answers_and_copied_files_none():
    for name, text in FILES.items():
        if rendered(name):
            assert not stray_openers(name, text)
            assert not unquoted_answers(name, text)
        else:
            assert not re.search(r"<<\s*cookiecutter", text), f"{name} is copied without rendering"


def test_files_without_an_answer_are_copied():
    """To render a file takes cookiecutter five times as long as to copy it."""
    opened = re.compile(r"<<|<%|<#|# jinja:")
    alike = [name for name, text in FILES.items() if rendered(name) and not opened.search(text)]
    assert not alike, f"add them to _copy_without_render: {alike}"


def test_only_files_with_free_text_or_a_computed_address_are_rendered():
    """Plain answers rest as words that the post hook replaces: those files lint as they lie."""
    opened = {name for name, text in FILES.items() if re.search(r"<<\s*\(*cookiecutter", text)}
    assert opened == {".dvc/config", "pyproject.toml"}


def test_every_word_at_rest_is_one_the_hook_replaces():
    words = {word.decode() for word in POST.answers()} | {LOCAL_IMAGE}
    assert not [c for name, text in FILES.items() for c in unknown_words(name, text, words)]
    everything = "\n".join(FILES.values())
    assert not [word for word in words if word not in everything], "nothing asks for it"


def test_no_lock_holds_a_word_at_rest():
    """The hook leaves them alone."""
    locks = {name: text for name, text in FILES.items() if name.endswith(POST.LOCK)}
    assert "requirements/train.txt" in locks
    assert not [name for name, text in locks.items() if RESTING in text]


def test_python_is_never_rendered():
    assert not [name for name in FILES if name.endswith((".py", ".ipynb")) and rendered(name)]


def test_python_lines_fit_under_the_longest_package_name():
    wide = [
        line
        for name, text in FILES.items()
        if name.endswith(".py")
        for line in too_wide(name, text)
    ]
    assert not wide


def test_workflows_pin_every_action():
    assert WORKFLOWS
    assert not [use for name, text in WORKFLOWS.items() for use in unpinned(name, text)]
    assert all(len(text.splitlines()) <= 80 for text in WORKFLOWS.values())


def make_targets(folder: Path) -> tuple[set[str], set[str]]:
    """List the make targets the commit hooks call, and those the Makefile has."""
    called = re.findall(r"entry: make (\S+)", (folder / ".pre-commit-config.yaml").read_text())
    had = re.findall(r"^([\w -]+):(?!=)", (folder / "Makefile").read_text(), re.MULTILINE)
    return set(called), {target for line in had for target in line.split()}


@pytest.mark.parametrize("folder", [ROOT, PROJECT], ids=["template", "project"])
def test_commit_hooks_call_make_targets_that_exist(folder):
    called, had = make_targets(folder)
    assert called
    assert called <= had


SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"


@pytest.mark.parametrize(
    ("guard", "name", "fault"),
    [
        (unparsable, "a.py", "def f(:\n"),
        (unparsable, "a.toml", "x = << y >>\n"),
        (unparsable, "a.yaml", "a: {\n"),
        (unparsable, "a.json", "{'a': 1}"),
        (unparsable, "a.ipynb", ""),
        (unrendered, "a.md", "# <<cookiecutter.project_name>>\n"),
        (unrendered, "a.md", "<< (cookiecutter.project_name) >>\n"),
        (unrendered, "a.md", "import mlproject\n"),
        (unrendered, "a.yaml", "name: mlproject-slug\n"),
        (unrendered, "src/mlproject/a.py", ""),
        (unrendered, "a.yaml", "# jinja: if x\n"),
        (stray_openers, "a.yaml", "run: cat <<EOF\n"),
        (stray_openers, "a.yaml", "<<: *defaults\n"),
        (stray_openers, "a.yaml", "x: <<other.name>>\n"),
        (unquoted_answers, "a.toml", 'name = "<<cookiecutter.author_name>>"'),
        (unquoted_answers, "a.yaml", "name: << cookiecutter.description | tojson >>"),
        (too_wide, "a.py", "from mlproject import " + "a" * 50),
        (unpinned, "a.yml", "- uses: actions/checkout@v4\n"),
        (unpinned, "a.yml", f"  uses: actions/checkout@{SHA}\n"),
        (unpinned, "a.yml", f"  uses: actions/checkout@{SHA[:7]} # v4\n"),
    ],
)
def test_guards_see_planted_faults(guard, name, fault):
    assert guard(name, fault)


def test_the_guard_of_words_sees_a_planted_one():
    known = {"mlproject-slug"}
    assert unknown_words("a.yaml", "x: mlproject-slag\n", known) == ["a.yaml: mlproject-slag"]
    assert not unknown_words("a.yaml", "x: mlproject-slug-x, mlproject.y -m mlproject\n", known)


def test_guards_let_good_files_pass():
    assert not unrendered("a.yaml", "x: ${{ github.sha }} << {{ y }}\n")
    assert not stray_openers("a.yaml", "x: <<cookiecutter.a>> << cookiecutter.b >>\n")
    assert not unquoted_answers("a.toml", 'x = "<<cookiecutter.__author_name_quoted>>"')
    assert not unquoted_answers("a.md", "# <<cookiecutter.project_name | e>>")
    assert not too_wide("a.py", "from mlproject import " + "a" * 38)
    assert not unpinned("a.yml", f"- uses: actions/checkout@{SHA} # v4.2.2\n- uses: ./local\n")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# jinja: if a\nx\n# jinja: endif\n", 1),
        ("<% if a %>x<% elif b %>y<% endif %>", 2),
        ("<< 'x' if cookiecutter.a else 'y' >>", 1),
        ("<<cookiecutter.a>> if <<cookiecutter.b>>\n# if jinja\n", 0),
    ],
)
def test_conditionals_are_counted(text, count):
    assert conditionals(text) == count


def recipes(text):
    """Targets that have a recipe or a description, in the order they are written."""
    return re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.M)


@pytest.mark.parametrize(
    "makefile", [ROOT / "Makefile", PROJECT / "Makefile"], ids=["ours", "project"]
)
def test_no_target_is_written_twice(makefile):
    """Make would warn, drop the first recipe and join what the two need."""
    names = recipes(makefile.read_text())
    assert len(names) > 10
    assert len(names) == len(set(names)), sorted({x for x in names if names.count(x) > 1})
    assert recipes("a: b ## one\n\tx\nVAR := 1\na: ## two\n") == ["a", "a"]


@pytest.mark.parametrize("folder", [ROOT, PROJECT], ids=["ours", "project"])
def test_makefiles_and_their_help_fit_a_screen(folder):
    lines = (folder / "Makefile").read_text().splitlines()
    assert [line for line in lines if len(line) >= 120] == []
    helped = subprocess.run(
        ["make", "--no-print-directory", "-C", str(folder), "help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(helped) > 15
    assert [line for line in helped if len(line) > 100] == []
