"""Releases run by nektos/act: of the template, with its example repository; of a project.

As in test_act.py repositories, commits and the commands of every step are real; actions and
`gh` are stand-ins. The template's own `make test` and `make canary` are only recorded: they are
what CI runs anyway.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from acting import REPOSITORY, SECRETS, GitHub, git, stand_in_for_github
from conftest import ROOT
from projects import copy
from stand_ins import program

pytestmark = [pytest.mark.slow, pytest.mark.server]
SCRIPT = ROOT / ".github/scripts/example.sh"
EVERY = {"repository": {"full_name": REPOSITORY, "default_branch": "main"}}


@pytest.fixture(scope="module")
def recorder():
    found, token = stand_in_for_github()
    with found:
        yield found, token


def hub(project: Path, folder: Path, recorder) -> GitHub:
    """A GitHub with the folder's files as its one commit on main."""
    if not (project / ".git").exists():
        git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "One")
    found = GitHub(project, folder, recorder[0].address, recorder[1])
    found.push("refs/heads/main")
    return found


def release(found: GitHub, tag: str, *words: str):
    """Push a tag; run the release for it."""
    sha = found.push(f"refs/tags/{tag}")
    event = {"ref": f"refs/tags/{tag}", "before": "0" * 40, "after": sha, **EVERY}
    return found.act("release", "push", event, sha, *words)


@pytest.fixture(scope="module")
def template_hub(template, recorder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("act")
    found = hub(copy(template, folder / "work"), folder, recorder)
    program("make", folder / "bin")
    return found


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """An empty repository to publish to."""
    folder = tmp_path_factory.mktemp("example") / "load-forecast.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    return folder


@pytest.fixture(scope="module")
def released(template_hub, example):
    words = ["--var=EXAMPLE_REPOSITORY=team/bike-rentals", f"--env=EXAMPLE_URL=file://{example}"]
    return release(template_hub, "v1.2.3", *words)


def test_a_tag_of_the_template_is_tested_then_released(released, template_hub):
    assert released.code == 0, released.log
    assert released.jobs == {"test": "success", "release": "success", "example": "success"}
    assert [words[0] for words in released.given("make")] == ["test", "example"]
    [words] = released.given("gh")
    assert words[:3] == ["release", "create", "v1.2.3"]
    assert {"--verify-tag", "--generate-notes"} <= set(words)
    assert (template_hub.state / "releases/v1.2.3").is_dir()


def test_the_example_is_a_project_generated_at_that_tag(released, example, tmp_path):
    assert released.code == 0
    git(tmp_path, "clone", "--quiet", "--branch", "v1.2.3", str(example), "clone")
    clone = tmp_path / "clone"
    assert git(clone, "log", "--format=%s") == "Generated from v1.2.3 of the template"
    assert (clone / "src/bike_rentals/__init__.py").is_file()
    deployed = (clone / "deploy/webhook/kustomization.yaml").read_text()
    assert "GITHUB_REPOSITORY=team/bike-rentals" in deployed
    assert git(clone, "rev-parse", "origin/main") == git(clone, "rev-parse", "HEAD")
    assert not (clone / "cookiecutter.json").exists()


def test_without_a_repository_for_it_there_is_no_example(template_hub):
    run = release(template_hub, "v1.2.4")
    assert run.code == 0, run.log
    assert set(run.jobs) == {"test", "release"}
    assert run.given("make") == [["test"]]


def test_the_weekly_run_locks_the_newest_and_shows_them(template_hub):
    sha = git(template_hub.bare, "rev-parse", "main")
    run = template_hub.act("canary", "schedule", EVERY, sha)
    assert (run.code, run.jobs) == (0, {"newest": "success"}), run.log
    assert run.given("make") == [["canary"]]


def publish(example: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {
        "EXAMPLE_REPOSITORY": "team/load-forecast",
        "EXAMPLE_TOKEN": SECRETS["EXAMPLE_TOKEN"],
        "EXAMPLE_URL": f"file://{example}",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TAG": "v1.0.0",
    }
    return subprocess.run(
        [SCRIPT],
        cwd=environment.pop("cwd", None),
        env={**os.environ, **known, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_later_release_is_a_commit_on_top_and_the_same_is_none(template, tmp_path):
    example = tmp_path / "example.git"
    example.mkdir()
    git(example, "init", "--quiet", "--bare", "--initial-branch=main")
    folder = copy(template, tmp_path / "template")
    for tag, subject in [("v1.0.0", "v1.0.0"), ("v1.0.1", "v1.0.0"), ("v1.1.0", "v1.1.0")]:
        if tag == "v1.1.0":
            (folder / "<<cookiecutter.project_slug>>" / "later.txt").write_text("later\n")
        done = publish(example, cwd=str(folder), TAG=tag)
        assert done.returncode == 0, done.stderr
        assert SECRETS["EXAMPLE_TOKEN"] not in done.stdout + done.stderr
        head = git(example, "log", "-1", "--format=%s", "main")
        assert head == f"Generated from {subject} of the template"
    assert git(example, "rev-list", "--count", "main") == "2"
    assert git(example, "tag").split() == ["v1.0.0", "v1.0.1", "v1.1.0"]
    assert git(example, "show", "--format=", "--name-only", "main") == "later.txt"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXAMPLE_REPOSITORY", ""),
        ("EXAMPLE_REPOSITORY", "team"),
        ("EXAMPLE_REPOSITORY", "team/Upper"),
        ("EXAMPLE_REPOSITORY", "team/x;touch trap"),
        ("EXAMPLE_REPOSITORY", "../x/y"),
        ("TAG", ""),
        ("TAG", "v1$(touch trap)"),
        ("TAG", "--force"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path, name, value):
    done = publish(tmp_path, cwd=str(tmp_path), **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f" stopped: {name} is '{value}'")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def project_hub(bake, recorder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("act")
    return hub(copy(bake(), folder / "work"), folder, recorder)


def test_a_tag_of_a_project_is_one_release_of_wheel_and_pipeline(project_hub):
    run = release(project_hub, "v0.1.0")
    assert run.code == 0, run.log
    assert run.jobs == {"image/image": "success", "release": "success"}
    image = f"ghcr.io/example-org/load-forecast@{run.outputs['digest']}"
    [built] = run.given("docker/build-push-action")
    assert built["tags"].split(",")[1] == "ghcr.io/example-org/load-forecast:v0.1.0"
    folder = project_hub.state / "releases/v0.1.0"
    engine, own = (
        wheel for name in ("level2", "load_forecast") for wheel in folder.glob(f"{name}-*")
    )
    with zipfile.ZipFile(engine) as file:
        assert "level2/cli/__init__.py" in file.namelist()
    with zipfile.ZipFile(own) as file:
        assert "load_forecast/estimators.py" in file.namelist()
        assert not [name for name in file.namelist() if name.startswith("level2/")]
    steps = yaml.safe_load_all((folder / "pipeline.yaml").read_text())
    executors = next(steps)["deploymentSpec"]["executors"].values()
    assert {item["container"]["image"] for item in executors} == {image}
    assert f"Image: {image}" in (folder / "release.md").read_text()
    shutil.rmtree(folder)
