"""The scripts of the workflows: real git, a bare repository, a stand-in for GitHub's REST."""

import json
import os
import shutil
import subprocess

import pytest

from layout import PROJECT
from servers.github_api import TOKEN, Recorder

ROOT = PROJECT
SCRIPTS = ROOT / ".github" / "scripts"
AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "T"), ("EMAIL", "t@example.com"))
}


def run(folder, *words, ok=True, **more):
    environment = {**os.environ, **more}
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, said
    assert TOKEN not in said
    return done.stdout


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A bare repository and a clone of it with one commit, side by side: copy them to use them."""
    beside = tmp_path_factory.mktemp("pair")
    folder = beside / "clone"
    plain = ("--quiet", "--template=")  # no sample hooks: every file is copied for every test
    run(beside, "git", "init", *plain, "--bare", "--initial-branch=main", "bare.git")
    run(beside, "git", "clone", *plain, "bare.git", "clone")
    run(folder, "git", "remote", "set-url", "origin", "../bare.git")
    shutil.copytree(SCRIPTS, folder / ".github/scripts")
    (folder / "data/raw").mkdir(parents=True)
    (folder / "data/raw/load.csv.dvc").write_text("one\n")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "-m", "one", **AUTHOR)
    run(folder, "git", "push", "--quiet", "origin", "HEAD:main")
    return beside


@pytest.fixture
def clone(pair, tmp_path, monkeypatch):
    """A clone with one commit of a bare repository."""
    for name, value in AUTHOR.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(pair, tmp_path, dirs_exist_ok=True)
    return tmp_path / "clone"


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        ("schedule", "schedule"),
        ("workflow_dispatch", "manual"),
        ("drift", "drift"),
        ("new-data", "data"),
        ("$(touch x)", "manual"),
        ("drift\ngo=maybe", "manual"),
    ],
)
def test_a_trigger_is_named(clone, event, trigger):
    said = run(clone, ".github/scripts/why.sh", EVENT=event, BEFORE="")
    assert said == f"trigger={trigger}\nparam=\ngo=true\n"
    assert not (clone / "x").exists()


def test_a_wider_search_is_a_number_or_nothing(clone):
    said = run(clone, ".github/scripts/why.sh", EVENT="new-model", BEFORE="", TRIALS="60")
    assert said == "trigger=drift\nparam=tune.trials=60\ngo=true\n"
    for trials in ("", "0", "6 0", "60;x", "99999", "$(touch x)"):
        words = {"EVENT": "new-model", "BEFORE": "", "TRIALS": trials}
        assert run(clone, ".github/scripts/why.sh", ok=False, **words) == ""
    assert not (clone / "x").exists()


@pytest.mark.parametrize(
    ("settings", "printed"),
    [
        ({}, ""),
        ({"KF_PIPELINES_ENDPOINT": "https://kfp.example"}, ""),
        ({"IMAGE": "x@sha256:0", "DEPLOYS": "true"}, ""),
        ({"KF_PIPELINES_ENDPOINT": "https://kfp.example", "IMAGE": "x@sha256:0"}, "cluster"),
        (
            {"KF_PIPELINES_ENDPOINT": "x", "IMAGE": "x@sha256:0", "DEPLOYS": "false"},
            "cluster",
        ),
        (
            {"KF_PIPELINES_ENDPOINT": "x", "IMAGE": "x@sha256:0", "DEPLOYS": "true"},
            "cluster deploys",
        ),
    ],
)
def test_a_cluster_is_known_before_a_champion_is_deployed(clone, monkeypatch, settings, printed):
    for name in ("KF_PIPELINES_ENDPOINT", "IMAGE", "DEPLOYS"):
        monkeypatch.delenv(name, raising=False)
    said = run(clone, ".github/scripts/where.sh", **settings)
    assert said.split() == [f"{word}=true" for word in printed.split()]


@pytest.mark.parametrize(
    ("files", "go"),
    [
        (["data/raw/load.csv.dvc"], "true"),
        (["data/raw/load.csv.dvc", "data/other.dvc"], "true"),
        (["data/raw/load.csv.dvc", "params.yaml"], "false"),
        (["data/raw/load.csv.dvc", "data/raw/.gitignore"], "false"),
        (["other.dvc"], "false"),
    ],
)
def test_a_push_retrains_if_it_touches_data_alone(clone, files, go):
    before = run(clone, "git", "rev-parse", "HEAD").strip()
    for name in files:
        (clone / name).write_text("two\n")
        run(clone, "git", "add", name)
        run(clone, "git", "commit", "--quiet", "-m", name)
    said = run(clone, ".github/scripts/why.sh", EVENT="push", BEFORE=before)
    assert said == f"trigger=data\nparam=\ngo={go}\n"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"README.md": "a"}, "false"),
        ({"docs/a/b.md": "a", "docs/page.png": "a", "AGENTS.md": "a"}, "false"),
        ({"README.md": "a", "src/one.py": "a"}, "true"),
        ({"src/notes.md": "a"}, "true"),
        ({"data/raw/load.csv.dvc": "two"}, "true"),
        ({"dvc.lock": "a"}, "true"),
        ({"deploy/docs/a.yaml": "a"}, "true"),
        ({"docs/moved.dvc": "one\n", "data/raw/load.csv.dvc": None}, "true"),
    ],
)
def test_documents_alone_are_no_code(clone, files, code):
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text) if text else (clone / name).unlink()
    run(clone, "git", "switch", "--quiet", "--create", "change")
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "-m", "change")
    run(clone, "git", "switch", "--quiet", "--detach", "HEAD~1")
    run(clone, "git", "merge", "--quiet", "--no-ff", "-m", "merged", "change")
    said = run(clone, ".github/scripts/changes.sh", EVENT="pull_request")
    assert said == f"code={code}\n"
    assert run(clone, ".github/scripts/changes.sh", EVENT="push") == "code=true\n"


def test_what_a_change_is_compared_with_has_to_be_there(clone):
    """A commit without a parent is no merge of a pull request: red, not skipped."""
    assert run(clone, ".github/scripts/changes.sh", ok=False, EVENT="pull_request") == ""


def test_a_push_whose_start_is_unknown_is_left_to_cd(clone):
    assert "go=false" in run(clone, ".github/scripts/why.sh", EVENT="push", BEFORE="0" * 40)


def test_lock_and_metrics_come_back_by_a_pull_request_and_never_on_main(clone, tmp_path):
    trained = tmp_path / "trained"
    (trained / "artifacts").mkdir(parents=True)
    (trained / "dvc.lock").write_text("schema: '2.0'\n")
    (trained / "artifacts/metrics.json").write_text(json.dumps({"candidate": {"rmse": 1}}))
    bare = str(tmp_path / "bare.git")
    shutil.copytree(ROOT / "engine", clone / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", clone)
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "-m", "what opens the pull request")
    run(clone, "git", "push", "--quiet", "origin", "HEAD:main")
    before = run(clone, "git", "ls-remote", bare, "refs/heads/main")
    start = before.split()[0]
    with Recorder() as github:
        job = {
            "DATA": "0123456789ab",
            "GITHUB_API_URL": github.address,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_RUN_ID": "42",
            "GITHUB_TOKEN": TOKEN,
            "PUSH_URL": bare,
            "TRIGGER": "data",
            "VERSION": "3",
        }
        run(clone, ".github/scripts/record.sh", str(trained), **job)
        (opened,) = github.opened
        assert opened["head"] == "retrained/42"
        assert opened["title"] == "Retrained (data): model v3 on data 0123456789ab"
        assert run(clone, "git", "ls-remote", bare, "refs/heads/main") == before
        refs = run(clone, "git", "ls-remote", bare)
        for ref in ("heads/retrained/42", "tags/data-0123456789ab", "tags/model-v3"):
            assert f"refs/{ref}\n" in refs
        for tag in ("data-0123456789ab", "model-v3"):
            assert run(clone, "git", "cat-file", "-t", tag).strip() == "tag"
            held = run(clone, "git", "rev-parse", f"{tag}^{{commit}}", "retrained/42").split()
            assert held[0] == held[1], "the tag is not on the commit that holds the lock"
        said = run(clone, "git", "tag", "--list", "--format=%(contents)", "model-v3")
        assert f"Trained from commit {start} by run 42" in said
        shown = run(clone, "git", "show", "--stat", "--format=", "retrained/42")
        assert {line.split("|")[0].strip() for line in shown.splitlines()[:-1]} == {
            "artifacts/metrics.json",
            "dvc.lock",
        }
        again = run(clone, ".github/scripts/record.sh", str(trained), **job)
        assert "as they were" in again
        assert "model-v3 is there already" in again
        assert len(github.opened) == 1
        same = {**job, "DATA": "none", "VERSION": "4"}
        assert "as they were" in run(clone, ".github/scripts/record.sh", str(trained), **same)
        there = run(clone, "git", "rev-parse", "model-v4^{commit}", "HEAD").split()
        assert there[0] == there[1], "an unchanged lock is held by the commit that was trained"
        unknown = {**job, "DATA": "", "VERSION": ""}
        assert " tag " not in run(clone, ".github/scripts/record.sh", str(trained), **unknown)
    assert TOKEN not in (clone / ".git/config").read_text()


LOOK = """#!/bin/sh
echo "$@"
stat -c %a "$KUBECONFIG" && cat "$KUBECONFIG"
test -z "${KUBECONFIG_TEXT:-}" || exit 9
exit $CODE
"""


@pytest.mark.parametrize("code", [0, 2])
def test_a_kubeconfig_is_a_private_file_while_make_deploys_and_no_longer(clone, tmp_path, code):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/make").write_text(LOOK)
    (tmp_path / "bin/make").chmod(0o755)
    (tmp_path / "temp").mkdir()
    settings = {
        "CODE": str(code),
        "ENVIRONMENT": "staging",
        "KUBECONFIG_TEXT": "token: 'x'",
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "SERVING": "registry.example/x-serving@sha256:0",
    }
    done = subprocess.run(
        [".github/scripts/deploy.sh"],
        cwd=clone,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    words = f"deploy ENV=staging IMAGE={settings['SERVING']} RECORD=artifacts/hand_over.json"
    assert done.stdout.splitlines() == [words, "600", "token: 'x'"]
    assert done.returncode == code
    assert not list((tmp_path / "temp").iterdir())


@pytest.mark.parametrize("by", ["", "anna, bert"])
def test_a_promotion_names_who_approved_and_the_token_is_gone(clone, tmp_path, by):
    (tmp_path / "bin").mkdir()
    look = (
        'if [ "$2" = on-github ]; then echo "by=$WHO" > "$GITHUB_OUTPUT"; echo "$GITHUB_TOKEN"\n'
        'else echo "$*"; test -z "${GITHUB_TOKEN:-}"; fi\n'
    )
    (tmp_path / "bin/make").write_text(f"#!/bin/sh\n{look}")
    (tmp_path / "bin/make").chmod(0o755)
    record = '{"version": "7", "note": "$(touch x)"}'
    settings = {
        "GITHUB_TOKEN": "made-up",
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "RECORD": record,
        "RUNNER_TEMP": str(tmp_path),
        "WHO": by,
    }
    said = run(clone, ".github/scripts/promote.sh", **settings).splitlines()
    words = f"promote ENV=production RECORD=artifacts/hand_over.json BY={by}"
    assert said == ["made-up", f"--no-print-directory {words}"]
    assert (clone / "artifacts/hand_over.json").read_text() == record
    assert not (clone / "x").exists()
