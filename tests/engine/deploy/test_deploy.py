"""Deploy and roll back through the real kubectl, against a stand-in for a cluster's API server."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from layout import ENGINE, PROJECT, TESTS
from level2.base.errors import ProjectError
from level2.deploy import comparison, deployment, kubectl
from level2.deploy.environment import Patience
from level2.deploy.kubectl import build
from level2.deploy.release import Release, release
from level2.params.config import load_params
from level2.project import Context
from level2.registry import promotion
from level2.serving.prometheus import Metrics
from level2.training.steps import hand_over as hand_over_step
from level2.workspace import Workspace
from overlays import namespace, project
from versioned import URI, Project, Registry

pytestmark = pytest.mark.slow

SERVERS = TESTS / "support" / "servers"
QUICK = Patience(minutes=0.2, watch=0.1, poll=0.02)
HASTY = Patience(minutes=0.02, watch=0, poll=0.02)
PACKAGE = ENGINE / "level2"


def image(letter):
    return f"registry.example/team/serving@sha256:{letter * 64}"


class Stand:
    """A stand-in cluster."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def _ask(self, what, body):
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/stand-in/{what}", data) as answer:
            return json.load(answer)

    def play(self, **scene):
        self._ask("play", scene)

    @property
    def log(self):
        return self._ask("state", {})["log"]

    def all(self, kind):
        """The objects of a kind by name."""
        kept = self._ask("state", {})["kept"]
        return [kept[key] for key in sorted(kept) if key.startswith(kind)]

    def kept(self, kind="inferenceservices"):
        """The one object of a kind."""
        [found] = self.all(kind)
        return found

    def shares(self):
        """Percent of the requests by image."""
        live = self.kept()
        images = {item["name"]: item["image"] for item in live["revisions"]}
        found = {}
        for item in live["status"]["components"]["predictor"]["traffic"]:
            name = images[item["revisionName"]]
            found[name] = found.get(name, 0) + item["percent"]
        return {name: percent for name, percent in found.items() if percent}


@pytest.fixture
def stand(tmp_path, monkeypatch):
    """Contexts `staging` and `production` of a kubeconfig; the second one leads nowhere."""
    process = subprocess.Popen(
        [sys.executable, SERVERS / "deploy_api.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = process.stdout.readline().strip()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "s", "cluster": {"server": f"http://127.0.0.1:{port}"}},
            {"name": "p", "cluster": {"server": "http://127.0.0.1:1"}},
        ],
        "users": [{"name": "u", "user": {}}],
        "contexts": [
            {"name": "staging", "context": {"cluster": "s", "user": "u"}},
            {"name": "production", "context": {"cluster": "p", "user": "u"}},
        ],
        "current-context": "production",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))  # kubectl keeps what it discovers there
    yield Stand(port)
    process.communicate(timeout=30)


@pytest.fixture
def kserve(tmp_path):
    return project(tmp_path / "project")


@pytest.fixture
def plain(tmp_path):
    folder = project(tmp_path / "project", "plain")
    shutil.copy(PROJECT / "params.yaml", folder)
    return folder


def hand_over(folder, version, source=None):
    record = {
        "registered_model": "load",
        "version": str(version),
        "sha256": f"{version:064x}",
        "image": source,
    }
    (folder / "hand_over.json").write_text(json.dumps(record))


def deploy(folder, version, letter, *, percent=None, hold=False, patience=QUICK):
    hand_over(folder, version)
    deployment.deploy(
        folder, "staging", image(letter), Path("hand_over.json"), percent, hold, patience
    )


def refused(call, *arguments, **words):
    with pytest.raises(ProjectError) as error:
        call(*arguments, **words)
    assert "\n" not in str(error.value)
    return str(error.value)


def pod(live):
    spec = live["spec"]
    return spec["predictor"] if "predictor" in spec else spec["template"]["spec"]


def test_what_the_pipeline_hands_over_is_what_is_deployed(tmp_path, kserve):
    root = PROJECT
    shutil.copy(root / "params.yaml", tmp_path)
    context = Context(load_params(tmp_path / "params.yaml"), Workspace.at(tmp_path))
    decision = {"verdict": "promote", "version": "3", "previous": "2", "digest": "d" * 64}
    context.workspace.decision.parent.mkdir(parents=True)
    context.workspace.decision.write_text(json.dumps(decision))
    hand_over_step.run(context, image("f"))
    record = json.loads((tmp_path / "artifacts/hand_over.json").read_text())
    objects = build(kserve / "deploy/serving/overlays/staging")
    assert release(record, image("a"), objects) == Release(
        context.params.data.name, "3", "d" * 64, image("a")
    )


