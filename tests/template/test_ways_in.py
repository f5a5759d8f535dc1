"""Every way to a project: prompts, a git URL with a tag, cruft."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from options import ODD


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def repository(template, tmp_path_factory) -> Path:
    """Publish the template as a git repository: tag v0, then a commit that adds a file."""
    folder = tmp_path_factory.mktemp("published") / "template.git"
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


@pytest.mark.slow
def test_from_a_git_url_at_a_tag(repository, tmp_path, run):
    url = f"file://{repository}"
    for checkout, later in [("v0", False), ("main", True)]:
        out = tmp_path / checkout
        arguments = [url, "--no-input", "--checkout", checkout, "-o", str(out)]
        done = run("cookiecutter", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (out / "load-forecast/docs/later.md").exists() == later


@pytest.mark.slow
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
