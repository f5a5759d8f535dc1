"""The documentation is true: commands run, output is as shown, links and names resolve.

Every block tagged `bash` is run, page by page and in order. The first line of a page says where:
`<!-- run: baked -->` in a project just generated, `ran` in one whose loop has run, `empty` in an
empty folder, with $TEMPLATE naming a repository of the template. A comment before a block changes
that: `<!-- run: none: why -->` leaves it out, `<!-- run: refused -->` wants its one command to
fail. A block tagged `text` is what the block of commands before it prints: its lines are there, in
order, whatever their numbers and hashes.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from conftest import PROJECT, ROOT, tracked
from projects import VENV, copy, make, python

SOURCE = PROJECT / "src" / "mlproject"
NAMES = [
    *(
        name.as_posix()
        for name in tracked(ROOT)
        if re.fullmatch(r"docs/.*\.md|[A-Z]+\.md", str(name))
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
    """The text of a page; those of the project as a project called load_forecast has them."""
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
    """A page without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", text), flags=re.S)


def spans(text: str) -> list[str]:
    """What stands between backticks outside blocks."""
    return [found[2].strip().replace(r"\|", "|") for found in SPAN.finditer(prose(text))]


def rows(text: str, header: str) -> Iterator[list[str]]:
    """The rows, as cells, of every table whose header begins so."""
    for table in re.findall(rf"^\| {re.escape(header)}.*\n\|[-:| ]+\n((?:\|.*\n)+)", text, re.M):
        for line in table.splitlines():
            yield [cell.strip() for cell in CELLS.split(line)[1:-1]]


# Commands


def script(text: str) -> str:
    """One shell script of a page, which says which block it is in."""
    lines = ["set -eu -o pipefail"]
    for block in runnable(text):
        lines.append(f"echo '@@ {block.line}'")
        if block.how == "refused":
            command = block.body.strip()
            assert "\n" not in command, f"line {block.line}: one command is refused, not several"
            lines.append(
                f"if {command}; then echo 'line {block.line} was to be refused'; exit 1; fi"
            )
        else:
            lines.append(block.body)
    return "\n".join(lines)