# KServe


def test_the_first_version_gets_all_requests_at_once(stand, kserve, capsys):
    deploy(kserve, 7, "a")
    live = stand.kept()
    [container] = pod(live)["containers"]
    assert container["image"] == image("a")
    assert {"name": "SERVE_SHA256", "value": f"{7:064x}"} in container["env"]
    assert stand.shares() == {image("a"): 100}
    assert live["metadata"]["namespace"] == namespace(kserve, "staging")
    assert capsys.readouterr().out == " deployed  load v7 · staging · sha256:aaaaaaaaaaaa…\n"
    applied = [path for method, path in stand.log if method == "PATCH"]
    assert all("fieldManager=deploy" in path for path in applied)
    assert all("fieldValidation=Strict" in path for path in applied), "typing errors are refused"


def test_the_next_one_begins_as_a_canary_and_ends_with_all_requests(stand, kserve, capsys):
    deploy(kserve, 7, "a")
    capsys.readouterr()
    seen = []
    patience = Patience(0.2, 0.3, 0.02)
    watched = comparison.watch

    def watch(*words):
        seen.append(stand.shares())
        watched(*words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "watch", watch)
        deploy(kserve, 8, "b", patience=patience)
    assert seen == [{image("b"): 10, image("a"): 90}]
    assert stand.shares() == {image("b"): 100}
    assert len(stand.kept()["revisions"]) == 2, "promotion starts no pods"
    assert capsys.readouterr().out.splitlines() == [
        " canary    load v8 · staging · 10 % of the requests",
        " judged    by readiness alone: no pod of the service reports",
        " deployed  load v8 · staging · sha256:bbbbbbbbbbbb…",
    ]


def test_a_canary_that_does_not_come_up_gets_nothing(stand, kserve):
    deploy(kserve, 7, "a")
    stand.play(bad={image("b"): "load v8 is not the model to be served here"})
    said = refused(deploy, kserve, 8, "b", patience=HASTY)
    assert said == (
        "load v8 did not come up in staging within 0.02 minutes: load v8 is not the model to be "
        "served here; load v7 gets all requests again"
    )
    stand.play()  # even if it came up now
    assert stand.kept()["spec"]["predictor"]["canaryTrafficPercent"] == 0
    assert stand.shares() == {image("a"): 100}


def test_a_canary_that_breaks_while_it_is_watched_gets_nothing(stand, kserve):
    deploy(kserve, 7, "a")
    with pytest.MonkeyPatch.context() as patch:
        say = deployment.Environment.say

        def breaks(place, verb, text):
            say(place, verb, text)
            stand.play(bad={image("b"): "out of memory"})

        patch.setattr(deployment.Environment, "say", breaks)
        said = refused(deploy, kserve, 8, "b", patience=Patience(0.2, 5, 0.02))
    assert said == (
        "load v8 was ready and no longer is: out of memory; load v7 gets all requests again"
    )
    assert stand.kept()["spec"]["predictor"]["canaryTrafficPercent"] == 0


def test_a_held_canary_is_promoted_by_the_same_command(stand, kserve):
    deploy(kserve, 7, "a")
    deploy(kserve, 8, "b", percent=25, hold=True)
    assert stand.shares() == {image("a"): 75, image("b"): 25}
    deploy(kserve, 8, "b")
    assert stand.shares() == {image("b"): 100}
    assert len(stand.kept()["revisions"]) == 2


@pytest.mark.parametrize("hold", [True, False])
def test_rollback_of_a_canary_and_of_a_promoted_version(stand, kserve, hold, capsys):
    deploy(kserve, 7, "a")
    deploy(kserve, 8, "b", hold=hold)
    capsys.readouterr()
    deployment.rollback(kserve, "staging", QUICK)
    assert stand.shares() == {image("a"): 100}
    assert capsys.readouterr().out == " rollback  staging · from load v8 to load v7\n"
    assert len(stand.kept()["revisions"]) == 2, "nothing had to be started"
    again = refused(deployment.rollback, kserve, "staging", QUICK)
    assert again == "load v8 is already rolled back in staging"


