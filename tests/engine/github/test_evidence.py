"""`ci-promotion`: what reviewers of production see, and what the job that promotes is given."""

import json

import pytest

from level2.registry import promotion
from processes import command
from versioned import NAME


@pytest.fixture
def told(versioned):
    """Run the command as a job does; its outputs and its page."""

    def run(*words):
        folder = versioned.folder
        files = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "page"}
        for path in files.values():
            path.unlink(missing_ok=True)
        settings = {name: str(path) for name, path in files.items()}
        done = command(folder, "ci-promotion", *words, **settings)
        assert (done.returncode, done.stderr) == (0, "")
        outputs = dict(
            line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().split("\n")[:-1]
        )
        return outputs, files["GITHUB_STEP_SUMMARY"].read_text(), done.stdout

    return run


def measured(project, version, **metrics):
    for name, value in metrics.items():
        project.store.client.log_metric(version.run_id, name, value)


def test_staging_beside_production_is_the_evidence(versioned, told):
    old = versioned.version(b"old")
    measured(versioned, old, rmse=500.0, origin=1.0)
    promotion.promote(versioned.context(), by="anna")
    new = versioned.version(b"new")
    measured(versioned, new, rmse=400.0)
    measured(versioned, new, **{"mean.rmse": 900.0})
    outputs, page, said = told("--image", "registry.example/load@sha256:1")
    assert said == f" evidence  {NAME} v2 waits for production\n"
    assert (outputs["waiting"], outputs["retrain"]) == ("true", "false")
    record = json.loads(outputs["record"])
    assert (record["version"], record["sha256"]) == ("2", new.tags["sha256"])
    assert record["image"] == "registry.example/load@sha256:1"
    assert page.splitlines()[:5] == [
        f"### Waiting for production: {NAME} v2",
        "",
        "|  | staging v2 | production v1 |",
        "| --- | --- | --- |",
        "| RMSE | 400.0 | 500.0 |",
    ]
    assert f"| model, SHA-256 | `{new.tags['sha256'][:16]}` | `{old.tags['sha256'][:16]}` |" in page
    assert "mean" not in page


def test_what_production_has_or_rolled_back_does_not_wait(versioned, told):
    versioned.version(b"one")
    promotion.promote(versioned.context(), by="anna")
    outputs, page, _ = told()
    assert outputs["waiting"] == "false"
    assert json.loads(outputs["record"])["version"] == "1"
    assert page.startswith(f"### Nothing new for production: {NAME} v1")
    versioned.version(b"two")
    promotion.promote(versioned.context(), by="anna")
    promotion.withdraw(versioned.context())
    assert told()[0]["waiting"] == "false"


def test_the_record_of_what_staging_serves_is_passed_on_as_it_is(versioned, told):
    made = versioned.version()
    given = {"registered_model": NAME, "version": "1", "sha256": made.tags["sha256"], "image": "x"}
    (versioned.folder / "artifacts").mkdir()
    (versioned.folder / "artifacts/hand_over.json").write_text(json.dumps(given))
    outputs, page, _ = told("--image", "y")
    assert json.loads(outputs["record"]) == given
    assert "Production has no champion yet." in page


def test_a_registry_without_a_champion_is_said_and_nothing_waits(versioned, told):
    versioned.write(retrain=True)
    outputs, page, said = told()
    assert outputs == {"retrain": "true", "waiting": "false", "record": ""}
    why = f"{NAME} has no champion in this registry: set MLFLOW_TRACKING_URI to staging's"
    assert said == f"::notice::{why}\n"
    assert page == f"### Production: {why}\n"


def outcome(versioned, tag, recorded):
    """What a job is told after a run on a cluster whose champion was trained on `tag`."""
    made = versioned.version(b"a model")
    if tag:
        versioned.store.client.set_model_version_tag(NAME, made.version, "data.hash", tag)
    table = versioned.folder / versioned.tree["data"]["source"]
    table.parent.mkdir(parents=True)
    table.with_name(f"{table.name}.dvc").write_text(f"outs:\n- md5: {recorded}\n")
    out = versioned.folder / "output"
    words = ("ci-outcome", "--trigger", "data", "--on", "cluster")
    done = command(versioned.folder, *words, GITHUB_OUTPUT=str(out))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, out.read_text()


def test_after_a_cluster_the_registry_tells_which_version_belongs_to_this_commit(versioned):
    said, outputs = outcome(versioned, "0123456789abcdef", "0123456789abcdef")
    assert said == " ended     data: ran on the cluster, champion v1\n"
    assert outputs == "version=1\ndata=0123456789ab\n"


def test_a_champion_of_other_data_is_not_tagged_at_this_commit(versioned):
    said, outputs = outcome(versioned, "fedcba9876543210", "0123456789abcdef")
    assert "champion v1 (trained on other data than this commit's: fedcba987654)" in said
    assert outputs == "version=none\ndata=0123456789ab\n"
