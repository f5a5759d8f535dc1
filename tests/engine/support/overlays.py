"""Copies of deploy/serving, and what kustomize makes of them."""

import os
import shutil
import subprocess

import pytest
import yaml

from layout import PROJECT

ROOT = PROJECT
SERVING = ROOT / "deploy" / "serving"
ENVIRONMENTS = sorted(path.name for path in (SERVING / "overlays").iterdir())


def kubectl():
    """Skip where kubectl is not installed; CI must have it."""
    if not shutil.which("kubectl"):
        if os.environ.get("CI"):
            pytest.fail("kubectl is missing: CI must build the overlays")
        pytest.skip("kubectl is not installed: the overlays are not built here")


def project(folder, engine="kserve", from_mlflow=False, shared_log=False):
    """A project's folder with overlays that use this engine, and these components."""
    kubectl()
    shutil.copytree(SERVING, folder / "deploy" / "serving")
    for name in ENVIRONMENTS:
        path = folder / "deploy/serving/overlays" / name / "kustomization.yaml"
        text = path.read_text().replace("- ../../kserve #", f"- ../../{engine} #")
        parts = ["../../from-mlflow"] * from_mlflow + ["../../shared-log"] * shared_log
        if parts:
            listed = "# components: [../../from-mlflow]"
            assert listed in text
            assert "../../shared-log # " in text
            text = text.replace(listed, f"components: [{', '.join(parts)}]")
        path.write_text(text)
    return folder


def build(folder, environment):
    """The objects of an overlay of that folder."""
    command = ["kubectl", "kustomize", str(folder / "deploy/serving/overlays" / environment)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def namespace(folder, environment):
    """The namespace of an overlay of that folder."""
    path = folder / "deploy/serving/overlays" / environment / "kustomization.yaml"
    return yaml.safe_load(path.read_text())["namespace"]