def test_what_was_rolled_back_is_nothing_to_go_back_to(stand, kserve):
    deploy(kserve, 7, "a")
    deploy(kserve, 8, "b")
    deployment.rollback(kserve, "staging", QUICK)
    deploy(kserve, 9, "c", hold=True)
    assert stand.shares() == {image("a"): 90, image("c"): 10}
    deploy(kserve, 9, "c")
    deployment.rollback(kserve, "staging", QUICK)
    assert stand.shares() == {image("a"): 100}


def test_a_version_that_was_rolled_back_may_try_again(stand, kserve):
    deploy(kserve, 7, "a")
    deploy(kserve, 8, "b")
    deployment.rollback(kserve, "staging", QUICK)
    deploy(kserve, 8, "b")
    assert stand.shares() == {image("b"): 100}
    deployment.rollback(kserve, "staging", QUICK)
    assert stand.shares() == {image("a"): 100}


def test_the_same_version_with_another_overlay_needs_no_canary(stand, kserve):
    deploy(kserve, 7, "a")
    deploy(kserve, 8, "b")
    path = kserve / "deploy/serving/overlays/staging/kustomization.yaml"
    path.write_text(path.read_text().replace("value: 2", "value: 3"))
    deploy(kserve, 8, "b")
    assert stand.kept()["spec"]["predictor"]["maxReplicas"] == 3
    assert stand.shares() == {image("b"): 100}


def test_without_a_canary_the_new_revision_is_waited_for(stand, kserve):
    path = kserve / "deploy/serving/kserve/inferenceservice.yaml"
    path.write_text(path.read_text().replace("    canaryTrafficPercent: 10\n", ""))
    deploy(kserve, 7, "a")
    stand.play(slow=5)
    deploy(kserve, 8, "b", hold=True)
    assert stand.shares() == {image("b"): 100}


def test_the_first_version_cannot_be_rolled_back(stand, kserve):
    said = refused(deployment.rollback, kserve, "staging", QUICK)
    assert said == "nothing is deployed in staging that could be rolled back"
    deploy(kserve, 7, "a")
    said = refused(deployment.rollback, kserve, "staging", QUICK)
    assert said == "staging has no version before load v7: deploy the one you want"
    assert stand.shares() == {image("a"): 100}


# KServe in mode Standard


@pytest.fixture(params=["Standard", "RawDeployment"])
def standard(kserve, request):
    """A project whose InferenceService is in that mode, by its name now or before KServe 0.16."""
    path = kserve / "deploy/serving/kserve/inferenceservice.yaml"
    text = path.read_text()
    mode = "serving.kserve.io/deploymentMode: "
    path.write_text(text.replace(f"{mode}Serverless", f"{mode}{request.param}"))
    return kserve


def test_standard_mode_tells_no_ready_revision_and_is_not_waited_for(stand, standard, capsys):
    """The rollout would wait its ten minutes out: the Deployment below tells it."""
    for version, letter in ((7, "a"), (8, "b")):
        stand.play(slow=4)
        deploy(standard, version, letter)
        below = stand.kept("deployments")
        assert below["metadata"]["name"] == "serving-predictor"
        assert pod(below)["containers"][0]["image"] == image(letter)
        assert below["status"]["updatedReplicas"] == below["status"]["availableReplicas"] == 1
    assert "latestReadyRevision" not in stand.kept()["status"]["components"]["predictor"]
    deployment.rollback(standard, "staging", QUICK)
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("a")
    assert capsys.readouterr().out.splitlines() == [
        " deployed  load v7 · staging · sha256:aaaaaaaaaaaa…",
        " deployed  load v8 · staging · sha256:bbbbbbbbbbbb…",
        " rollback  staging · from load v8 to load v7",
    ]


def test_standard_mode_has_no_canary(stand, standard):
    assert refused(deploy, standard, 7, "a", percent=10) == (
        "CANARY= and HOLD= split requests, which KServe's mode Standard cannot for a container of "
        "ours: serve staging with ../../plain, or with Knative"
    )
    assert [method for method, _ in stand.log if method != "GET"] == []


