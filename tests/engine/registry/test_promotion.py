"""Production's champion on a real MLflow store: moved by an approval alone, and back alone."""

import json

import pytest

from level2.base.errors import ProjectError
from level2.batch import bundle
from level2.registry import environments, promotion, tracking
from level2.registry.champion import reader
from level2.registry.mlflow import Registry
from level2.registry.mlflow_sqlite import SqliteStore
from level2.training.steps import promote as gate_step
from processes import command
from versioned import NAME, PRODUCTION


@pytest.fixture
def project(versioned):
    return versioned


def refused(project, *words, by="anna", **ct):
    """The refusal of a promotion, after which nothing has moved."""
    before = project.aliases()
    with pytest.raises(ProjectError) as caught:
        promotion.promote(project.context(**ct), *words, by=by)
    assert project.aliases() == before
    return str(caught.value)


def test_an_approval_moves_the_alias_of_production_alone(project):
    made = project.version()
    assert project.aliases() == {"champion": "1"}
    line, record = promotion.promote(project.context(), by="anna")
    assert line == f"{NAME} v1 · approved by anna"
    assert project.aliases() == {"champion": "1", PRODUCTION: "1"}
    tags = project.tags(1)
    assert tags["production.approved_by"] == record["approved_by"] == "anna"
    assert tags["production.approved_at"] == record["approved_at"]
    assert record["sha256"] == tags["sha256"] == made.tags["sha256"]
    assert (record["version"], record["alias"]) == ("1", PRODUCTION)
    assert (record["environment"], record["previous"]) == ("production", None)


def test_the_gate_moves_staging_and_production_waits(project):
    project.version()
    promotion.promote(project.context(), by="anna")
    project.version(b"newer")
    assert project.aliases() == {"champion": "2", PRODUCTION: "1"}
    line, record = promotion.promote(project.context(), by="bert")
    assert line == f"{NAME} v1 → v2 · approved by bert"
    assert record["previous"] == "1"
    assert project.aliases() == {"champion": "2", PRODUCTION: "2"}


def test_without_an_approval_nothing_moves(project):
    project.version()
    said = refused(project, by=" ")
    assert said.startswith(f"nobody approved {NAME} v1 for production: say who with BY=")
    assert "production.state" not in project.tags(1)


def test_the_rule_stands_in_for_an_approval(project):
    project.version()
    promotion.promote(project.context(auto_promote=True))
    assert project.aliases()[PRODUCTION] == "1"
    assert project.tags(1)["production.approved_by"] == "rule ct.auto_promote"


def handed(made, **changes):
    record = {"registered_model": NAME, "version": made.version, "sha256": made.tags["sha256"]}
    return {**record, "image": None, **changes}


def test_the_record_of_staging_names_the_same_model_and_image(project):
    made = project.version()
    image = f"registry.example/team/load@sha256:{'a' * 64}"
    _, record = promotion.promote(project.context(), "", handed(made, image=image), "anna")
    assert record["image"] == image
    assert project.aliases()[PRODUCTION] == "1"


def test_a_candidate_overtaken_by_a_newer_one_is_refused(project):
    old = project.version()
    project.version(b"newer")
    expected = f"{NAME} v1 is not staging's champion, v2 is: nothing was promoted, approve v2"
    assert refused(project, "1").startswith(expected)
    assert refused(project, "", handed(old)).startswith(expected)
    assert refused(project, "1", handed(old)).startswith(expected)
    assert refused(project, "2", handed(old)).startswith(
        "VERSION=2 was asked for and the hand-over"
    )


def test_a_version_that_the_gate_held_is_refused(project):
    project.version()
    project.version(b"worse", champion=False)
    assert refused(project, "2").startswith(f"{NAME} v2 is not staging's champion, v1 is")
    assert refused(project, "7").startswith(f"{NAME} v7 is not staging's champion, v1 is")


def test_another_digest_than_that_of_staging_is_refused(project):
    made = project.version()
    said = refused(project, "", handed(made, sha256="0" * 64))
    assert said.startswith(f"{NAME} v1 is another model in the registry (SHA-256 ")
    assert "0" * 12 in said


