"""A pull request that changes nothing relevant, by the commands of its workflow's job `train`."""

import shutil
import tempfile
from pathlib import Path

import project
from measure import Row, Usage, cpu, row, say, spend
from project import Project, expect

GOAL = 0.5
ROWS = 100_000
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com")
REPORT = ("ci-report", "BASE=HEAD^1")


def rows(runs: int) -> list[Row]:
    """CPU of `make pull`, `make repro`, `make ci-report` with the cache that main has left."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), ROWS)
        merged(made)
        ours = []
        for number in range(runs):
            nothing = job(made, Path(folder) / f"cached-{number}", ["pull"], ["repro"], REPORT)
            same = "Running stage" not in nothing.output
            expect(same, "a stage was run where nothing had changed")
            ours.append(nothing)
            say(f"pull request {number + 1}/{runs}: {nothing.cpu:.1f} s CPU, {nothing.wall:.1f} s")
        again = Path(folder) / "trained"
        whole = job(made, again, ["pull"], ["repro"], REPORT, force=True)
        expect("Running stage 'train'" in whole.output, "the forced run has trained nothing")
    name, words = "pull request that changes no model", "the same, everything trained"
    return [row(name, cpu(ours), whole.cpu, words, GOAL, "s CPU", runs)]


def merged(made: Project) -> None:
    """A main that has trained, and the merge of a branch that changes a word of the README."""
    made.verb("init")
    made.python_run("-m", "dvc", "repro")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "Trained")
    git(made, "switch", "--quiet", "--create", "words")
    readme = made.root / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8") + "\nA word more.\n", encoding="utf-8")
    git(made, "commit", "--quiet", "--all", "--message", "A word more")
    git(made, "switch", "--quiet", "-")
    git(made, "merge", "--quiet", "--no-ff", "--message", "Merge", "words")


def git(made: Project, *words: str) -> None:
    """Run git as somebody."""
    spend([*GIT, *words], made.root, made.variables)


def job(made: Project, place: Path, *targets: list[str] | tuple, force: bool = False) -> Usage:
    """Clone as deep as the job does, restore DVC's cache, run the targets; what they cost."""
    clone = ["git", "clone", "--quiet", "--depth", "2", f"file://{made.root}", str(place)]
    spend(clone, made.root, made.variables)
    shutil.copytree(made.root / ".dvc" / "cache", place / ".dvc" / "cache")
    venv = (f"VENV={made.python.parents[1]}", "PACKAGE=")
    variables = {**made.variables, "PYTHONPATH": str(place / "engine"), "PULL_REQUEST": "1"}
    used = []
    for words in targets:
        command = ["make", "--no-print-directory", *words, *venv]
        if force and words[0] == "repro":
            command = [str(made.python), "-m", "dvc", "repro", "--force"]
        used.append(spend(command, place, variables))
    expect((place / "reports/pull_request/report.md").is_file(), "there is no report")
    seconds, wall = sum(one.cpu for one in used), sum(one.wall for one in used)
    return Usage(seconds, wall, max(one.peak for one in used), "".join(one.output for one in used))