def test_pods_that_do_not_start_in_standard_mode_are_told(stand, standard):
    deploy(standard, 7, "a")
    stand.play(bad={image("b"): "SHA-256 is another"})
    assert refused(deploy, standard, 8, "b") == (
        'load v8 did not come up in staging: deployment "serving-predictor" exceeded its progress '
        "deadline; "
        "`make rollback ENV=staging` goes back to load v7"
    )


# Plain Deployment


def test_a_plain_deployment_and_its_rollback(stand, plain, capsys):
    deploy(plain, 7, "a")
    deploy(plain, 8, "b")
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("b")
    deployment.rollback(plain, "staging", QUICK)
    [container] = pod(stand.kept("deployments"))["containers"]
    assert container["image"] == image("a")
    assert {"name": "SERVE_SHA256", "value": f"{7:064x}"} in container["env"]
    assert capsys.readouterr().out.splitlines() == [
        " deployed  load v7 · staging · sha256:aaaaaaaaaaaa…",
        " deployed  load v8 · staging · sha256:bbbbbbbbbbbb…",
        " rollback  staging · from load v8 to load v7",
    ]
    said = refused(deployment.rollback, plain, "staging", QUICK)
    assert said == "staging has no version before load v7: deploy the one you want"


def test_a_deployment_whose_pods_do_not_start_is_told_and_rolled_back(stand, plain):
    deploy(plain, 7, "a")
    stand.play(bad={image("b"): "SHA-256 is another"})
    assert refused(deploy, plain, 8, "b") == (
        'load v8 did not come up in staging: deployment "serving" exceeded its progress '
        "deadline; "
        "`make rollback ENV=staging` goes back to load v7"
    )
    deployment.rollback(plain, "staging", QUICK)
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("a")


def test_a_slow_cluster_is_waited_for_and_a_stuck_one_told(stand, plain):
    stand.play(slow=10)
    deploy(plain, 7, "a")
    stand.play(slow=10_000)
    said = refused(deploy, plain, 8, "b", patience=HASTY)
    assert said == (
        "load v8 did not come up in staging within 0.02 minutes: Waiting for deployment spec "
        "update to be observed; `make rollback ENV=staging` goes back to load v7"
    )


@pytest.mark.parametrize("text", ["1e3", "08", "0o17", "yes", "12:30:00", "1_000", ".5e1", "7"])
def test_text_that_looks_like_a_number_stays_text(stand, plain, text):
    path = plain / "deploy/serving/plain/deployment.yaml"
    written = path.read_text()
    path.write_text(
        written.replace("env:\n", f'env:\n            - name: ODD\n              value: "{text}"\n')
    )
    assert path.read_text() != written
    deploy(plain, 7, "a")
    [container] = pod(stand.kept("deployments"))["containers"]
    assert {"name": "ODD", "value": text} in container["env"]


def test_who_may_not_list_deployments_is_told_at_once(stand, plain):
    """Kubectl itself would try again until the time is over."""
    stand.play(forbidden=["list deployments"])
    start = time.monotonic()
    said = refused(deploy, plain, 7, "a", patience=Patience(minutes=1))
    assert said == (
        'staging: get failed: (Forbidden): deployments is forbidden: User "someone" cannot list '
        'resource "deployments"'
    )
    assert time.monotonic() - start < 30


def page(requests, failed=0, seconds=0.01, number=50.0):
    """What a pod of the service reports after so many requests: its own metrics."""
    metrics = Metrics()
    metrics.serve(Stamp(), [float(edge) for edge in range(0, 110, 10)], 0.0)
    for code, times in (("200", requests - failed), ("500", failed)):
        metrics.requests.labels("predict", code).inc(times)
    for _ in range(requests):
        metrics.latency.of("predict").observe(seconds)
        metrics.predicted([number])
    metrics.requests.labels("health", "500").inc(1000)  # not a prediction
    return metrics.text().decode()


class Stamp:
    name, version, digest, created = "load", "8", "0", 0.0


def told(pods):
    """Pods of version 7 and 8 and what they report before and after the watch."""
    return [
        {"name": f"pod-{version}", "sha256": f"{version:064x}", "pages": list(pages)}
        for version, pages in pods.items()
    ]


