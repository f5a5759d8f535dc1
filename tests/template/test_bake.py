"""Generated projects: nothing unrendered, everything parses, every way of generating works."""

import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml
from cookiecutter.exceptions import UndefinedVariableInTemplate
from cookiecutter.main import cookiecutter

from conftest import load_hook, texts
from guards import RESTING, engine_differences, named_in_engine, unparsable, unrendered
from options import LONGEST, ODD, SUPPORTED

POST = load_hook("post_gen_project")
LICENCES = {
    "MIT": ("MIT License", "WITHOUT WARRANTY OF ANY KIND"),
    "Apache-2.0": ("Apache License", "END OF TERMS AND CONDITIONS"),
    "GPL-3.0": ("GNU GENERAL PUBLIC LICENSE", "END OF TERMS AND CONDITIONS"),
    "proprietary": ("All rights reserved", "prior written permission"),
}


@pytest.mark.parametrize("answers", SUPPORTED.values(), ids=SUPPORTED)
def test_nothing_is_left_unrendered_and_every_file_parses(bake, answers):
    for name, text in texts(bake(**answers)).items():
        assert not unrendered(name, text)
        assert not unparsable(name, text)


def test_plain_answers_stand_where_their_words_rested(bake):
    """Upper case in the owner's name, which no image may have; a slug too long for a namespace."""
    project = bake(**SUPPORTED["docker hub"])
    assert "@Example-Org\n" in (project / ".github/CODEOWNERS").read_text()
    source = 'org.opencontainers.image.source="https://github.com/Example-Org/load-forecast"'
    assert source in (project / "deploy/Dockerfile").read_text()
    for name, image in IMAGES.items():
        assert image in (project / name).read_text()
    for name, space in SPACES.items():
        assert yaml.safe_load((bake(**LONGEST) / name).read_text())["namespace"] == space


def test_no_namespace_or_bucket_is_longer_than_one_may_be(bake):
    found = set()
    for path in (bake(**LONGEST) / "deploy").rglob("*.yaml"):
        found |= set(re.findall(r"(?i)(?:namespace: |s3://)([a-z0-9-]+)", path.read_text()))
    assert {f"{'s' * 44}-production", f"{'s' * 44}-webhook", "s" * 60} <= found
    assert [name for name in found if len(name) > 63] == []


SPACES = {
    "deploy/kubeflow/overlays/staging/pipeline/kustomization.yaml": f"{'s' * 44}-staging",
    "deploy/kubeflow/overlays/staging/trials/kustomization.yaml": f"{'s' * 44}-staging-trials",
    "deploy/webhook/kustomization.yaml": f"{'s' * 44}-webhook",
    "deploy/monitor/kustomization.yaml": f"{'s' * 44}-monitor",
    "deploy/serving/overlays/production/kustomization.yaml": f"{'s' * 44}-serving-production",
}
IMAGES = {
    ".github/workflows/ct.yml": "IMAGE: docker.io/example-org/load-forecast, PASSWORD:",
    ".github/workflows/image.yml": "registry: docker.io\n",
    ".github/actions/deploy/action.yml": "docker.io/example-org/load-forecast-serving@",
}


def test_the_package_takes_its_name(bake):
    names = texts(bake(**LONGEST))
    assert f"src/{'p' * 40}/__init__.py" in names
    assert not [name for name in names if RESTING in name]


TEXT, AUTHOR = (f"<<cookiecutter.__{key}_quoted>>" for key in ["description", "author_name"])
PROBES = {
    "probe.toml": f'x = ["{TEXT}", "{AUTHOR}"]\n',
    "probe.yaml": f'x: ["by {AUTHOR}", "{TEXT}"]\n',
    "probe.json": f'{{"x": "{TEXT} (by {AUTHOR})"}}\n',
}


def strings(name: str, text: str) -> list[str]:
    """List every string value of a TOML, YAML or JSON text, in its order."""
    stack = [tomllib.loads(text) if name.endswith(".toml") else yaml.safe_load(text)]
    found = []
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, str):
            found.append(value)
    return found


