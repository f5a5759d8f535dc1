"""The node that `make cluster` makes without Docker, judged where none runs."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from cluster.node import dns, image, katib, kserve, place, programs
from conftest import ROOT

HERE = ROOT / "tests" / "cluster"


@pytest.fixture
def shell(tmp_path):
    """A function that runs cluster.sh where only the given programs are known besides bash's."""

    def run(*words: str, programs: dict[str, str], **settings: str) -> subprocess.CompletedProcess:
        for name, text in programs.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
        for name in ("bash", "dirname"):
            (tmp_path / name).symlink_to(f"/bin/{name}" if name == "bash" else "/usr/bin/dirname")
        (tmp_path / "copy/tests/cluster").mkdir(parents=True)
        script = tmp_path / "copy/tests/cluster/cluster.sh"
        script.write_text((HERE / "cluster.sh").read_text())
        for name in ("up.sh", "down.sh"):
            (script.parent / name).write_text(f"#!/bin/sh\necho kind runs {name}\n")
            (script.parent / name).chmod(0o755)
        (tmp_path / "copy/.venv/bin").mkdir(parents=True)
        python = tmp_path / "copy/.venv/bin/python"
        python.write_text('#!/bin/sh\necho node runs "$@"\n')
        python.chmod(0o755)
        environment = {"PATH": str(tmp_path), **settings}
        return subprocess.run(
            ["bash", str(script), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("programs", "settings", "chosen"),
    [
        ({}, {}, "node"),
        ({"docker": "exit 0"}, {}, "node"),
        ({"docker": "exit 1", "kind": "exit 0"}, {}, "node"),
        ({"docker": "exit 0", "kind": "exit 0"}, {}, "kind"),
        ({"docker": "exit 0", "kind": "exit 0"}, {"CLUSTER": "node"}, "node"),
        ({}, {"CLUSTER": "kind"}, "kind"),
    ],
)
def test_kind_is_taken_where_docker_answers_and_the_first_line_says_which(
    shell, programs, settings, chosen
):
    done = shell("up", programs=programs, **settings)
    first, second = done.stdout.splitlines()
    own = " cluster   a node of its own, without Docker: Kubernetes, Katib, KServe, not KFP"
    kind = " cluster   kind, in Docker: Kubernetes, KFP, Katib, an object store, Redis"
    assert first == {"node": own, "kind": kind}[chosen]
    assert second == {"node": "node runs -m cluster.node up", "kind": "kind runs up.sh"}[chosen]


def test_an_unknown_cluster_or_verb_is_refused(shell):
    done = shell("up", programs={}, CLUSTER="minikube")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(" stopped: CLUSTER=minikube up: ")


def test_versions_are_written_once():
    numbers = [f"{key.removesuffix('_VERSION')}" for key in place.VERSIONS if "_VERSION" in key]
    assert {"KUBERNETES", "KATIB", "ETCD", "KFP"} <= set(numbers)
    for path in (HERE / "node").iterdir():
        if path.is_file():
            for name in ("KUBERNETES_VERSION", "KATIB_VERSION", "ETCD_VERSION"):
                assert place.VERSIONS[name].removeprefix("v") not in path.read_text(), path.name


def test_the_page_names_the_versions_that_are_built():
    page = (ROOT / "docs/how-to/real-cluster.md").read_text()
    for name in ("KUBERNETES_VERSION", "KATIB_VERSION", "ETCD_VERSION", "KSERVE_VERSION"):
        assert f" {place.VERSIONS[name].removeprefix('v')} |" in page


def test_kubernetes_own_libraries_are_those_of_its_version(tmp_path):
    file = tmp_path / "go.mod"
    file.write_text(
        "module k8s.io/kubernetes\nreplace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n"
        "\tk8s.io/sample-controller => ./staging/src/k8s.io/sample-controller\n"
        "\tk8s.io/other => example.org/fork v1.0.0\n)\n"
    )
    module = programs.Module(programs.KUBE, "v1.34.4", {})
    assert programs._replaced(file, module) == [
        "require k8s.io/api v0.34.4\nreplace k8s.io/api => k8s.io/api v0.34.4\n"
    ]


def test_what_another_module_replaces_is_replaced(tmp_path):
    """Go heeds the replacements of the main module only, which is ours."""
    file = tmp_path / "go.mod"
    file.write_text(
        "module example.org/one\nreplace example.org/a => example.org/b v1.2.3\n"
        "replace (\n\texample.org/c => example.org/c v0.1.0\n\texample.org/d => ./d\n)\n"
    )
    assert programs._replaced(file, programs.Module(programs.SERVE, "v0.20.0", {})) == [
        "replace example.org/a => example.org/b v1.2.3\n",
        "replace example.org/c => example.org/c v0.1.0\n",
    ]


def test_kserve_is_installed_without_what_no_model_of_ours_needs():
    def item(kind: str, name: str, **more: object) -> dict:
        return {"kind": kind, "metadata": {"name": name}} | more

    kept = ("kserve-controller-manager", "inferenceservices.serving.kserve.io")
    left = ("llmisvc-controller-manager", "kserve-localmodelnode-agent", "inferencepools.x.io")
    assert all(kserve.kept(item("Deployment", name)) for name in kept)
    assert not any(kserve.kept(item("Deployment", name)) for name in left)
    assert not kserve.kept(item("Certificate", "serving-cert"))


def test_a_change_of_what_fills_the_cache_is_seen(monkeypatch, tmp_path):
    before = place.recipe()
    shutil.copytree(HERE / "node", tmp_path / "node")
    monkeypatch.setattr(place, "HERE", tmp_path / "node")
    assert place.recipe() == before
    with (tmp_path / "node/programs.py").open("a") as file:
        file.write("# another flag\n")
    assert place.recipe() != before


def test_katibs_database_is_the_one_beside_the_node():
    selector = {"katib.kubeflow.org/component": "mysql"}
    objects = [
        {"kind": kind, "metadata": {"name": name}, "spec": {"selector": selector}}
        for kind, name in (
            ("Service", "katib-mysql"),
            ("Deployment", "katib-mysql"),
            ("Deployment", "katib-controller"),
            ("Service", "katib-ui"),
        )
    ]
    fitted = katib.fitted(objects)
    assert [(item["kind"], item["metadata"]["name"]) for item in fitted] == [
        ("Service", "katib-mysql"),
        ("Deployment", "katib-controller"),
        ("EndpointSlice", "katib-mysql-node"),
    ]
    assert "selector" not in fitted[0]["spec"]
    assert fitted[1]["spec"]["selector"] == selector
    [endpoint] = fitted[2]["endpoints"]
    assert endpoint["addresses"] == [place.NODE]


def test_dns_follows_services(tmp_path):
    def event(kind: str, name: str, address: str) -> dict:
        meta = {"name": name, "namespace": "team"}
        return {"type": kind, "object": {"metadata": meta, "spec": {"clusterIP": address}}}

    names = {}
    for one in (
        event("ADDED", "store", "10.96.0.7"),
        event("ADDED", "headless", "None"),
        event("ADDED", "gone", "10.96.0.8"),
        event("DELETED", "gone", "10.96.0.8"),
    ):
        dns.update(names, one)
    dns.write(tmp_path / "services", names)
    assert (tmp_path / "services").read_text() == (
        "10.96.0.7 store.team.svc.cluster.local store.team.svc store.team\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["services"]


@pytest.fixture
def resolver(tmp_path):
    """A function that runs dns.py with a dnsmasq of ours and a Service that is seen at once."""
    event = {"type": "ADDED", "object": {"metadata": {"name": "a", "namespace": "b"}, "spec": {}}}
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\necho '{json.dumps(event)}'\nexec sleep 1\n")

    def run(dnsmasq: str) -> subprocess.CompletedProcess:
        (tmp_path / "dnsmasq").write_text(f"#!/bin/sh\n{dnsmasq}\n")
        for name in ("kubectl", "dnsmasq"):
            (tmp_path / name).chmod(0o755)
        return subprocess.run(
            [sys.executable, str(HERE / "node/dns.py"), str(tmp_path / "hosts"), "127.0.0.1"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def test_a_service_seen_before_dnsmasq_listens_does_not_end_it(resolver, tmp_path):
    """Seen: the signal came first, dnsmasq was gone, and no pod found Katib's database."""
    resolver("sleep 2; touch survived; exit 3")
    assert (tmp_path / "survived").exists()


def test_the_resolver_ends_with_dnsmasq_and_says_so(resolver):
    done = resolver("exit 3")
    assert (done.returncode, done.stderr) == (1, " stopped: dnsmasq ended with 3\n")


def test_an_image_holds_its_files_and_starts_as_told(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    archive = tmp_path / "image.tar"
    made = image.Image(
        "example.org/one:1", {"/app/program": program}, {"/bin/sh": "busybox"}, entrypoint=["/p"]
    )
    made.write(archive)
    with tarfile.open(archive) as tar:
        [entry] = json.load(tar.extractfile("manifest.json"))
        config = json.load(tar.extractfile(entry["Config"]))
        tar.extractall(tmp_path / "out", filter="data")
    assert entry["RepoTags"] == ["example.org/one:1"]
    assert config["config"]["Entrypoint"] == ["/p"]
    sums = [
        subprocess.run(["sha256sum", tmp_path / "out" / one], capture_output=True, check=True)
        for one in entry["Layers"]
    ]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{one.stdout[:64].decode()}" for one in sums]
    with tarfile.open(tmp_path / "out" / entry["Layers"][0]) as layer:
        item = layer.getmember("app/program")
        assert (item.mode & 0o777, item.uid, item.uname) == (0o755, 0, "root")
        assert layer.getmember("bin/sh").linkname == "busybox"


def test_a_command_on_no_cluster_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cluster.node", "exec", "true"],
        env={
            **os.environ,
            "TOOLS": str(tmp_path),
            "PYTHONPATH": f"{HERE.parent}:{HERE.parent}/support",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, " stopped: no cluster runs here: make cluster\n")


def test_down_without_a_cluster_changes_nothing(tmp_path):
    before = sorted(Path("/sys/fs/cgroup").iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "cluster.node", "down"],
        env={
            **os.environ,
            "TOOLS": str(tmp_path),
            "CLUSTER_NAME": "never-started",
            "PYTHONPATH": f"{HERE.parent}:{HERE.parent}/support",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == " cluster   none runs\n"
    assert [path.name for path in tmp_path.rglob("*")] == ["cluster", "lock"]
    assert sorted(Path("/sys/fs/cgroup").iterdir()) == before


def test_the_tests_of_the_cluster_ask_for_one():
    for path in HERE.glob("test_*.py"):
        assert "pytestmark" in path.read_text(), path.name
    settings = yaml.safe_load((ROOT / ".github/workflows/nightly.yml").read_text())
    steps = [step.get("run", "") for step in settings["jobs"]["cluster"]["steps"]]
    for verb in ("cluster", "test-cluster", "cluster-down"):
        assert f"make {verb} CLUSTER=kind" in steps
    assert "cluster" not in (ROOT / ".ci/run").read_text()
