"""Four scenarios from the monitor's verdict to what was done, on one machine."""

import json
import shutil

import pytest
import yaml

from running import ROOT, command
from servers.github_api import TOKEN, Recorder

pytestmark = pytest.mark.slow


@pytest.fixture
def project(promoted, tmp_path):
    folder = shutil.copytree(promoted, tmp_path / "project")
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("pause_hours: 20", "pause_hours: 0"))
    return folder


def shocked(folder, shock=None):
    words = ["sample", "--until", "2017-02-20", *(["--shock", shock] if shock else [])]
    assert command(folder, *words).returncode == 0
    done = command(folder, "monitor", "--source", "data")
    assert done.returncode == 0, done.stderr


def decided(folder, *words, **settings):
    done = command(folder, "decide", *words, **settings)
    assert done.returncode == 0, done.stderr
    record = json.loads((folder / "artifacts/decide.json").read_text())
    assert set(record) >= {"action", "rule", "reason", "by", "inputs", "signals", "findings"}
    return done.stdout, record


def alarms_still(folder):
    """Whoever is champion now, the world is as it was: the next look finds the same alarm."""
    gate = json.loads((folder / "artifacts/decision.json").read_text())
    verdict = json.loads((folder / "artifacts/monitor.json").read_text())
    verdict["model"]["version"] = gate["champion"]
    (folder / "artifacts/monitor.json").write_text(json.dumps(verdict))


def test_quiet_keeps(project):
    shocked(project)
    said, record = decided(project, "--apply", NOTICE_URL="http://127.0.0.1:9/")
    assert "0 keep: nothing alarms" in said
    assert "notice" not in said
    assert "done" not in record


def test_errors_retrain_then_search_wider_then_ask_a_person(project):
    shocked(project, "lockdown")
    said, record = decided(project, "--apply")
    assert (record["number"], record["action"], record["rule"]) == ("1", "retrain", 4)
    assert record["done"].startswith("retrain ended in ")
    assert "9/9 report" in said
    gate = json.loads((project / "artifacts/decision.json").read_text())
    assert record["done"].endswith(f"champion v{gate['champion']}")
    alarms_still(project)
    for _ in range(2):  # a look is no attempt
        said, record = decided(project)
        assert (record["number"], record["tried"]) == ("2a", ["retrain"])
        assert "make decide APPLY=yes" in said
        assert "run --set tune.trials=60" in said
    said, record = decided(project, "--apply", "--set", "decide.trials=2")
    assert record["done"].startswith("new_model ended in ")
    alarms_still(project)
    with Recorder() as github:
        words = {"GITHUB_API_URL": github.address, "GITHUB_REPOSITORY": github.repository}
        said, record = decided(project, "--apply", GITHUB_TOKEN=TOKEN, **words)
        assert (record["number"], record["tried"]) == ("3", ["retrain", "new_model"])
        (issue,) = github.issues
    assert "Decision 3: change inputs or objective" in issue["body"]
    assert "the champion's errors have grown" in issue["body"]
    assert record["done"] == f"issue {issue['html_url']}"
    assert TOKEN not in said + json.dumps(record)


def test_another_unit_is_left_to_a_person_with_the_evidence(project):
    shocked(project, "unit_change")
    said, record = decided(project, "--apply", NOTICE_URL="http://127.0.0.1:9/")
    assert "the notice failed: " in " ".join(said.split()), "and yet the decision stands"
    assert (record["number"], record["action"]) == ("2b", "change_processing")
    assert record["done"] == "left to a person: reports/decide.md"
    assert "looks as if its unit changed" in (project / "reports/decide.md").read_text()
    assert "9/9" not in said, "nothing is trained on such data"


def test_a_look_neither_counts_nor_pauses_what_it_names(project):
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("pause_hours: 0", "pause_hours: 20"))
    shocked(project, "unit_change")
    assert decided(project)[1]["action"] == "change_processing"
    shocked(project, "lockdown")
    assert decided(project)[1]["action"] == "retrain"
    _, record = decided(project, "--apply")
    assert record["done"].startswith("retrain ended in ")
    alarms_still(project)
    assert "new_model, but retrain was started 0.0 hours ago: wait 20" in decided(project)[0]


def test_data_that_a_held_candidate_was_trained_on_are_not_trained_on_again(project):
    """Whoever trained it: here `run`, as `inbox` would."""
    text = (project / "params.yaml").read_text()
    tree = yaml.safe_load(text.replace("pause_hours: 0", "pause_hours: 20"))
    tree["promote"]["thresholds"] = {"mae": {"max": 1}}
    (project / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    shocked(project, "lockdown")
    assert "(hold)" in command(project, "run").stdout
    said, record = decided(project, "--apply")
    assert (record["action"], record["tried"]) == ("keep", ["retrain"])
    assert "these data were tried already: v2 was held 0.0 hours ago" in " ".join(said.split())
    assert "9/9" not in said
    newer = ("sample", "--until", "2017-03-20", "--shock", "lockdown")
    assert command(project, *newer).returncode == 0
    assert command(project, "monitor", "--source", "data").returncode == 0
    assert decided(project)[1]["action"] == "retrain", "newer data are worth a try"


def test_a_verdict_about_another_champion_is_refused(project):
    shocked(project)
    path = project / "artifacts/monitor.json"
    path.write_text(path.read_text().replace('"version": "1"', '"version": "9"'))
    done = command(project, "decide")
    assert done.returncode == 1
    assert "is about v9, the champion is v1: run `monitor` again" in done.stderr


def test_the_job_tells_the_next_ones(project, tmp_path):
    outputs = {"GITHUB_OUTPUT": str(tmp_path / "o"), "GITHUB_STEP_SUMMARY": str(tmp_path / "p")}
    for shock, drift, action in (
        (None, "false", "keep"),
        ("heat_wave", "true", "retrain"),
        ("unit_change", "true", "change_processing"),
    ):
        shocked(project, shock)
        (tmp_path / "o").unlink(missing_ok=True)
        done = command(project, "ci-drift", **outputs)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "o").read_text() == f"drift={drift}\naction={action}\n"
    assert "### Decision 2b" in (tmp_path / "p").read_text()


def test_without_a_champion_the_job_ends_well(tmp_path):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    done = command(tmp_path, "ci-drift", GITHUB_OUTPUT=str(tmp_path / "o"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "o").read_text() == "drift=false\n"