def test_a_canary_of_a_plain_deployment_that_is_as_good_serves_all(stand, plain, capsys):
    deploy(plain, 7, "a")
    pods = told({7: (page(1000), page(3000)), 8: (page(0), page(1000))})
    going = {"name": "going", "sha256": f"{7:064x}", "pages": [page(1)], "going": True}
    stand.play(pods=[*pods, going])
    capsys.readouterr()
    deploy(plain, 8, "b", percent=20, patience=Patience(0.2, 0.1, 0.02))
    assert capsys.readouterr().out.splitlines() == [
        " canary    load v8 · staging · 1 of 2 pods",
        " judged    1,000 requests beside 2,000: failed 0.0% (0.0%), p95 10 ms (10), "
        "predictions 0.00 apart",
        " deployed  load v8 · staging · sha256:bbbbbbbbbbbb…",
    ]
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("b")


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"failed": 50}, "5.0% of its requests failed, of the others 0.0% (canary.max_failed_"),
        ({"seconds": 0.09}, "its p95 is 98 ms, of the others 10 ms (canary.max_latency_ratio 2)"),
        ({"number": 95.0}, "its predictions are 1.00 from those of the others (canary.max_pred"),
    ],
)
def test_a_canary_that_is_worse_is_removed_and_the_old_version_serves_on(stand, plain, worse, said):
    deploy(plain, 7, "a")
    stand.play(pods=told({7: (page(1000), page(3000)), 8: (page(0), page(1000, **worse))}))
    refusal = refused(deploy, plain, 8, "b", percent=20, patience=Patience(0.2, 0.1, 0.02))
    assert refusal.startswith("load v8 is worse than the version before: ")
    assert said in refusal
    assert refusal.endswith("; load v7 gets all requests again")
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("a"), "one is left"


def test_a_canary_with_few_requests_or_a_cluster_that_tells_nothing_is_judged_by_readiness(
    stand, plain, capsys
):
    deploy(plain, 7, "a")
    stand.play(pods=told({7: (page(0), page(2000)), 8: (page(0), page(99, failed=99))}))
    patience = Patience(0.2, 0.1, 0.02)
    deploy(plain, 8, "b", percent=20, patience=patience)
    assert "by readiness alone: 99 requests beside 2,000" in capsys.readouterr().out
    stand.play(forbidden=["pods"])
    deploy(plain, 9, "c", percent=20, patience=patience)
    said = capsys.readouterr().out
    assert (
        " judged    by readiness alone: staging: get failed: (Forbidden): pods is forbidden" in said
    )
    assert " deployed  load v9 " in said


@pytest.mark.usefixtures("stand")
def test_params_may_ask_for_a_canary_of_every_deployment(plain, capsys):
    params = plain / "params.yaml"
    params.write_text(params.read_text() + "\ncanary: {percent: 60}\n")
    deploy(plain, 7, "a")
    deploy(plain, 8, "b")
    said = capsys.readouterr().out.splitlines()
    assert " canary    load v8 · staging · 2 of 3 pods" in said
    assert said[-1] == " deployed  load v8 · staging · sha256:bbbbbbbbbbbb…"


def test_a_canary_waits_with_hold_and_a_rollback_removes_it_alone(stand, plain, capsys):
    deploy(plain, 7, "a")
    capsys.readouterr()
    deploy(plain, 8, "b", percent=20, hold=True)
    kept = [item["metadata"]["name"] for item in stand.all("deployments")]
    assert kept == ["serving", "serving-canary"]
    deployment.rollback(plain, "staging", QUICK)
    assert capsys.readouterr().out.splitlines() == [
        " canary    load v8 · staging · 1 of 2 pods",
        " rollback  staging · load v8 removed, a canary",
    ]
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("a")
    deploy(plain, 8, "b", percent=20, hold=True)
    deploy(plain, 8, "b")
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("b")


def test_a_model_out_of_mlflow_comes_with_the_image_of_the_pipeline(stand, tmp_path):
    folder = project(tmp_path / "project", "plain", from_mlflow=True)
    hand_over(folder, 7, image("f"))
    deployment.deploy(folder, "staging", "", Path("hand_over.json"), None, False, QUICK)
    live = pod(stand.kept("deployments"))
    [first], [service] = live["initContainers"], live["containers"]
    assert first["image"] == service["image"] == image("f")
    assert first["env"][0] == {"name": "MODEL_VERSION", "value": "7"}
    deployment.deploy(folder, "staging", image("a"), Path("hand_over.json"), None, False, QUICK)
    live = pod(stand.kept("deployments"))
    assert live["initContainers"][0]["image"] == image("f")
    assert live["containers"][0]["image"] == image("a")