def test_the_record_of_another_model_is_refused(project):
    made = project.version()
    said = refused(project, "", handed(made, registered_model="other"))
    assert said.startswith(f"the hand-over record is of other, this project's model is {NAME}")


def test_an_altered_model_is_refused(project):
    project.version()
    (project.folder / "v1" / "model.onnx").write_bytes(b"another model")
    said = refused(project)
    assert said.startswith(f"{NAME} v1: model.onnx is not the file that was registered")


def test_without_a_champion_on_staging_there_is_nothing_to_promote(project):
    project.version(champion=False)
    assert refused(project).startswith(f"{NAME} has no champion on staging in this registry")


def test_environments_that_share_an_alias_have_nothing_to_promote(project):
    project.version()
    said = refused(project, production_alias="champion")
    assert said.startswith("ct.production_alias is champion, which the gate moves")


def test_a_promotion_repeated_changes_nothing(project):
    project.version()
    _, first = promotion.promote(project.context(), by="anna")
    tags = project.tags(1)
    line, again = promotion.promote(project.context(), by="bert")
    assert line == f"{NAME} v1 · production has it already"
    assert again == first
    assert project.tags(1) == tags
    assert promotion.promote(project.context())[1] == first, "nor does it need an approval"


def test_one_killed_before_the_alias_moved_is_finished_by_the_next(project, monkeypatch):
    project.version()
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "promote", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            promotion.promote(project.context(), by="anna")
    assert project.aliases() == {"champion": "1"}
    promotion.promote(project.context(), by="bert")
    assert project.aliases() == {"champion": "1", PRODUCTION: "1"}
    assert project.tags(1)["production.approved_by"] == "bert"


@pytest.fixture
def two(project):
    """Production went from v1 to v2, as staging did."""
    for content in (b"one", b"two"):
        project.version(content)
        promotion.promote(project.context(), by="anna")
    return project


def test_a_rollback_of_production_leaves_staging(two):
    line = promotion.withdraw(two.context())
    assert line == f"production · alias {PRODUCTION} from {NAME} v2 to v1"
    assert two.aliases() == {"champion": "2", PRODUCTION: "1"}
    assert two.tags(2)["production.state"] == "rolled back"
    with pytest.raises(ProjectError, match="production has no version before small-load v1"):
        promotion.withdraw(two.context())
    assert two.aliases() == {"champion": "2", PRODUCTION: "1"}


def test_what_was_rolled_back_returns_only_by_its_number(two):
    promotion.withdraw(two.context())
    said = refused(two, auto_promote=True)
    assert said.startswith(f"{NAME} v2 was rolled back in production")
    promotion.promote(two.context(), "2", by="anna")
    assert two.aliases()[PRODUCTION] == "2"
    assert two.tags(2)["production.state"] == "promoted"


def test_a_rollback_does_not_return_to_what_was_rolled_back(two):
    promotion.withdraw(two.context())
    two.version(b"three")
    promotion.promote(two.context(), by="anna")
    assert two.tags(3)["production.previous"] == "1"
    two.store.promote(two.store.version(NAME, "2"), PRODUCTION)  # by hand, in MLflow
    two.version(b"four")
    promotion.promote(two.context(), by="anna")
    with pytest.raises(ProjectError, match="v2 was rolled back itself"):
        promotion.withdraw(two.context())
    assert two.aliases()[PRODUCTION] == "4"


def test_a_rollback_to_an_altered_model_is_refused(two):
    (two.folder / "v1" / "model.onnx").write_bytes(b"another model")
    with pytest.raises(ProjectError, match=r"v1: model\.onnx is not the file"):
        promotion.withdraw(two.context())
    assert two.aliases()[PRODUCTION] == "2"


def test_a_rollback_of_a_cluster_with_another_version_leaves_the_alias(two):
    with pytest.raises(ProjectError, match="champion is small-load v2, not v7: alias"):
        promotion.withdraw(two.context(), "7")
    assert two.aliases()[PRODUCTION] == "2"


