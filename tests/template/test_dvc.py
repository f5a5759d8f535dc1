"""The experimental pipeline by DVC: cached, comparable, the same in every clone."""

import json
import re
import shutil

import pytest
import yaml

from projects import make, tool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A small project after `dvc repro`, committed and pushed to its local remote."""
    folder = tmp_path_factory.mktemp("dvc") / "load-forecast"
    shutil.copytree(bake(), folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["tune"]["trials"] = 2
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    make(folder, "repro")
    tool(folder, "git", "add", "--all")
    tool(folder, "git", "commit", "--quiet", "--message=results")
    make(folder, "push")
    return folder


def clone(project, name):
    folder = project.parent / name
    tool(project.parent, "git", "clone", "--quiet", str(project), str(folder))
    return folder


def results(folder):
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    return (folder / "artifacts/metrics.json").read_text(), model["sha256"]


def test_repro_makes_everything_once_and_never_touches_the_registry(project):
    said = make(project, "repro")
    assert "Data and pipelines are up to date." in said
    assert (project / "reports/report.html").exists()
    from projects import registry

    assert registry(project, "select count(*) from registered_models") == [(0,)]


def test_a_clone_pulls_and_is_clean(project):
    folder = clone(project, "pulled")
    tool(folder, "dvc", "pull")
    assert "Data and pipelines are up to date." in tool(folder, "dvc", "status")
    assert results(folder) == results(project)


def test_a_clone_that_trains_for_itself_gets_the_same_model(project):
    folder = clone(project, "trained")
    tool(folder, "dvc", "pull", "data/raw/load.csv.dvc")
    said = tool(folder, "dvc", "repro", "--force")
    assert "Running stage 'train'" in said
    assert results(folder) == results(project)


def test_differences_are_shown(project):
    folder = clone(project, "changed")
    tool(folder, "dvc", "pull")
    tool(folder, "dvc", "exp", "run", "--set-param", "tune.trials=4")
    assert "tune.trials" in tool(folder, "dvc", "params", "diff")
    shown = json.loads(tool(folder, "dvc", "metrics", "diff", "--json", "--all"))
    assert shown["artifacts/metrics.json"]["candidate.rmse"]["new"] > 0
    page = tool(folder, "dvc", "plots", "diff", "--out", "plots")
    assert "index.html" in page
    assert "importance" in (folder / "plots/index.html").read_text()
    assert "tune.trials" in tool(folder, "dvc", "exp", "show", "--no-pager", "--csv")


def stages_run(folder):
    said = tool(folder, "dvc", "repro")
    return re.findall(r"Running stage '(\w+)'", said)


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("src/load_forecast/estimators.py", ["tune", "train", "evaluate", "report"]),
        ("src/load_forecast/rules.py", ["report"]),
        ("src/load_forecast/notices.py", []),
        ("engine/level2/reports/new.py", ["report"]),
        ("engine/level2/serving/app.py", []),
        ("engine/level2/data/__pycache__/new.pyc", []),
    ],
)
def test_an_edit_reruns_the_stages_that_read_it_and_no_other(project, name, stages):
    """The report follows an evaluation, which has a run of its own in MLflow."""
    folder = clone(project, f"edited-{name.replace('/', '-')}")
    tool(folder, "dvc", "pull")
    (folder / name).parent.mkdir(exist_ok=True)
    with (folder / name).open("a") as file:
        file.write("\n# an edit\n")
    assert stages_run(folder) == stages
    assert stages_run(folder) == []


def test_a_change_of_the_gate_retrains_nothing(project):
    folder = clone(project, "gate")
    tool(folder, "dvc", "pull")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["promote"]["margin"] = 0.01
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    said = tool(folder, "dvc", "repro")
    assert "Running stage 'report'" in said
    assert "Running stage 'train'" not in said