def environment(**more: str) -> dict[str, str]:
    """A person's shell with the project's and the template's tools on PATH."""
    foreign = ("MAKE", "MFLAGS", "MLFLOW_", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    tools = os.pathsep.join([f"{VENV}/bin", str(Path(sys.executable).parent), kept["PATH"]])
    return {**kept, "PATH": tools, **more}


def run_page(text: str, folder: Path, **more: str) -> None:
    """Run a page's commands in a folder. Raises AssertionError where the page is not true."""
    environ = environment(VENV=str(VENV), PACKAGE="", PYTHONPATH="src", **more)
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
            before = max(line for line in printed if line < block.line)
            missing = unsaid(block.body, printed[before])
            assert not missing, (
                f"line {block.line} shows `{missing}`, printed is:\n{printed[before]}"
            )


def masked(line: str) -> str:
    """A line without its hashes, numbers and widths."""
    line = re.sub(r"\b[0-9a-f]{7,}\b", "#", line)
    return " ".join(re.sub(r"\d[\d,.]*", "0", line).split())


def unsaid(shown: str, printed: str) -> str:
    """The first shown line that is not printed after the ones before it, or nothing."""
    said = iter([masked(line) for line in printed.splitlines()])
    for line in filter(str.strip, shown.splitlines()):
        if masked(line) not in said:  # consumes what comes before
            return line
    return ""


@pytest.fixture(scope="session")
def ran(bake: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose loop has run once with a short search: copy it."""
    folder = copy(bake(), tmp_path_factory.mktemp("ran") / "load-forecast")
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("trials: 20", "trials: 2"))
    make(folder, "run")
    return folder


@pytest.fixture
def published(template: Path, tmp_path: Path) -> Path:
    """A git repository of the template: tag v1, then a commit that changes a file."""
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
    run_page(text, copy(project or request.getfixturevalue("ran"), tmp_path / "load-forecast"))


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


def test_a_planted_right_command_passes(tmp_path):
    run_page(
        PLANTED.format("echo 1 row in 2.5 s; echo 0123abcd", "2 row in 10 s\n89abcdef0"), tmp_path
    )


def test_a_command_that_was_to_be_refused_and_is_not_is_seen(tmp_path):
    text = "<!-- run: refused -->\n```bash\n{}\n```\n"
    run_page(text.format("false"), tmp_path)
    with pytest.raises(AssertionError, match="was to be refused"):
        run_page(text.format("true"), tmp_path)


# Links and names


def anchors(text: str) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(text: str, folder: Path) -> list[str]:
    """Relative links that lead nowhere."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        target, _, anchor = link.partition("#")
        path = folder / target if target else None
        if re.match(r"\w+:", link):
            continue
        if path is not None and not path.exists():
            broken.append(link)
        elif anchor and anchor not in anchors(path.read_text() if path else text):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    assert not broken_links(page(name), (ROOT / name).parent)


def test_a_planted_broken_link_is_seen():
    text = "# A b\n[1](test_docs.py) [2](#a-b) [3](https://example.com/x)"
    assert not broken_links(text, ROOT / "tests")
    text = "# A\n[1](missing.md) [2](#b) [3](../README.md#no-such-heading)"
    assert len(broken_links(text, ROOT / "tests")) == 3


def targets(folder: Path) -> set[str]:
    """The make targets `make help` lists, as it is run."""
    command = ["make", "--no-print-directory", "-C", str(folder), "help"]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    return set(re.findall(r"^  make (\S+)", done.stdout, re.M))


def test_make_targets_that_pages_name_exist():
    project = targets(PROJECT)
    both = project | targets(ROOT)
    for name in NAMES:
        code = [*spans(page(name)), *(block.body for block in blocks(page(name)))]
        named = {
            target
            for text in code
            for target in re.findall(r"\bmake (?:-C \S+ )?([a-z][\w-]*)", text)
        }
        assert named <= (project if name.startswith(PROJECT.name) else both), name


KINDS = r"(?:core|steps|adapters|tests|benchmarks|hooks|src|requirements|feature_repo|docs)/[\w./-]+\.\w+"


def test_files_that_pages_name_exist():
    roots = [ROOT, PROJECT, SOURCE, PROJECT / "docs"]
    for name in NAMES:
        for word in spans((ROOT / name).read_text()):
            found = re.fullmatch(rf"({KINDS})(?:: \w+)?", word)
            assert not found or any((root / found[1]).exists() for root in roots), f"{name}: {word}"


def sentences() -> list[str]:
    """Every text in the project's source, `…` where a value is put in."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.append(
                    "".join(
                        getattr(part, "value", "") if isinstance(part, ast.Constant) else "…"
                        for part in node.values
                    )
                )
    return found


@pytest.mark.parametrize(
    ("name", "header", "column"),
    [
        ("docs/how-to/own-table.md", "you bring", 1),
        ("docs/how-to/when-it-breaks.md", "you see", 0),
    ],
)
def test_messages_are_those_of_the_code(name, header, column):
    said = sentences()
    messages = [spans(cells[column])[0] for cells in rows(page(name), header)]
    assert len(messages) > 15
    for message in messages:
        pattern = re.compile(".*".join(map(re.escape, re.split("…+", message))), re.S)
        assert any(pattern.search(text) for text in said), message


def test_pages_promise_nothing():
    for name in NAMES:
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon|stub)\b", page(name), re.I), name


# Reference


def classes() -> dict[str, ast.ClassDef]:
    """The models behind params.yaml, by name."""
    trees = [ast.parse((SOURCE / name).read_text()) for name in ("config.py", "core/contract.py")]
    nodes = [node for tree in trees for node in tree.body]
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def aliases() -> dict[str, str]:
    """Named types like Fraction, as their source."""
    tree = ast.parse((SOURCE / "config.py").read_text())
    return {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


class Key(NamedTuple):
    """One key of params.yaml: its default as the page writes it, and the numbers that bound it."""

    default: str
    limits: list[str]


INNER = {"features": "NAME.", "families": "FAMILY.PARAMETER.", "thresholds": "METRIC."}


def keys(model: str = "Params", prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Every key of params.yaml, from the source."""
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
            kind = aliases().get(kind, kind)
            limits = re.findall(
                r"\b[gl][te]=([-\w.*]+)", kind + (ast.unparse(node.value) if node.value else "")
            )
            yield (
                f"{prefix}{name}",
                Key(
                    default(node.value),
                    [limit.replace("2 ** 32", "2^32").replace("2**32", "2^32") for limit in limits],
                ),
            )


def default(value: ast.expr | None) -> str:
    """A field's default as the page writes it."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Field":
        if any(word.arg == "default_factory" for word in value.keywords):
            return "`{}`"
        value = value.args[0] if value.args else None
    if value is None:
        return "required"
    plain = ast.literal_eval(value)
    words = {None: "–", "": "empty", (): "`[]`", True: "`true`", False: "`false`"}
    if plain in words and not isinstance(plain, int | float) or isinstance(plain, bool):
        return words[plain]
    return f"`{plain}`"


def test_params_page_holds_every_key_and_no_other():
    found = dict(keys())
    page_rows = {
        spans(cells[0])[0]: cells for cells in rows(page("docs/reference/params.md"), "key |")
    }
    assert len(found) > 50
    assert set(page_rows) == set(found)
    for key, (value, limits) in found.items():
        assert page_rows[key][2] == value, f"{key} defaults to {value}"
        said = re.findall(r"-?\d[\d.^]*", page_rows[key][3].replace(".,", ","))
        said = {number.rstrip(".") for number in said}
        for limit in limits:
            assert limit.replace("_", "") in said, f"{key} is bounded by {limit}"


def test_params_page_holds_every_metric_and_its_direction():
    tree = ast.parse((SOURCE / "core/metrics.py").read_text())
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


def test_commands_page_holds_every_target():
    text = page("docs/reference/commands.md")
    for header, folder in (("target | does |\n", ROOT), ("target | does | variables |", PROJECT)):
        named = [spans(cells[0])[0].removeprefix("make ") for cells in rows(text, header.strip())]
        assert targets(folder) <= set(named), folder.name
    told = {spans(cells[0])[0]: cells[-1] for cells in rows(text, "target | does | variables |")}
    help_text = (PROJECT / "Makefile").read_text()
    for target, words in re.findall(r"^([a-z-]+):.*?## (.*)$", help_text, re.M):
        for variable in re.findall(r"\b([A-Z_]{4,})=", words):
            assert f"`{variable}=`" in told[f"make {target}"], f"make {target} takes {variable}"


VERBS = """
import json, typer
from load_forecast.cli import app
verbs = typer.main.get_command(app).commands
print(json.dumps({name: [o for p in v.params for o in p.opts if o.startswith("--")] for name, v in verbs.items()}))
"""


@pytest.mark.slow
def test_commands_page_holds_every_verb_and_option(bake):
    found = yaml.safe_load(python(bake(), VERBS))
    told = {}
    for cells in rows(page("docs/reference/commands.md"), "verb |"):
        for verb in spans(cells[0]):
            told[verb] = {option for option in re.findall(r"--[\w-]+", cells[2])}
    assert told == {verb: set(options) for verb, options in found.items()}


def layout(number: int) -> dict[str, str]:
    """Path and last cell of one of the two tables."""
    half = re.split(r"^## A generated project", page("docs/reference/layout.md"), flags=re.M)[
        number
    ]
    return {name: cells[-1] for cells in rows(half, "path |") for name in spans(cells[0])}


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
    for name, kept in layout(1).items():
        path = name.replace("PACKAGE", "load_forecast")
        here = sorted(ran.glob(path.rstrip("/")))
        assert here or name == "experiments/", f"{name} is not there after a run"
        if kept == "git":
            continue
        files = [file for item in here for file in (item.rglob("*") if item.is_dir() else [item])]
        files = [
            file for file in files if file.is_file() and file.suffix not in {".dvc", ".gitignore"}
        ]
        for file in files:
            known = (
                f"{file.relative_to(ran)}" in layout(1)
                and layout(1)[str(file.relative_to(ran))] == "git"
            )
            words = ["git", "check-ignore", "--quiet", str(file)]
            ignored = subprocess.run(words, cwd=ran, check=False).returncode == 0
            assert ignored or known or file.name == ".gitignore", f"{file} is not ignored by git"


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


def test_nothing_here_needs_a_shell_that_is_missing():
    assert shutil.which("bash")