def test_without_a_promotion_there_is_nothing_to_roll_back(project):
    project.version()
    with pytest.raises(ProjectError, match="no champion in production that could be rolled back"):
        promotion.withdraw(project.context())


# whose champion a command means


def test_each_environment_reads_its_own_champion(two):
    two.version(b"three")
    for environment, number in {"": "3", "staging": "3", "production": "2"}.items():
        context = two.context(environment)
        assert isinstance(reader(context), SqliteStore)
        assert reader(context).champion(NAME).version == number
        record = two.folder / "record.json"
        bundle.run(context, two.folder / "bundle", "champion", record)
        written = json.loads(record.read_text())
        assert (written["version"], written["alias"]) == (
            number,
            PRODUCTION if environment == "production" else "champion",
        )


def test_production_without_a_champion_says_how_to_get_one(project):
    project.version()
    said = f"{NAME} has no champion in production yet: `make promote ENV=production` makes one"
    with pytest.raises(ProjectError, match=said):
        bundle.run(project.context("production"), project.folder / "bundle", "champion")
    assert not (project.folder / "bundle").exists()


def test_an_unknown_environment_is_refused(project):
    with pytest.raises(ProjectError, match="MODEL_ENVIRONMENT=prod is not an environment: use"):
        environments.alias(project.context("prod"))


def test_the_gate_does_not_move_the_champion_of_production(project):
    project.version()
    with pytest.raises(ProjectError, match="the gate does not move production's champion"):
        gate_step.run(project.context("production"))
    assert project.aliases() == {"champion": "1"}
    environments.may_train(project.context("production", retrain=True))
    environments.may_train(project.context("staging"))


def test_where_production_trains_by_itself_the_gate_moves_its_alias_alone(project):
    project.version(b"one")
    made = project.version(b"two", champion=False)
    store = tracking.registry(project.context("production", retrain=True))
    assert store.champion(NAME) is None
    store.promote(made)
    assert project.aliases() == {"champion": "1", PRODUCTION: "2"}


@pytest.mark.parametrize("name", ["latest", "v3", "Production", "a b", ""])
def test_an_alias_that_mlflow_does_not_take_is_refused(project, name):
    with pytest.raises(ProjectError, match=r"ct.*production_alias"):
        project.context(production_alias=name)


# the commands


def test_the_commands_promote_and_roll_back(two):
    two.version(b"three")
    done = command(two.folder, "promote-to", "production")
    assert done.returncode == 1
    assert done.stderr.startswith(" stopped: nobody approved small-load v3 for production")
    assert two.aliases()[PRODUCTION] == "2"
    assert not (two.folder / "artifacts").exists()
    done = command(two.folder, "promote-to", "production", "--by", "anna")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        " promoted  production · small-load v2 → v3 · approved by anna",
        " record    artifacts/promotion.json",
    ]
    done = command(two.folder, "lineage", MODEL_ENVIRONMENT="production")
    assert done.stdout.splitlines()[0] == " model       small-load v3 (promote)"
    told = done.stdout.splitlines()[-1]
    assert told.startswith(" production  promoted · approved by anna · 20")
    record = json.loads((two.folder / "artifacts/promotion.json").read_text())
    assert (record["version"], record["approved_by"]) == ("3", "anna")
    done = command(two.folder, "rollback", "production", "--no-cluster")
    said = " rollback  production · alias champion-production from small-load v3 to v2\n"
    assert (done.stdout, done.stderr) == (said, "")
    assert two.aliases() == {"champion": "3", PRODUCTION: "2"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote-to", "staging", "--by", "anna"), "`staging` is not promoted to: the gate of"),
        (("promote-to", "prod", "--by", "anna"), "`prod` is not promoted to: the gate of"),
        (("promote-to", "production", "--record", "none.json"), "none.json is missing: `make bun"),
        (
            ("rollback", "staging", "--no-cluster"),
            "NO_CLUSTER=yes moves an alias back, and staging",
        ),
    ],
)
def test_a_command_that_means_nothing_is_refused(two, words, said):
    done = command(two.folder, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f" stopped: {said}")
    assert two.aliases() == {"champion": "2", PRODUCTION: "2"}