def test_the_container_that_copies_the_log_has_the_image_of_the_pipeline(stand, tmp_path):
    folder = project(tmp_path / "project", "plain", shared_log=True)
    record = Path("hand_over.json")
    hand_over(folder, 7)
    said = refused(deployment.deploy, folder, "staging", image("a"), record, None, False, QUICK)
    assert said.startswith("the hand-over record names no image, and the component shared-log")
    hand_over(folder, 7, image("f"))
    said = refused(deployment.deploy, folder, "staging", "", record, None, False, QUICK)
    assert said.startswith("the overlay serves a model that is part of the image")
    deployment.deploy(folder, "staging", image("a"), record, None, False, QUICK)
    live = pod(stand.kept("deployments"))
    assert [item["image"] for item in live["containers"]] == [image("a"), image("f")]
    hand_over(folder, 8, image("e"))
    deployment.deploy(folder, "staging", image("b"), record, None, False, QUICK)
    deployment.rollback(folder, "staging", QUICK)
    live = pod(stand.kept("deployments"))
    assert [item["image"] for item in live["containers"]] == [image("a"), image("f")]


def test_a_release_from_before_the_component_is_not_returned_to(stand, tmp_path):
    folder = project(tmp_path / "before", "plain")
    deploy(folder, 7, "a")
    folder = project(tmp_path / "after", "plain", shared_log=True)
    hand_over(folder, 8, image("f"))
    deployment.deploy(folder, "staging", image("b"), Path("hand_over.json"), None, False, QUICK)
    assert refused(deployment.rollback, folder, "staging", QUICK).startswith(
        "load v7 was deployed without the pipeline's image"
    )
    assert pod(stand.kept("deployments"))["containers"][0]["image"] == image("b")


# Refusals


def test_what_cannot_be_deployed_is_refused_before_the_cluster_is_asked(stand, kserve):
    record = Path("hand_over.json")
    said = refused(deployment.deploy, kserve, "staging", image("a"), record, None, False, QUICK)
    assert said.startswith("hand_over.json is missing: the pipeline writes it when it promotes")
    hand_over(kserve, 7)
    said = refused(deployment.deploy, kserve, "prod", image("a"), record, None, False, QUICK)
    assert said == "`prod` is not an environment: use one of staging, production"
    for name in ("registry.example/team/serving:latest", "a@sha256:12", "a b@sha256:" + "0" * 64):
        said = refused(deployment.deploy, kserve, "staging", name, record, None, False, QUICK)
        assert said.startswith(f"`{name}` does not name an image by digest")
    said = refused(deployment.deploy, kserve, "staging", "", record, None, False, QUICK)
    assert said.startswith("the overlay serves a model that is part of the image")
    assert stand.log == []


def test_a_record_without_an_image_cannot_bring_a_model_out_of_mlflow(stand, tmp_path):
    folder = project(tmp_path / "project", "plain", from_mlflow=True)
    assert refused(deploy, folder, 7, "a").startswith("the hand-over record names no image")
    assert stand.log == []


def test_the_current_context_is_never_used(stand, kserve, monkeypatch):
    monkeypatch.setenv("KUBE_CONTEXT_STAGING", "elsewhere")
    assert refused(deploy, kserve, 7, "a") == (
        "the kubeconfig has no context `elsewhere`: set KUBE_CONTEXT_STAGING to one of "
        "production, staging"
    )
    monkeypatch.setenv("KUBE_CONTEXT_STAGING", "production")
    assert refused(deploy, kserve, 7, "a").startswith("production: get failed: ")
    assert stand.log == []


def test_a_cluster_without_kserve_says_what_to_write(stand, kserve):
    stand.play(missing=["serving.kserve.io/v1beta1"])
    assert "write ../../plain instead of ../../kserve" in refused(deploy, kserve, 7, "a")


