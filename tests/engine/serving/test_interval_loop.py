"""Prediction intervals through the loop: trained, judged, reported, served by HTTP and in batch."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from processes import command
from running import serving

pytestmark = pytest.mark.slow


def knobs(folder, **sections):
    path = folder / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    for name, section in sections.items():
        tree[name] |= section
    path.write_text(yaml.safe_dump(tree, sort_keys=False))


@pytest.fixture(scope="module")
def covered(blank, tmp_path_factory):
    """A project whose champion has intervals: copy it to change it."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("covered") / "project")
    knobs(folder, train={"coverage": 0.9}, promote={"coverage": 0.7, "thresholds": {}})
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    assert " · 90% ± " in done.stdout
    return folder


def interval(folder):
    return json.loads((folder / "artifacts/evaluation.json").read_text())["candidate"]["interval"]


def test_coverage_is_what_the_test_rows_say(covered):
    table = pd.read_parquet(covered / "artifacts/predictions.parquet")
    told = interval(covered)
    inside = (table["truth"] - table["prediction"]).abs() <= told["half_width"]
    assert told["measured"] == pytest.approx(inside.mean())
    assert told["test_rows"] == len(table)
    assert 0.7 <= told["measured"] < 1
    page, notes = ((covered / "reports" / f"report.{end}").read_text() for end in ("html", "md"))
    for text in (page, notes):
        assert "inside the 90" in text


def test_the_service_and_batch_answer_the_same_ends(covered, tmp_path):
    half = interval(covered)["half_width"]
    rows = pd.read_parquet(covered / "data/features.parquet").tail(4)
    rows.to_parquet(tmp_path / "in.parquet", index=False)
    done = command(
        covered, "predict", "--input", str(tmp_path / "in.parquet"),
        "--output", str(tmp_path / "out.csv"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    out = pd.read_csv(tmp_path / "out.csv")
    assert (out["prediction"] - out["prediction_lower"]).tolist() == pytest.approx([half] * 4)
    assert (out["prediction_upper"] - out["prediction"]).tolist() == pytest.approx([half] * 4)
    with serving(covered) as server:
        asked = json.loads((covered / "artifacts/model/model.json").read_text())
        example = asked["serving"]["example"]
        status, said = server.post("/predict", {"rows": [example, example]})
        _, _, schema = server.ask("GET", "/openapi.json")
    assert status == 200
    assert said["coverage"] == 0.9
    for number, (low, high) in zip(said["predictions"], said["intervals"], strict=True):
        assert (number - low, high - number) == pytest.approx((half, half))
    told = json.loads(schema)["paths"]["/predict"]["post"]["responses"]["200"]
    properties = told["content"]["application/json"]["schema"]["properties"]
    assert {"intervals", "coverage"} <= set(properties)


def test_intervals_that_hold_too_few_rows_are_held_and_a_new_width_is_a_new_version(
    covered, tmp_path
):
    folder = shutil.copytree(covered, tmp_path / "project")
    again = command(folder, "run")
    assert "champion v1 kept: the candidate is the same model" in again.stdout
    knobs(folder, train={"coverage": 0.5}, promote={"coverage": 0.95})
    held = command(folder, "run")
    assert "wanted ≥ 95.0%" in " ".join(held.stdout.split())
    assert "(hold)" in held.stdout
    knobs(folder, promote={"coverage": 0.3})
    wider = command(folder, "run")
    assert "champion v1 → v3" in wider.stdout
    with serving(folder) as server:
        example = json.loads((folder / "artifacts/model/model.json").read_text())["serving"]
        _, said = server.post("/predict", {"rows": [example["example"]]})
    assert said["coverage"] == 0.5
    assert said["version"] == "3"


def test_the_monitor_counts_labels_inside_and_tells_of_too_few(covered, tmp_path):
    folder = shutil.copytree(covered, tmp_path / "project")
    assert command(folder, "sample", "--until", "2017-02-20").returncode == 0
    knobs(folder, monitor={"coverage": 0.3})
    done = command(folder, "monitor", "--source", "data")
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "artifacts/monitor.json").read_text())
    performance = found["performance"]
    assert performance["coverage"] == 0.9
    assert 0.3 < performance["covered"] <= 1
    share = f"{performance['covered']:.1%} inside the 90% interval"
    for end in ("html", "md"):
        assert share in (folder / f"reports/monitor.{end}").read_text()
    line = (
        f'monitor_interval_coverage{{model="load-forecast",version="1"}} {performance["covered"]}'
    )
    assert line in (folder / "artifacts/monitor.prom").read_text().splitlines()
    assert command(folder, "sample", "--until", "2017-02-20", "--shock", "lockdown").returncode == 0
    knobs(folder, monitor={"coverage": 0.85})
    assert command(folder, "monitor", "--source", "data").returncode == 0
    found = json.loads((folder / "artifacts/monitor.json").read_text())
    [item] = [item for item in found["findings"] if item["kind"] == "coverage"]
    assert (item["signal"], item["alarm"], item["limit"]) == ("performance", True, 0.85)
    assert item["value"] == found["performance"]["covered"] < 0.85
    knobs(folder, train={"coverage": None}, promote={"coverage": None})
    refused = command(folder, "monitor", "--source", "data")
    assert "monitor.coverage watches intervals: ask for them with train.coverage" in refused.stderr
