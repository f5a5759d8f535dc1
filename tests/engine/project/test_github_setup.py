"""`make github-setup` against a stand-in for gh that records what it is asked."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from layout import PROJECT

ROOT = PROJECT
SCRIPT = ROOT / ".github/scripts/github_setup.py"
GH = """#!{python}
import json, sys
words = sys.argv[1:]
body = json.load(sys.stdin) if "--input" in words else None
with open({log!r}, "a") as log:
    log.write(json.dumps([words, body]) + "\\n")
if words[:2] == ["secret", "list"]:
    print(json.dumps([{{"name": "KF_PIPELINES_TOKEN"}}]))
elif words[:2] == ["variable", "list"]:
    print("[]")
elif words[0] == "api" and "--method" not in words:
    print({rulesets!r})
"""


@pytest.fixture
def setup(tmp_path):
    """Returns a function that runs the script and what gh was asked to change."""

    def call(*words, rulesets="[]", broken=False, npm="echo 0.20.6"):
        log, gh = tmp_path / "log", tmp_path / "gh"
        text = GH.format(python=sys.executable, log=str(log), rulesets=rulesets)
        gh.write_text("#!/bin/sh\necho 'HTTP 403: no' >&2; exit 1\n" if broken else text)
        gh.chmod(0o755)
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (tmp_path / "npm").chmod(0o755)
        log.write_text("")
        done = subprocess.run(
            [sys.executable, SCRIPT, *words],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        asked = [json.loads(line) for line in log.read_text().splitlines()]
        changes = [(item, body) for item, body in asked if "--method" in item]
        return done.stdout + done.stderr, changes, done.returncode

    return call


def test_it_changes_nothing_unless_told_to(setup):
    said, changes, code = setup()
    assert (changes, code) == ([], 0)
    assert "would     ruleset main" in said
    assert "there     secret KF_PIPELINES_TOKEN" in said
    assert "missing   variable KF_PIPELINES_ENDPOINT" in said


def test_applied_it_sends_the_ruleset_and_both_environments(setup):
    _, changes, _ = setup("--apply")
    paths = [(item[2], item[3]) for item, _ in changes]
    assert paths == [
        ("POST", "repos/{owner}/{repo}/rulesets"),
        ("PUT", "repos/{owner}/{repo}/environments/staging"),
        ("PUT", "repos/{owner}/{repo}/environments/production"),
    ]
    _, again, _ = setup("--apply", rulesets='[{"id": 5, "name": "main"}]')
    assert again[0][0][2:4] == ["PUT", "repos/{owner}/{repo}/rulesets/5"]


@pytest.mark.parametrize(
    ("npm", "said"),
    [
        (
            'test "$1 $3 $4" = "view @dvcorg/cml@0.20.6 version" && echo 0.20.6',
            "by CML: npm serves",
        ),
        ("echo E404 >&2; exit 1", "by GitHub's REST interface: npm serves no"),
        ("exit 0", "by GitHub's REST interface: npm serves no"),
    ],
)
def test_it_tells_which_of_the_two_posts_the_report(setup, npm, said):
    shown = setup(npm=npm)[0]
    assert f" comments  {said} @dvcorg/cml@0.20.6\n" in shown


def test_a_refusal_of_gh_is_one_sentence(setup):
    said, _, code = setup(broken=True)
    assert code == 1
    assert said.strip() == "stopped: gh api repos/{owner}/{repo}/rulesets failed: HTTP 403: no"


def test_the_required_checks_are_jobs_of_ci():
    ruleset = json.loads((ROOT / ".github/ruleset.json").read_text())
    (rule,) = [item for item in ruleset["rules"] if item["type"] == "required_status_checks"]
    required = {item["context"] for item in rule["parameters"]["required_status_checks"]}
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert required <= {job["name"] for job in jobs.values()}


def test_it_lists_every_secret_and_variable_that_workflows_read():
    texts = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))
    script = SCRIPT.read_text()
    read = set(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", texts))
    assert read
    assert {name for name in read if f'"{name}"' not in script} == set()