def test_odd_answers_arrive_whole(template, tmp_path):
    """Odd text is what a parser reads back, in every structured file that holds an answer."""
    copy = shutil.copytree(template, tmp_path / "template")
    at_rest = copy / "<<cookiecutter.project_slug>>"
    for name, text in PROBES.items():
        (at_rest / name).write_text(text)
    project = Path(
        cookiecutter(str(copy), no_input=True, extra_context=ODD, output_dir=str(tmp_path))
    )
    seen = set()
    for name, text in texts(at_rest).items():
        if not name.endswith((".toml", ".yaml", ".json")) or "_quoted>>" not in text:
            continue
        for before, after in zip(
            strings(name, text), strings(name, (project / name).read_text()), strict=True
        ):
            if "_quoted>>" in before:
                expected = re.sub(r"<<cookiecutter\.__(\w+)_quoted>>", lambda m: ODD[m[1]], before)
                assert after == expected
                seen.add(name)
    assert seen >= set(PROBES)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Vorhersage für Köln", "vorhersage-fur-koln"),
        ("予測", "yu-ce"),
        ("R&D's plan", "r-d-s-plan"),
    ],
)
def test_the_readme_shows_the_name_and_what_it_predicts_as_typed(template, tmp_path, name, slug):
    words = {"project_name": name, "description": "Öl & Gas: \"a\" < 'b', 負荷"}
    folder = cookiecutter(
        str(template), no_input=True, extra_context=words, output_dir=str(tmp_path)
    )
    project = Path(folder)
    lines = (project / "README.md").read_text().splitlines()
    assert lines[0] == f"# {name}"
    assert lines[3] == words["description"]
    assert project.name == slug
    assert (
        tomllib.loads((project / "pyproject.toml").read_text())["project"]["description"]
        == (words["description"])
    )


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


@pytest.mark.parametrize("answers", SUPPORTED.values(), ids=SUPPORTED)
def test_the_engine_is_the_same_bytes_in_every_project(bake, template, answers):
    """And those of the template, which hold no word that the hook replaces."""
    at_rest = template / "<<cookiecutter.project_slug>>"
    assert len(list((at_rest / "engine").rglob("*.py"))) > 200
    assert named_in_engine(at_rest) == []
    assert engine_differences(bake(**answers), at_rest) == []
    assert engine_differences(bake(**answers), bake()) == []


@pytest.mark.parametrize("name", ["base/errors.py", "base/new.py", "py.typed", "mlproject.bin"])
@pytest.mark.parametrize("text", [b"mlproject\n", b"mlproject\0"], ids=["text", "binary"])
def test_a_word_at_rest_in_the_engine_is_seen(bake, tmp_path, name, text):
    planted = shutil.copytree(bake() / "engine", tmp_path / "engine") / "level2" / name
    planted.write_bytes(text)
    assert named_in_engine(tmp_path) == [f"engine/level2/{name}"]


@pytest.mark.parametrize("fault", ["changed", "gone", "added"])
def test_a_difference_of_two_engines_is_seen(bake, tmp_path, fault):
    project = tmp_path / "project"
    shutil.copytree(bake() / "engine", project / "engine")
    name = "engine/level2/new.py" if fault == "added" else "engine/level2/base/errors.py"
    if fault == "gone":
        (project / name).unlink()
    else:
        (project / name).write_text("x = 1\n")
    assert engine_differences(project, bake()) == [name]
    assert engine_differences(bake(), project) == [name]


def test_it_says_where_to_go_next(template, tmp_path, capfd):
    cookiecutter(str(template), no_input=True, output_dir=str(tmp_path))
    said = capfd.readouterr().out.splitlines()
    next_steps = ["cd load-forecast", "make run", "make adopt DATA=", "make test"]
    assert all(step in line for step, line in zip(next_steps, said, strict=True))


def test_finishing_twice_changes_nothing(bake, tmp_path, monkeypatch):
    project = shutil.copytree(bake(), tmp_path / "again")
    before = texts(project)
    monkeypatch.chdir(project)
    POST.keep_licence("MIT")
    POST.put_in({POST.RESTING: b"load_forecast"})
    assert texts(project) == before