def test_a_namespace_is_made_where_it_is_missing_and_left_alone_where_it_is(stand, plain):
    stand.play(forbidden=["namespaces"])
    said = refused(deploy, plain, 7, "a")
    space = namespace(plain, "staging")
    assert f'namespaces "{space}" not found' in said
    stand.play()
    deploy(plain, 7, "a")
    whole = f"/api/v1/namespaces/{space}?"
    made = [path for method, path in stand.log if method == "PATCH" and path.startswith(whole)]
    assert len(made) == 1
    stand.play(forbidden=["namespaces"])
    deploy(plain, 8, "b")


def test_a_missing_kubectl_is_told(kserve, monkeypatch):
    monkeypatch.setattr(kubectl.shutil, "which", lambda _: None)
    assert refused(deploy, kserve, 7, "a") == "kubectl is not installed: install it to deploy"


def test_the_command_line_deploys_and_says_one_sentence_when_refused(stand, kserve):
    hand_over(kserve, 7)

    def command(*words):
        source = str(ENGINE)
        return subprocess.run(
            [sys.executable, "-m", PACKAGE.name, *words],
            cwd=kserve,
            env={**os.environ, "PYTHONPATH": source},
            capture_output=True,
            text=True,
            check=False,
        )

    words = ("deploy", "staging", "--record", "hand_over.json", "--image")
    done = command(*words, image("a"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == " deployed  load v7 · staging · sha256:aaaaaaaaaaaa…\n"
    done = command(*words, "serving:latest")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "does not name an image by digest" in done.stderr
    assert stand.shares() == {image("a"): 100}


@pytest.fixture
def promoted(kserve, tree, monkeypatch):
    """A project whose registry has versions 1 to 8: 8 is the champion of both environments."""
    monkeypatch.setenv("KUBE_CONTEXT_PRODUCTION", "staging")  # the stand-in is production here
    project = Project(kserve, tree)
    for number in range(1, 9):
        project.version(bytes([number]))
        if number > 6:
            promotion.promote(project.context(), by="anna")
    return project


def rolled_back(folder):
    """Run `rollback production`."""
    command = [sys.executable, "-m", "level2", "rollback", "production"]
    known = {**os.environ, "PYTHONPATH": str(ENGINE)}
    return subprocess.run(
        command, cwd=folder, env=known, capture_output=True, text=True, check=False
    )


def test_a_rollback_of_production_takes_its_alias_along_and_no_other(stand, promoted):
    folder = promoted.folder
    for version, letter in ((7, "a"), (8, "b")):
        hand_over(folder, version)
        where = (image(letter), Path("hand_over.json"), None, False, QUICK)
        deployment.deploy(folder, "production", *where)
    done = rolled_back(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        " rollback  production · from load v8 to load v7",
        " rollback  production · alias champion-production from small-load v8 to v7",
    ]
    assert stand.shares() == {image("a"): 100}
    assert promoted.aliases() == {"champion": "8", "champion-production": "7"}


def test_a_rollback_where_the_alias_is_elsewhere_says_so(stand, promoted):
    folder = promoted.folder
    for version, letter in ((5, "a"), (6, "b")):
        hand_over(folder, version)
        where = (image(letter), Path("hand_over.json"), None, False, QUICK)
        deployment.deploy(folder, "production", *where)
    done = rolled_back(folder)
    assert done.returncode == 1
    assert done.stderr.startswith(
        " stopped: the cluster is rolled back, but its alias is not: production's champion is "
        "small-load v8, not v6"
    )
    assert stand.shares() == {image("a"): 100}
    assert promoted.aliases() == {"champion": "8", "champion-production": "8"}


@pytest.mark.usefixtures("stand")
@pytest.mark.parametrize("registry", [True, False])
def test_a_project_that_never_promoted_rolls_its_cluster_back_as_before(
    kserve, tree, registry, monkeypatch
):
    monkeypatch.setenv("KUBE_CONTEXT_PRODUCTION", "staging")
    (kserve / "params.yaml").write_text(yaml.safe_dump(tree))
    if registry:  # one in which production has no alias
        Registry(URI, kserve)
    for version, letter in ((7, "a"), (8, "b")):
        hand_over(kserve, version)
        where = (image(letter), Path("hand_over.json"), None, False, QUICK)
        deployment.deploy(kserve, "production", *where)
    done = rolled_back(kserve)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == " rollback  production · from load v8 to load v7\n"
    assert (kserve / "mlflow.db").exists() == registry
