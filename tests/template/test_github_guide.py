"""The guide to GitHub names what workflows read: each variable and secret, where it is set."""

import ast
import re

import pytest
import yaml
from test_docs import page, rows, spans

from conftest import PROJECT, ROOT

GUIDE = "docs/how-to/github.md"
FLOWS = PROJECT / ".github"


def read_by(texts: str) -> dict[str, str]:
    """Map what workflows read to its kind; GITHUB_TOKEN is given to every job."""
    kinds = {"vars": "variable", "secrets": "secret"}
    found = re.findall(r"\b(vars|secrets)\.([A-Z][A-Z0-9_]+)", texts)
    return {name: kinds[kind] for kind, name in found if name != "GITHUB_TOKEN"}


def told() -> dict[str, list[str]]:
    """The guide's table: name to kind, place, reason, and what happens without."""
    return {spans(cells[0])[0]: cells[1:] for cells in rows(page(GUIDE), "name |")}


def listed() -> dict[str, str]:
    """What `make github-setup` lists."""
    tree = ast.parse((FLOWS / "scripts/github_setup.py").read_text())
    known = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id in ("VARIABLES", "SECRETS")
    }
    kinds = {"VARIABLES": "variable", "SECRETS": "secret"}
    return {name: kinds[key] for key, names in known.items() for name in names}


def flows() -> str:
    return "".join(path.read_text() for path in sorted(FLOWS.rglob("*.yml")))


def test_guide_workflows_and_setup_name_the_same():
    known = read_by(flows())
    assert len(known) > 8
    assert {name: cells[0] for name, cells in told().items()} == known
    assert listed() == known


def test_every_row_says_where_why_and_what_if_not():
    places = {"repository", "environment", "environments"} | {"each environment"}
    for name, (_, where, reason, without) in told().items():
        assert reason, name
        assert without, name
        assert any(place in where for place in places), f"{name}: {where}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run: echo ${{ vars.NEW_ONE }}", {"NEW_ONE": "variable"}),
        ("x: ${{ secrets.OTHER || github.token }}", {"OTHER": "secret"}),
        ("x: ${{ secrets.GITHUB_TOKEN }} envvars.A secretsX.B", {}),
    ],
)
def test_a_planted_name_would_be_seen(text, found):
    assert read_by(text) == found


def test_what_ct_asks_for_before_its_environment_is_set_for_the_repository():
    """`start` reads the endpoint to know whether to ask for an image."""
    job = yaml.safe_load((FLOWS / "workflows/ct.yml").read_text())["jobs"]["start"]
    [step] = [item for item in job["steps"] if item["name"] == "Newest image"]
    assert "vars.KF_PIPELINES_ENDPOINT" in step["if"]
    assert told()["KF_PIPELINES_ENDPOINT"][1].startswith("repository")


def test_the_clock_of_the_guide_is_that_of_the_workflows():
    text = page(GUIDE)
    for flow, words in {"ct": "on Mondays at {}:{} UTC", "monitor": "each day at {}:{}"}.items():
        tree = yaml.safe_load((FLOWS / f"workflows/{flow}.yml").read_text())
        minute, hour, _, _, day = tree[True]["schedule"][0]["cron"].split()
        assert words.format(hour, minute) in text
        assert day == ("1" if flow == "ct" else "*")


def test_the_guide_leads_from_a_repository_to_a_schedule():
    text = page(GUIDE)
    steps = ["gh repo create", "make github-setup APPLY=yes", "gh pr create", "gh pr merge"]
    steps += ["gh secret set", "gh workflow run ct", "gh run list --workflow ct"]
    places = [text.index(f"`{step}", text.index("## 1")) for step in steps]
    assert places == sorted(places)
    assert (ROOT / GUIDE).is_file()
