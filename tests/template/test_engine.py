"""The engine that image tests ask: what it is made of is known, and CI cannot do without."""

import os
import re
import subprocess

import pytest

import own_engine
from conftest import PROJECT, ROOT, lacking

SCRIPT = ROOT / "tests" / "support" / "install_servers.sh"


def test_the_dockerfile_asks_for_no_image_but_the_base():
    text = (PROJECT / "deploy" / "Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.M))
    asked = {*re.findall(r"^FROM (\S+)", text, re.M), *re.findall(r"--from=(\S+)", text)}
    assert asked - stages == {"${BASE}"}
    assert f"\nARG BASE={own_engine.BASE}\n" in text


def test_what_an_engine_of_our_own_lacks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name in ("docker", "dockerd", "containerd", "runc", "iptables"):
        (tmp_path / name).touch(0o755)
    lacking_one = own_engine.missing(str(tmp_path))
    assert lacking_one == "to start one, do: apt-get install mmdebstrap"
    (tmp_path / "mmdebstrap").touch(0o755)
    assert own_engine.missing(str(tmp_path)) == ""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root" in own_engine.missing(str(tmp_path))


def test_without_an_engine_a_person_skips_and_ci_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setattr(own_engine, "SYSTEM", str(tmp_path))
    with pytest.raises(own_engine.EngineError, match="no Docker engine answers, and ") as error:
        own_engine.engine().__enter__()
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Docker engine"):
        lacking(error.value)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="in CI this may not be skipped: no Docker"):
        lacking(error.value)


def test_what_tests_start_is_installed_in_ci_and_named_elsewhere(tmp_path):
    """apt-get and id are stand-ins that keep their words: nothing is on this PATH but they."""
    said = tmp_path / "said"
    programs = {"apt-get": f'echo "$@" >> {said}', "id": "echo 0"}
    for name, does in programs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{does}\n")
        (tmp_path / name).chmod(0o755)
    text = SCRIPT.read_text().replace("PATH=$PATH:/usr/sbin:/sbin", f"PATH={tmp_path}")
    assert text != SCRIPT.read_text()

    def run(**env: str) -> subprocess.CompletedProcess:
        words = ["/bin/bash", "-c", text]
        return subprocess.run(words, env=env, capture_output=True, text=True, check=False)

    assert run(CI="true").returncode == 0
    update, install = said.read_text().splitlines()
    assert update == "update -qq"
    system = ["redis-server", "prometheus", "docker-registry", "skopeo", "chromium", "postgresql"]
    engine = ["docker.io", "containerd", "runc", "iptables", "mmdebstrap"]
    assert install.split("--no-install-recommends ")[1].split() == [*system, *engine]
    said.unlink()
    alone = run()
    assert alone.returncode == 1
    assert "redis-server is missing: apt-get install redis-server" in alone.stderr
    for name in ("redis-server", "docker"):  # an engine answers
        (tmp_path / name).symlink_to("/bin/true")
    some = run()
    assert some.returncode == 0
    assert some.stdout.split(": ")[1].split() == system[1:]
    assert not said.exists()
