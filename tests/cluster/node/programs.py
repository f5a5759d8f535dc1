"""The programs of Kubernetes, etcd, Katib and KServe, built from their Go modules.

Go's own caches (about 12 GB) lie in a folder that goes when the programs are built.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

from . import kserve
from .place import BIN, BUILT, ETCD, HERE, KATIB, KSERVE, KUBERNETES

OURS = "example.org/cluster"
KUBE, CONTROL = "k8s.io/kubernetes", "github.com/kubeflow/katib"
SERVE = "github.com/kserve/kserve"


class Module(NamedTuple):
    """A module with the version to build and its programs: name in `bin` and package."""

    path: str
    version: str
    programs: dict[str, str]


MODULES = [
    Module(
        KUBE,
        KUBERNETES,
        {
            name: f"{KUBE}/cmd/{name}"
            for name in (
                "kube-apiserver",
                "kube-controller-manager",
                "kube-scheduler",
                "kubelet",
                "kube-proxy",
                "kubectl",
            )
        },
    ),
    Module("go.etcd.io/etcd/server/v3", ETCD, {"etcd": "go.etcd.io/etcd/server/v3"}),
    Module(
        CONTROL,
        KATIB,
        {
            "katib-controller": f"{CONTROL}/cmd/katib-controller/v1beta1",
            "katib-db-manager": f"{CONTROL}/cmd/db-manager/v1beta1",
            "katib-goptuna": f"{CONTROL}/cmd/suggestion/goptuna/v1beta1",
            "katib-metrics": f"{CONTROL}/cmd/metricscollector/v1beta1/file-metricscollector",
        },
    ),
    Module(SERVE, KSERVE, {"kserve-manager": f"{SERVE}/cmd/manager"}),
]


def build() -> None:
    """Build what is not there yet; a program appears whole or not at all."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    caches = Path(os.environ.get("CLUSTER_GO_CACHE") or tempfile.mkdtemp(prefix="go-caches-"))
    settings = {
        "GOMODCACHE": str(caches / "modules"),
        "GOCACHE": str(caches / "build"),
        "GOFLAGS": "-mod=mod -trimpath -buildvcs=false -modcacherw",
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
    }
    environment = {**os.environ, **settings}
    try:
        for module in MODULES:
            _module(go, module, environment)
    finally:
        if "CLUSTER_GO_CACHE" not in os.environ:
            shutil.rmtree(caches)


def _module(go: str, module: Module, environment: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="module-") as name:
        folder = Path(name)
        source = _source(go, module, environment)
        replaced = _replaced(source / "go.mod", module)
        required = f"require {module.path} {module.version}\n"
        text = f"module {OURS}\n\ngo 1.25\n\n{required}" + "".join(replaced)
        (folder / "go.mod").write_text(text)
        for program, package in module.programs.items():
            if not (BIN / program).exists():
                print(f" cluster   builds {program} {module.version}", flush=True)
                part = folder / program
                flags = ["-ldflags", f"-s -w {_stamp(module)}"]
                command = [go, "build", *flags, "-o", str(part), package]
                subprocess.run(command, cwd=folder, env=environment, check=True)
                shutil.move(part, BIN / program)
        if module.path == CONTROL:
            _keep_katib(source)
        if module.path == SERVE:
            _keep_kserve(source)
    if not (BIN / "pause").exists():
        command = [go, "build", "-ldflags", "-s -w", "-o", str(BIN / "pause"), "pause.go"]
        subprocess.run(command, cwd=HERE, env=environment, check=True)


def _source(go: str, module: Module, environment: dict[str, str]) -> Path:
    """Download one module; return the folder of its source."""
    command = [go, "mod", "download", "-json", f"{module.path}@{module.version}"]
    done = subprocess.run(
        command, cwd="/", env=environment, check=True, capture_output=True, text=True
    )
    return Path(json.loads(done.stdout)["Dir"])


def _replaced(go_mod: Path, module: Module) -> list[str]:
    """The replacements that a module's own go.mod makes: Go heeds those of the main module only."""
    text = go_mod.read_text()
    if module.path == KUBE:
        # it names its own libraries by folder; as modules they are v0.x of the same x
        names = re.findall(r"^\t(k8s\.io/[\w-]+) => \./staging/", text, re.M)
        library = module.version.replace("v1.", "v0.", 1)
        # samples are nobody's libraries, and not every proxy of modules has them
        used = [name for name in names if not name.startswith("k8s.io/sample-")]
        return [f"require {name} {library}\nreplace {name} => {name} {library}\n" for name in used]
    pairs = re.findall(r"^(?:replace |\t)(\S+ => \S+ v\S+)", text, re.M)
    return [f"replace {pair}\n" for pair in pairs]


def _stamp(module: Module) -> str:
    """The version that Kubernetes' programs report; its own build sets it the same way."""
    if module.path != KUBE:
        return ""
    major, minor, _ = module.version.removeprefix("v").split(".")
    values = {"gitVersion": module.version, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    pairs = [f"-X {package}.{key}={value}" for package in packages for key, value in values.items()]
    return " ".join(pairs)


def _keep_katib(source: Path) -> None:
    """Katib's manifests, rendered, and the Python source of its Optuna service."""
    overlay = source / "manifests/v1beta1/installs/katib-standalone"
    command = [str(BIN / "kubectl"), "kustomize", str(overlay)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (BUILT / "katib.yaml").write_text(done.stdout)
    for name in ("pkg", "cmd/suggestion/optuna"):
        target = BUILT / "katib-python" / name
        shutil.rmtree(target, ignore_errors=True)
        keep = shutil.ignore_patterns("*.go", "*_test.py", "testdata")
        shutil.copytree(source / name, target, ignore=keep)


def _keep_kserve(source: Path) -> None:
    """KServe's manifests, those that the node installs."""
    file = source / "install" / KSERVE / "kserve.yaml"
    objects = filter(None, yaml.load_all(file.read_text(), yaml.CSafeLoader))
    text = yaml.dump_all(filter(kserve.kept, objects), Dumper=yaml.CSafeDumper)
    (BUILT / "kserve.yaml").write_text(text)
