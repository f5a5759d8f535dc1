"""How far a rollout is, by what the cluster tells."""

import pytest

from level2.deploy import rollout


def service(ready="True", made="r2", newest="r2", traffic=(("r2", 10), ("r1", 90)), model=None):
    entries = [{"revisionName": name, "percent": percent} for name, percent in traffic]
    part = {"latestCreatedRevision": made, "latestReadyRevision": newest, "traffic": entries}
    conditions = [{"type": "Ready", "status": ready, "message": "" if ready == "True" else "why"}]
    status = {
        "components": {"predictor": part},
        "conditions": conditions,
        "modelStatus": model or {},
    }
    return {"status": status}


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ({"newest": "r1"}, "the new revision is not ready"),
        ({"newest": ""}, "the new revision is not ready"),
        ({"made": "r1", "newest": "r1"}, "the new revision is not ready"),
        ({"ready": "False"}, "why"),
        ({"traffic": [("r1", 100)]}, "r2 gets 0 % of the requests, not 10 %"),
        ({"traffic": [("r2", 10), ("r2", 90)]}, "r2 gets 100 % of the requests, not 10 %"),
    ],
)
def test_a_canary_is_up_when_another_revision_gets_its_part(told, waits):
    assert rollout.inference_service(service(), 10, "r1") == rollout.Progress(True)
    found = rollout.inference_service(service(**told), 10, "r1")
    assert found == rollout.Progress(False, waits=waits)


def test_ready_alone_says_nothing_about_the_change_just_made():
    """KServe says Ready of the revision before until it has looked."""
    before = service(made="r1", newest="r1", traffic=[("r1", 100)])
    assert not rollout.inference_service(before, 100, "r1").done
    assert rollout.inference_service(before, 100).done


def test_what_kserve_gives_up_has_failed():
    model = {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": {"message": "why"}}
    found = rollout.inference_service(service(model=model), 10, "r1")
    assert found == rollout.Progress(False, failed="why")


@pytest.mark.parametrize(
    ("traffic", "done"),
    [
        ([("r2", 0), ("r1", 100)], True),
        ([("r1", 100)], True),
        ([("r2", 10), ("r1", 90)], False),
        ([("r2", 0), ("r2", 100)], False),
    ],
)
def test_a_version_is_withdrawn_when_it_gets_nothing(traffic, done):
    assert rollout.withdrawn(service(traffic=traffic)).done is done
    assert rollout.withdrawn(service(newest="r1", traffic=traffic)).done is done


def test_there_is_something_to_go_back_to_or_not():
    live = service()
    part = live["status"]["components"]["predictor"]
    assert not rollout.earlier(live)
    part["latestRolledoutRevision"] = "r2"
    assert not rollout.earlier(live)
    part["latestRolledoutRevision"] = "r1"
    assert rollout.earlier(live)
    part |= {"latestRolledoutRevision": "r2", "previousRolledoutRevision": "r1"}
    assert rollout.earlier(live)
    assert rollout.revision(live) == "r2"
    assert rollout.revision(None) == ""


def below(image="new"):
    return {"spec": {"template": {"spec": {"containers": [{"image": image}]}}}}


def standard(ready="True", mode="Standard"):
    conditions = [{"type": "Ready", "status": ready, "message": "" if ready == "True" else "why"}]
    return {"status": {"deploymentMode": mode, "conditions": conditions}}


@pytest.mark.parametrize(
    ("live", "made", "waits"),
    [
        (standard(), None, "KServe has made no pods"),
        (standard(), below("old"), "KServe has not begun"),
        (standard("False"), below("old"), "why"),
    ],
)
def test_in_standard_mode_a_rollout_begins_with_the_deployment_below(live, made, waits):
    assert rollout.begun(standard(), below(), "new") == rollout.Progress(True)
    assert rollout.begun(live, made, "new") == rollout.Progress(False, waits=waits)


@pytest.mark.parametrize(
    ("live", "waits"), [(standard("False"), "why"), ({"status": {}}, "it is not Ready")]
)
def test_what_is_not_ready_says_why(live, waits):
    assert rollout.ready(standard()) == rollout.Progress(True)
    assert rollout.ready(live) == rollout.Progress(False, waits=waits)


def test_the_mode_is_what_the_cluster_says_and_before_that_what_is_asked_for():
    asked = {"metadata": {"annotations": {rollout.MODE: "RawDeployment"}}}
    assert rollout.standard(asked)
    assert rollout.standard(standard())
    assert not rollout.standard({**asked, **standard(mode="Serverless")})
    assert not rollout.standard(None)
