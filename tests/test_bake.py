"""Generated projects: nothing unrendered, everything parses, every way of generating works."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import load_hook, texts
from cookiecutter.main import cookiecutter
from guards import RESTING, unparsable, unrendered
from options import LONGEST, ODD, SUPPORTED

POST = load_hook("post_gen_project")
LICENCES = {
    "MIT": ("MIT License", "WITHOUT WARRANTY OF ANY KIND"),
    "Apache-2.0": ("Apache License", "END OF TERMS AND CONDITIONS"),
    "GPL-3.0": ("GNU GENERAL PUBLIC LICENSE", "END OF TERMS AND CONDITIONS"),
    "proprietary": ("All rights reserved", "prior written permission"),
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def repository(template, tmp_path_factory) -> Path:
    """Publish the template as a git repository: tag v0, then a commit that adds a file."""
    folder = tmp_path_factory.mktemp("published") / "repository"
    shutil.copytree(template, folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    git(folder, "tag", "v0")
    (folder / "<<cookiecutter.project_slug>>" / "docs").mkdir(exist_ok=True)
    (folder / "<<cookiecutter.project_slug>>" / "docs" / "later.md").write_text("later\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=second")
    return folder


@pytest.mark.parametrize("answers", SUPPORTED.values(), ids=SUPPORTED)
def test_nothing_is_left_unrendered_and_every_file_parses(bake, answers):
    for name, text in texts(bake(**answers)).items():
        assert not unrendered(name, text)
        assert not unparsable(name, text)


def test_the_package_takes_its_name(bake):
    names = texts(bake(**LONGEST))
    assert f"src/{'p' * 40}/__init__.py" in names
    assert not [name for name in names if RESTING in name]


def test_answers_arrive_whole(bake):
    """Odd text is what a parser reads back, not merely something that parses."""
    metadata = tomllib.loads((bake(**ODD) / "pyproject.toml").read_text())["project"]
    assert {"name": "l-energie-last-prognose-1-50-home-x-y-z-q"}.items() <= metadata.items()
    assert metadata["description"] == ODD["description"]
    assert metadata["authors"][0]["name"] == ODD["author_name"]


@pytest.mark.parametrize("choice", LICENCES)
def test_the_chosen_licence_is_the_only_one(bake, choice):
    project = bake(license=choice, author_name=ODD["author_name"])
    text = (project / "LICENSE").read_text()
    assert all(words in text for words in LICENCES[choice])
    assert (ODD["author_name"] in text) == (choice in {"MIT", "proprietary"})
    assert not (project / "LICENSES").exists()
    assert not re.search(r"Copyright \(c\) \d", text), "a year would make two bakes differ"


def test_two_bakes_are_identical(bake, template, tmp_path):
    cookiecutter(str(template), no_input=True, output_dir=str(tmp_path))
    assert texts(tmp_path / "load-forecast") == texts(bake())


def test_it_says_where_to_go_next(template, tmp_path, capfd):
    cookiecutter(str(template), no_input=True, output_dir=str(tmp_path))
    said = capfd.readouterr().out.splitlines()
    assert len(said) == 3
    assert all(
        word in line for word, line in zip(["cd load-forecast", "make run", "make test"], said)
    )


def test_finishing_twice_changes_nothing(bake, tmp_path, monkeypatch):
    project = shutil.copytree(bake(), tmp_path / "again")
    before = texts(project)
    monkeypatch.chdir(project)
    POST.keep_licence("MIT")
    POST.rename_package("load_forecast")
    assert texts(project) == before


def test_finishing_spares_binaries_modes_and_foreign_folders(tmp_path, monkeypatch):
    for folder in ["src/mlproject/__pycache__", "src/kept", ".venv/lib"]:
        (tmp_path / folder).mkdir(parents=True)
    for name in ["src/mlproject/a.py", "src/mlproject/b.bin", ".venv/lib/c.py", "run.sh"]:
        (tmp_path / name).write_bytes(b"mlproject\r\n" + b"\0" * name.endswith(".bin"))
    (tmp_path / "src/kept/old.py").write_text("mine\n")
    (tmp_path / "run.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    POST.rename_package("kept")
    assert {path.name for path in (tmp_path / "src/kept").iterdir()} == {"a.py", "b.bin", "old.py"}
    assert Path("src/kept/a.py").read_bytes() == b"kept\r\n"
    assert Path("src/kept/b.bin").read_bytes() == b"mlproject\r\n\0"
    assert Path(".venv/lib/c.py").read_bytes() == b"mlproject\r\n"
    assert os.access("run.sh", os.X_OK)


def test_generating_over_a_project_keeps_what_is_not_the_templates(template, tmp_path):
    over = {"no_input": True, "output_dir": str(tmp_path), "overwrite_if_exists": True}
    project = Path(cookiecutter(str(template), **over))
    mine = project / "src/load_forecast/mine.py"
    mine.write_text("x = 1\n")
    cookiecutter(str(template), **over)
    assert mine.read_text() == "x = 1\n"
    assert not (project / "src/mlproject").exists()


def test_prompts_can_be_answered(template, tmp_path, run):
    typed = 'Müller & "Söhne" 🔋\n\nmy_package\n' + "\n" * 6 + "3\n"
    done = run("cookiecutter", str(template), "-o", str(tmp_path), input=typed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What is the project called" in done.stdout
    assert (tmp_path / "muller-sohne/src/my_package").is_dir()
    assert "GNU GENERAL" in (tmp_path / "muller-sohne/LICENSE").read_text()


def test_typed_delimiters_are_refused(template, tmp_path, run):
    typed = "a << b\n" + "\n" * 9
    done = run("cookiecutter", str(template), "-o", str(tmp_path), input=typed)
    assert done.returncode == 1
    assert done.stderr.startswith("stopped: project_name 'a << b' must not hold '<<'")
    assert not list(tmp_path.iterdir())


def test_from_a_git_url_at_a_tag(repository, tmp_path, run):
    url = f"file://{repository}"
    for checkout, later in [("v0", False), ("main", True)]:
        out = tmp_path / checkout
        arguments = [url, "--no-input", "--checkout", checkout, "-o", str(out)]
        done = run("cookiecutter", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (out / "load-forecast/docs/later.md").exists() == later


def test_cruft_creates_and_checks(repository, tmp_path, run):
    """Hooks judge odd answers the same without the keys that only cookiecutter adds."""
    context = json.dumps(ODD | {"project_slug": "odd"})
    arguments = [f"file://{repository}", "--no-input", "--output-dir", str(tmp_path)]
    done = run("cruft", "create", *arguments, "--checkout", "v0", "--extra-context", context)
    assert done.returncode == 0, done.stdout + done.stderr
    recorded = json.loads((tmp_path / "odd/.cruft.json").read_text())["context"]["cookiecutter"]
    assert recorded.items() >= ODD.items()
    check = ["check", "--project-dir", str(tmp_path / "odd")]
    assert run("cruft", *check, "--checkout", "v0").returncode == 0
    assert run("cruft", *check, "--checkout", "main").returncode == 1, "a newer commit is seen"


def test_without_the_marker_folder_cruft_refuses(repository, tmp_path, run):
    broken = shutil.copytree(repository, tmp_path / "broken")
    git(broken, "rm", "-r", "--quiet", "{{cookiecutter.cruft_marker}}")
    git(broken, "commit", "--quiet", "--message=no marker")
    done = run("cruft", "create", str(broken), "--no-input", "--output-dir", str(tmp_path / "out"))
    assert done.returncode != 0


def lint(project: Path, package: str, run) -> set[tuple[str, ...]]:
    """List what ruff says of a project, with the package's name taken out again."""
    said = run("ruff", "format", "--check", "--no-cache", ".", cwd=project).stdout
    said += run("ruff", "check", "--no-cache", "--output-format=concise", ".", cwd=project).stdout
    found = re.findall(r"^Would reformat: (\S+)|^(\S+?):\d+:\d+: (\S+)", said, re.MULTILINE)
    return {tuple(part.replace(package, RESTING) for part in complaint) for complaint in found}


@pytest.mark.parametrize("package", ["p" * 40, "x"])
def test_renaming_the_package_upsets_no_linter(bake, template, run, package):
    """A file that is clean at rest is clean under the longest and the shortest package name."""
    at_rest = lint(template / "<<cookiecutter.project_slug>>", RESTING, run)
    renamed = lint(bake(package_name=package), f"/{package}/", run)
    renamed = {tuple(part.replace(RESTING, "/mlproject/") for part in one) for one in renamed}
    assert renamed <= at_rest


def test_the_linter_guard_bites(bake, run, tmp_path):
    project = shutil.copytree(bake(**LONGEST), tmp_path / "planted")
    planted = project / "src" / ("p" * 40) / "planted.py"
    planted.write_text(f"x = {{'{'p' * 40}': 1, '{'q' * 50}': 2}}\n")
    assert any("planted.py" in part for one in lint(project, "p" * 40, run) for part in one)


def test_yaml_answers_arrive_whole(bake):
    params = yaml.safe_load((bake(**ODD) / "params.yaml").read_text())
    assert isinstance(params, dict)