def test_finishing_spares_binaries_modes_and_foreign_folders(tmp_path, monkeypatch):
    for folder in ["src/mlproject/__pycache__", "src/kept", ".venv/lib"]:
        (tmp_path / folder).mkdir(parents=True)
    alien = [".venv/lib/c.py", "lock.txt"]
    for name in ["src/mlproject/a.py", "src/mlproject/b.bin", "run.sh", *alien]:
        (tmp_path / name).write_bytes(b"mlproject\r\n" + b"\0" * name.endswith(".bin"))
    (tmp_path / "src/kept/old.py").write_text("mine\n")
    (tmp_path / "run.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    POST.put_in({POST.RESTING: b"kept"})
    assert {path.name for path in (tmp_path / "src/kept").iterdir()} == {"a.py", "b.bin", "old.py"}
    assert Path("src/kept/a.py").read_bytes() == b"kept\r\n"
    assert Path("src/kept/b.bin").read_bytes() == b"mlproject\r\n\0"
    assert {Path(name).read_bytes() for name in alien} == {b"mlproject\r\n"}
    assert os.access("run.sh", os.X_OK)


def test_finishing_follows_no_link(tmp_path, monkeypatch):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.py").write_text("mlproject\n")
    for name, target in [(".venv", elsewhere), ("linked", elsewhere), ("gone", tmp_path / "gone")]:
        (project / name).symlink_to(target)
    (project / "file.py").symlink_to(elsewhere / "a.py")
    monkeypatch.chdir(project)
    POST.put_in({POST.RESTING: b"kept"})
    assert (elsewhere / "a.py").read_text() == "mlproject\n"
    assert {path.name for path in project.iterdir()} == {".venv", "linked", "gone", "file.py"}


def test_generating_over_a_project_keeps_what_is_not_the_templates(template, tmp_path):
    over = {"no_input": True, "output_dir": str(tmp_path), "overwrite_if_exists": True}
    project = Path(cookiecutter(str(template), **over))
    mine = [project / name for name in OWN]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
    edited = [project / name for name in EDITED]
    before = [path.read_text() for path in edited]
    for path in edited:
        path.write_text("mine\n")
    listed = files(project)
    cookiecutter(str(template), **over)
    assert [path.read_text() for path in mine] == ["x = 1\n"] * len(mine)
    assert [path.read_text() for path in edited] == before
    assert files(project) == listed


def test_a_generation_that_was_interrupted_loses_nothing(template, tmp_path):
    """The next one brings back what the hook before it had put aside, newer edits first."""
    over = {"no_input": True, "output_dir": str(tmp_path / "out"), "overwrite_if_exists": True}
    project = Path(cookiecutter(str(template), **over))
    for name in OWN:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("old\n")
    listed = files(project)
    broken = shutil.copytree(template, tmp_path / "broken")
    (broken / "<<cookiecutter.project_slug>>/pyproject.toml").write_text("<<no_such_answer>>")
    with pytest.raises(UndefinedVariableInTemplate):
        cookiecutter(str(broken), **over)
    (project / "tests/core").mkdir(parents=True, exist_ok=True)
    (project / OWN[1]).write_text("new\n")
    cookiecutter(str(template), **over)
    assert [(project / name).read_text() for name in OWN] == ["old\n", "new\n", *["old\n"] * 3]
    assert files(project) == listed


OWN = (
    "src/load_forecast/mine.py",
    "tests/core/test_mine.py",
    "docs/mine.md",
    ".github/workflows/mine.yml",
    "deploy/serving/overlays/mine.yaml",
)
EDITED = "tests/conftest.py", "deploy/compose.yaml", ".github/workflows/ci.yml"


def files(project: Path) -> set[str]:
    """List every file."""
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


def lint(project: Path, run) -> set[tuple[str, ...]]:
    """List the files ruff would format and the rules it finds broken, file by file."""
    said = run("ruff", "format", "--diff", "--no-cache", ".", cwd=project).stdout
    said += run("ruff", "check", "--no-cache", "--output-format=concise", ".", cwd=project).stdout
    return set(re.findall(r"^(?:--- )?(\S+?\.py)(?:$|:\d+:\d+: (\S+))", said, re.MULTILINE))


@pytest.mark.parametrize("package", ["p" * 40, "x"])
def test_renaming_the_package_upsets_no_linter(bake, template, tmp_path, run, package):
    """A file that is clean at rest is clean under the longest and the shortest package name."""
    at_rest = template / "<<cookiecutter.project_slug>>"
    before = lint(shutil.copytree(at_rest, tmp_path / "at_rest"), run)
    after = lint(bake(package_name=package), run)
    after = {(name.replace(f"src/{package}/", "src/mlproject/"), rule) for name, rule in after}
    assert after <= before


def test_the_linter_guard_bites(bake, run, tmp_path):
    project = shutil.copytree(bake(**LONGEST), tmp_path / "planted")
    planted = project / "src" / ("p" * 40) / "planted.py"
    planted.write_text(f"x = {{'{'p' * 40}': 1, '{'q' * 50}': 2}}\n")
    assert (f"src/{'p' * 40}/planted.py", "") in lint(project, run)
