"""The documentation is true: commands run, output is as shown, links and names resolve.

Every block tagged `bash` is run, page by page and in order. The first line of a page says where:
`<!-- run: baked -->` in a project just generated, `ran` in one whose loop has run, `empty` in an
empty folder; $TEMPLATE is a repository of the template. A comment before a block changes
that: `<!-- run: none: why -->` leaves it out, `<!-- run: refused -->` wants its one command to
fail, `<!-- run: served -->` asks the service of the project, which listens on a free port then. A
block tagged `text` is what the block of commands before it prints: its lines are there, in
order, whatever their numbers and hashes.
"""

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from conftest import PROJECT, ROOT, tracked
from projects import VENV, copy, make, python

SOURCE = PROJECT / "engine" / "level2"
NAMES = [
    *(
        name.as_posix()
        for name in tracked(ROOT)
        if re.fullmatch(r"docs/.*\.md|[A-Z]+\.md", name.as_posix())
    ),
    *(f"{PROJECT.name}/{name.as_posix()}" for name in tracked(PROJECT) if name.suffix == ".md"),
]
FENCE = re.compile(r"^(?:<!-- run: ([^\n]+) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)
FRONT = re.compile(r"<!-- run: (baked|ran|empty) -->\n")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
CELLS = re.compile(r"(?<!\\)\|")


class Block(NamedTuple):
    """A fenced block: its line in the page, its comment, its language and its text."""

    line: int
    how: str
    language: str
    body: str


def page(name: str) -> str:
    """Read a page, those of the project as a project called load_forecast has them."""
    text = (ROOT / name).read_text()
    return text.replace("mlproject", "load_forecast") if name.startswith(PROJECT.name) else text


def blocks(text: str) -> list[Block]:
    return [
        Block(text.count("\n", 0, found.start(3)), found[1] or "", found[2], found[3])
        for found in FENCE.finditer(text)
    ]


def runnable(text: str) -> list[Block]:
    found = [block for block in blocks(text) if block.language == "bash"]
    return [block for block in found if not block.how.startswith("none")]


def prose(text: str) -> str:
    """Leave out a page's blocks and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", text), flags=re.S)


def spans(text: str) -> list[str]:
    """List what stands between backticks outside blocks."""
    return [found[2].strip().replace(r"\|", "|") for found in SPAN.finditer(prose(text))]


def rows(text: str, header: str) -> Iterator[list[str]]:
    """Yield the rows, as cells, of every table whose header begins so."""
    for table in re.findall(rf"^\| {re.escape(header)}.*\n\|[-:| ]+\n((?:\|.*\n)+)", text, re.M):
        for line in table.splitlines():
            yield [cell.strip() for cell in CELLS.split(line)[1:-1]]


# Commands


SERVED = """
rm -f served.log
python -m level2 serve --port 0 > served.log 2>&1 & service=$!
trap 'kill $service' EXIT
for _ in {{1..300}}; do grep -qs ' serving ' served.log && break; sleep 0.1; done
address=$(grep -o '127.0.0.1:[0-9]*' served.log)
{}
echo
kill $service
wait $service || true
trap - EXIT
"""


def script(text: str) -> str:
    """Make one shell script of a page, which says which block it is in."""
    lines = ["set -eu -o pipefail"]
    for block in runnable(text):
        lines.append(f"echo '@@ {block.line}'")
        if block.how == "refused":
            command = block.body.strip()
            assert "\n" not in command, f"line {block.line}: one command is refused, not several"
            refusal = f"echo 'line {block.line} was to be refused'; exit 1"
            lines.append(f"if {command}; then {refusal}; fi")
        elif block.how == "served":
            assert "http://127.0.0.1:8000/" in block.body, f"line {block.line} asks no service"
            lines.append(SERVED.format(block.body.replace("127.0.0.1:8000", "$address")))
        else:
            lines.append(block.body)
    return "\n".join(lines)


def environment(**more: str) -> dict[str, str]:
    """Return a person's shell with the project's and the template's tools on PATH."""
    foreign = ("GIT_AUTHOR", "GIT_COMMITTER", "MAKE", "MFLAGS", "MLFLOW_", "PYTHON", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    tools = os.pathsep.join([f"{VENV}/bin", str(Path(sys.executable).parent), kept["PATH"]])
    return {**kept, "PATH": tools, **more}


def run_page(text: str, folder: Path, **more: str) -> None:
    """Run a page's commands in a folder. Raises AssertionError where the page is not true."""
    nobody = folder.parent / "nobody.gitconfig"  # and git guesses no name from the machine's
    nobody.write_text("[user]\n\tuseConfigOnly = true\n")
    more["GIT_CONFIG_GLOBAL"] = str(nobody)
    environ = environment(VENV=str(VENV), PACKAGE="", PYTHONPATH="engine", **more)
    done = subprocess.run(
        ["bash", "-c", script(text)],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the last block failed:\n{done.stdout}"
    parts = re.split(r"^@@ (\d+)\n", done.stdout, flags=re.M)
    printed = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    for block in blocks(text):
        if block.language == "text":
            said = printed[max(line for line in printed if line < block.line)]
            missing = unsaid(block.body, said)
            assert not missing, f"line {block.line} shows `{missing}`, printed is:\n{said}"


def masked(line: str) -> str:
    """Take hashes, numbers and widths out of a line."""
    line = re.sub(r"(?<!\.)\b[0-9a-f]{7,}\b", "#", line)  # and no decimals
    return " ".join(re.sub(r"\d[\d,.]*", "0", line).split())


def unsaid(shown: str, printed: str) -> str:
    """Return the first shown line that is not printed after those before it, or nothing."""
    said = iter([masked(line) for line in printed.splitlines()])
    for line in filter(str.strip, shown.splitlines()):
        if masked(line) not in said:  # consumes what comes before
            return line
    return ""


@pytest.fixture(scope="session")
def ran(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has run its loop once: copy it."""
    return copy(trained, tmp_path_factory.mktemp("ran") / "load-forecast")


@pytest.fixture
def published(template: Path, tmp_path: Path) -> Path:
    """Make the template a git repository: tag v1, then a commit that changes a file."""
    folder = copy(template, tmp_path / "template")
    changed = folder / PROJECT.name / ".env.example"
    for words in ("init --quiet", "add --all", "commit --quiet --message=one", "tag v1"):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    changed.write_text(changed.read_text() + "# NEWER=\n")
    subprocess.run(["git", "commit", "--quiet", "--all", "-m", "two"], cwd=folder, check=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if runnable(page(name))])
def test_every_command_of_a_page_runs(name, request, tmp_path):
    text = page(name)
    place = FRONT.match(text)
    assert place, "the first line says where the commands are run"
    if place[1] == "empty":
        folder = tmp_path / "empty"
        folder.mkdir()
        run_page(text, folder, TEMPLATE=str(request.getfixturevalue("published")))
        return
    project = request.getfixturevalue("bake")() if place[1] == "baked" else None
    folder = copy(project or request.getfixturevalue("ran"), tmp_path / "load-forecast")
    run_page(text, folder, TEMPLATE=str(ROOT))


@pytest.mark.slow
def test_the_first_command_of_the_readme_makes_the_report_it_shows(template, tmp_path):
    """`make demo` in a clone, with environments lent so that nothing is downloaded."""
    text = page("README.md")
    first, second = (line.split("#")[0].strip() for line in blocks(text)[0].body.splitlines())
    assert (first, second) == ("make demo", "make test")
    clone = copy(template, tmp_path / "clone")
    for words in ("init --quiet", "add --all", "commit --quiet --message=one"):
        subprocess.run(["git", *words.split()], cwd=clone, check=True)
    (clone / "demo/load-forecast").mkdir(parents=True)
    (clone / ".venv").symlink_to(sys.prefix)
    (clone / "demo/load-forecast/.venv").symlink_to(VENV)
    os.utime(clone / "requirements/dev.txt", (0, 0))  # older than the lent environment's stamp
    done = subprocess.run(
        ["bash", "-c", first],
        cwd=clone,
        env=environment(PACKAGE=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "project generated into demo/load-forecast" in done.stdout
    assert "cd load-forecast" not in done.stdout, "the hook's next steps are not those of a demo"
    report = (clone / "demo/load-forecast/reports/report.md").read_text()
    shown = "\n".join(re.findall(r"^> ?(.*)$", text, re.M))
    assert shown.count("|") > 40
    assert not unsaid(shown, report)


def test_what_is_not_run_says_why_and_is_little():
    left_out = {
        f"{name}:{block.line}": block.how.removeprefix("none").lstrip(": ")
        for name in NAMES
        for block in blocks(page(name))
        if block.language == "bash" and block.how.startswith("none")
    }
    print("\n".join(f"{where} is not run: {why}" for where, why in left_out.items()))
    assert all(len(why.split()) > 3 for why in left_out.values()), left_out
    assert len(left_out) <= 8
    assert sum(len(runnable(page(name))) for name in NAMES) > 30


PLANTED = "<!-- run: baked -->\n```bash\n{}\n```\n```text\n{}\n```\n"


@pytest.mark.parametrize(
    ("command", "shown", "complaint"),
    [
        ("echo one; false", "one", "block failed"),
        ("no-such-command", "", "block failed"),
        ("cat missing | sort", "", "block failed"),
        ("echo 1 row in 2.5 s; echo 0123abcd", "3 rows in 0.1 s", "shows `3 rows"),
        ("echo one; echo two", "two\none", "shows `one`"),
    ],
)
def test_a_planted_wrong_command_is_seen(command, shown, complaint, tmp_path):
    with pytest.raises(AssertionError, match=complaint):
        run_page(PLANTED.format(command, shown), tmp_path)


def commits(text: str) -> str:
    """What a page tells git of the user, up to its first commit."""
    lines = [line for block in runnable(text) for line in block.body.splitlines()]
    first = next(number for number, line in enumerate(lines) if "git commit" in line)
    known = [line for line in lines[:first] if line.startswith("git config")]
    return "\n".join(["git init --quiet", *known, "git commit --quiet --allow-empty -m one"])


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any("git commit" in b.body for b in runnable(page(name)))]
)
def test_a_page_commits_where_git_knows_nobody(name, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    block = "<!-- run: baked -->\n```bash\n{}\n```\n"
    with pytest.raises(AssertionError, match="no email was given"):
        run_page(block.format("git init --quiet\ngit commit --allow-empty -m one"), folder)
    run_page(block.format(commits(page(name))), folder)


def test_scores_in_the_readme_have_the_digits_of_the_report():
    """Four decimals, however small: wording.metric in the project, which has its own tests."""
    (row,) = [line for line in page("README.md").splitlines() if line.startswith("> | R²")]
    for cell in row.split("|")[2:8]:
        assert re.fullmatch(r"[−+]?\d\.\d{4}", cell.strip()), row


def test_the_readme_of_a_project_says_how_a_refusal_looks(bake):
    text = " ".join(prose(page(f"{PROJECT.name}/README.md")).split())
    assert "The line that begins with `stopped:` says what is wrong" in text
    assert "make adds a line of its own after it (`make: *** … Error 1`)" in text
    lines = make(bake(), "adopt", ok=False).splitlines()
    assert lines[-2].startswith(" stopped: say which table and column")
    assert re.fullmatch(r"make: \*\*\* .* Error 1", lines[-1])


def test_the_readme_of_a_project_has_a_row_for_every_way_to_use_a_model():
    text = page(f"{PROJECT.name}/README.md")
    told = " ".join(cells[1] for cells in rows(text, "you want"))
    assert re.findall(r"make (adopt|serve|predict|pipeline)\b", told) == [
        "adopt",
        "serve",
        "predict",
        "pipeline",
    ]
    index = page(f"{PROJECT.name}/docs/README.md")
    assert {"make serve", "make predict", "make pipeline"} <= set(spans(index))
    assert "As generated, the data are a sample made by" in text, "and no table of the user's"


def test_a_planted_right_command_passes(tmp_path):
    command, shown = "echo 1 row in 2.5 s; echo 0123abcd", "2 row in 10.123456789 s\n89abcdef0"
    run_page(PLANTED.format(command, shown), tmp_path)


def test_a_command_that_was_to_be_refused_and_is_not_is_seen(tmp_path):
    text = "<!-- run: refused -->\n```bash\n{}\n```\n"
    run_page(text.format("false"), tmp_path)
    with pytest.raises(AssertionError, match="was to be refused"):
        run_page(text.format("true"), tmp_path)


# Links and names


def anchors(text: str) -> set[str]:
    """List the anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(text: str, folder: Path) -> list[str]:
    """List relative links that lead nowhere."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        target, _, anchor = link.partition("#")
        path = folder / target if target else None
        if re.match(r"\w+:", link):
            continue
        there = path is None or path.exists()
        if not there or (anchor and anchor not in anchors(path.read_text() if path else text)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    assert not broken_links(page(name), (ROOT / name).parent)


def test_a_planted_broken_link_is_seen():
    text = "# A b\n[1](test_docs.py) [2](#a-b) [3](https://example.com/x)"
    assert not broken_links(text, ROOT / "tests/template")
    text = "# A\n[1](missing.md) [2](#b) [3](../README.md#no-such-heading)"
    assert len(broken_links(text, ROOT / "tests/template")) == 3


def targets(folder: Path) -> set[str]:
    """Run `make help` and list its targets."""
    command = ["make", "--no-print-directory", "-C", str(folder), "help"]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    return set(re.findall(r"^  make (\S+)", done.stdout, re.M))


def test_make_targets_that_pages_name_exist():
    project = targets(PROJECT)
    both = project | targets(ROOT)
    for name in NAMES:
        code = [span for span in spans(page(name)) if "…" not in span]
        code += [block.body for block in blocks(page(name))]
        named = re.findall(r"\bmake (?:-C \S+ )?([a-z][\w-]*)", "\n".join(code))
        assert set(named) <= (project if name.startswith(PROJECT.name) else both), name


GONE = "adapters|core|steps"  # folders of old
FOLDERS = f"{GONE}|benchmarks|docs|engine|feature_repo|hooks|pipelines|requirements|src|tests"
ROOMS = {path.parent.name for path in SOURCE.glob("*/__init__.py")}


def test_files_that_pages_name_exist():
    roots = [ROOT, PROJECT, SOURCE]
    made = {"benchmarks/results.json"}
    table = (PROJECT / "engine" / "MOVED.txt").read_text().splitlines()
    old = [line.split()[0] for line in table if not line.startswith("#")]
    moved = {("docs/how-to/update-a-project.md", f"src/PACKAGE/{path}") for path in old}
    file = rf"(?:(?:{FOLDERS})/[\w./-]+\.\w+|(?:{'|'.join(ROOMS)})/[\w./-]+\.py)(?=$|:)"
    for name in NAMES:
        for span in spans((ROOT / name).read_text()):
            found = re.match(file, span)
            if found and found[0] not in made and (name, found[0]) not in moved:
                path = found[0].replace("PACKAGE", "mlproject")
                assert any((root / path).exists() for root in roots), f"{name}: {span}"


@functools.cache
def sentences() -> list[str]:
    """List every text in the project's source, `…` where a value is put in."""
    trees = [ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
    joined = [
        "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        for node in nodes
        if isinstance(node, ast.JoinedStr)
    ]
    return [*(text for text in texts if isinstance(text, str)), *joined]


def holds(text: str, parts: list[str]) -> bool:
    """Whether the parts stand in the text one after the other."""
    end = 0
    for part in parts:
        found = text.find(part, end)
        if found < 0:
            return False
        end = found + len(part)
    return True


@pytest.mark.parametrize(
    ("name", "header", "column"),
    [
        ("docs/how-to/own-table.md", "your input", 1),
        ("docs/how-to/when-it-breaks.md", "you see", 0),
    ],
)
def test_messages_are_those_of_the_code(name, header, column):
    said = sentences()
    messages = [spans(cells[column])[0] for cells in rows(page(name), header)]
    assert len(messages) > 15
    for message in messages:
        parts = re.split("…+", message)
        assert any(holds(text, parts) for text in said), message


def test_pages_promise_nothing():
    for name in NAMES:
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon|stub)\b", page(name), re.I), name


# Reference


MODELS = (
    "params/config.py",
    "data/contract.py",
    "data/featurize.py",
    "params/decide.py",
    "data/feature.py",
    "data/source.py",
    "params/sections.py",
    "params/monitor.py",
    "params/canary.py",
    "data/number_format.py",
    "model/search_space.py",
    "model/threshold.py",
)


def classes() -> dict[str, ast.ClassDef]:
    """Parse the models behind params.yaml, by name."""
    trees = [ast.parse((SOURCE / name).read_text()) for name in MODELS]
    nodes = [node for tree in trees for node in tree.body]
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def aliases() -> dict[str, str]:
    """Map named types like Fraction to their source."""
    tree = ast.parse((SOURCE / "params/sections.py").read_text())
    return {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


class Key(NamedTuple):
    """One key of params.yaml: its default as the page writes it, and the numbers that bound it."""

    default: str
    limits: list[str]


INNER = {
    "features": "NAME.",
    "sources": "NAME.",
    "families": "FAMILY.PARAMETER.",
    "thresholds": "METRIC.",
    "rules": "N.",
}


def keys(model: str = "Params", prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Yield every key of params.yaml, from the source."""
    known = classes()
    for node in known[model].body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        name = node.target.id.rstrip("_")
        kind = ast.unparse(node.annotation)
        inner = next((word for word in re.findall(r"\w+", kind) if word in known), None)
        if inner:
            yield from keys(inner, f"{prefix}{name}." + INNER.get(name, ""))
        if not inner or name in INNER:
            bounds = aliases().get(kind, kind) + (ast.unparse(node.value) if node.value else "")
            limits = re.findall(r"\b[gl][te]=(-?[\d.]+(?: \*\* \d+)?)", bounds)
            yield f"{prefix}{name}", Key(default(node.value), limits)


def default(value: ast.expr | None) -> str:
    """Write a field's default as the page does."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Field":
        if any(word.arg == "default_factory" for word in value.keywords):
            return "`{}`"
        value = value.args[0] if value.args else None
    if value is None:
        return "required"
    plain = ast.literal_eval(value)
    words = {"None": "–", "''": "empty", "()": "`[]`", "True": "`true`", "False": "`false`"}
    return words.get(repr(plain), f"`{plain}`")


def test_params_page_holds_every_key_and_no_other():
    found = dict(keys())
    table = rows(page("docs/reference/params.md"), "key |")
    told = {spans(cells[0])[0]: cells for cells in table}
    assert len(found) > 50
    assert set(told) == set(found)
    for key, (value, limits) in found.items():
        assert told[key][2] == value, f"{key} defaults to {value}"
        numbers = [word.rstrip(".") for word in re.findall(r"-?\d[\d.^]*", told[key][3])]
        for limit in limits:
            assert limit.replace(" ** ", "^") in numbers, f"{key} is bounded by {limit}"


def test_params_page_holds_every_metric_and_its_direction():
    tree = ast.parse((SOURCE / "model/metrics.py").read_text())
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "DIRECTIONS"
    ]
    arrows = {"minimize": "↓", "maximize": "↑"}
    expected = {
        task: ", ".join(f"`{name}` {arrows[way]}" for name, way in metrics.items())
        for task, metrics in ast.literal_eval(value).items()
    }
    assert dict(rows(page("docs/reference/params.md"), "task |")) == expected


def test_commands_page_holds_every_target_and_its_variables():
    text = page("docs/reference/commands.md")
    ours, theirs = text.split("\n## In a ")[1:]
    for part, folder in ((ours, ROOT), (theirs, PROJECT)):
        told = {spans(cells[0])[0].removeprefix("make "): cells for cells in rows(part, "target |")}
        assert set(told) == targets(folder)
        written = (folder / "Makefile").read_text()
        words = dict(re.findall(r"^([a-z-]+):.*?## (.*(?:\n## .*)*)$", written, re.M))
        for target, described in words.items():
            for variable in re.findall(r"\b([A-Z_]{4,})=", described):
                assert f"`{variable}=`" in told[target][-1], f"make {target} takes {variable}"
    assert "FORMAT=" in words["adopt"], "with the lines that go on"


VERBS = """
import json, typer
from level2.cli import app
verbs = typer.main.get_command(app).commands
words = {name: [word for item in verb.params for word in item.opts] for name, verb in verbs.items()}
print(json.dumps({name: [word for word in all if "--" in word] for name, all in words.items()}))
"""


@pytest.mark.slow
def test_commands_page_holds_every_verb_and_option(bake):
    found = yaml.safe_load(python(bake(), VERBS))
    told = {}
    for cells in rows(page("docs/reference/commands.md"), "verb |"):
        for verb in spans(cells[0]):
            told[verb] = set(re.findall(r"--[\w-]+", cells[2]))
    assert told == {verb: set(options) for verb, options in found.items()}


def layout(number: int) -> dict[str, str]:
    """Map path to last cell in one of the two tables."""
    half = re.split(r"^## A generated project", page("docs/reference/layout.md"), flags=re.M)[
        number
    ]
    return {name: cells[-1] for cells in rows(half, "path |") for name in spans(cells[0])}


def architecture(name: str) -> Any:
    """Return a table of tests/engine/test_architecture.py."""
    tree = ast.parse((ROOT / "tests/engine/test_architecture.py").read_text())
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    if isinstance(value, ast.Tuple):  # of names in several lines: `*("base", "data"), *(…)`
        return [name for line in value.elts for name in ast.literal_eval(line.value)]
    return ast.literal_eval(value)


def test_layout_page_holds_the_rooms_in_their_order_and_says_which_may_go():
    told = list(rows(page("docs/reference/layout.md"), "room |"))
    rooms = [name.rstrip("/") for cells in told for name in spans(cells[0])]
    assert rooms == [room for room in architecture("ORDER") if room != "project"]
    assert set(rooms) == ROOMS
    optional = {spans(cells[0])[0].rstrip("/") for cells in told if cells[-1] == "yes"}
    assert optional == architecture("OPTIONAL")


def test_layout_page_holds_what_the_template_holds():
    top = {path.parts[0] for path in tracked(ROOT)}
    assert {name.rstrip("/") for name in layout(0)} == top


def test_layout_page_holds_what_a_project_holds():
    committed = [name for name, kept in layout(1).items() if kept == "git"]
    top = {path.parts[0].replace("LICENSES", "LICENSE") for path in tracked(PROJECT)}
    assert top <= {name.split("/")[0] for name in layout(1)}
    for name in committed:
        path = name.replace("PACKAGE", "mlproject").replace("LICENSE", "LICENSES")
        made = name == "artifacts/metrics.json"
        assert made or (PROJECT / path).exists(), f"{name} is not there"


@pytest.mark.slow
def test_layout_page_says_what_runs_leave_behind(ran):
    kept = layout(1)
    for name in set(kept) - {
        "experiments/",
        "data/source/",
        "data/sources/",
        "data/inbox/",
    }:  # of other commands
        found = list(ran.glob(name.replace("PACKAGE", "load_forecast").rstrip("/")))
        assert found, f"{name} is not there after a run"
    words = ["git", "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(words, cwd=ran, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["??", "artifacts/metrics.json"], "git ignores what is made"
    words = ["git", "ls-files", *(name for name, by in kept.items() if by != "git")]
    done = subprocess.run(words, cwd=ran, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) <= {"data/raw/.gitignore", "data/raw/load.csv.dvc"}


# Decisions


def test_decisions_are_numbered_listed_short_and_whole():
    folder = ROOT / "docs/explanation/decisions"
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    listed = list(rows((folder / "README.md").read_text(), "# |"))
    titles = []
    for path in records:
        text = path.read_text()
        assert len(text.splitlines()) < 40, path.name
        assert re.findall(r"^## (.+)$", text, re.M) == [
            "Context",
            "Decision",
            "Price",
            "How we would notice it is wrong",
        ]
        number, title = re.match(r"# (\d{4}) (.+)\n", text).groups()
        titles.append([number, f"[{title}]({path.name})"])
    assert listed == titles


def test_a_project_points_to_decisions_that_exist():
    text = page(f"{PROJECT.name}/docs/decisions/0001-template-decisions.md")
    numbers = {cells[-1] for cells in rows(text, "decision |")}
    records = {path.name[:4] for path in (ROOT / "docs/explanation/decisions").glob("0*.md")}
    assert numbers
    assert numbers <= records
