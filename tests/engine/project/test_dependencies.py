"""The override of protobuf in pyproject.toml hides one known conflict, no other, and no more."""

import importlib.metadata
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from layout import PROJECT

ROOT = PROJECT
EXCUSED = "kubeflow-katib"  # its cap is for a gRPC metrics push that is not used


def installed():
    """What every installed distribution asks for, by its name."""
    return {
        canonicalize_name(item.name): item.requires or []
        for item in importlib.metadata.distributions()
    }


def refusing(asked, package, version):
    """Names of the distributions whose own requirement leaves the installed version out."""
    found = set()
    for name, lines in asked.items():
        for wanted in map(Requirement, lines):
            applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
            known = canonicalize_name(wanted.name) == package
            if known and applies and not wanted.specifier.contains(version, prereleases=True):
                found.add(name)
    return found


def verdict(refused):
    """What to do about the override, nothing while it is needed for what it was made for."""
    if refused == {EXCUSED}:
        return ""
    if EXCUSED not in refused:
        return (
            f"{EXCUSED} takes the installed protobuf now: take `override-dependencies` out of "
            "pyproject.toml, run `make lock`, and this test can go"
        )
    return f"the override of protobuf hides conflicts with {', '.join(sorted(refused - {EXCUSED}))}"


def test_the_override_of_protobuf_is_needed_and_hides_nothing_else():
    tree = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (override,) = map(Requirement, tree["tool"]["uv"]["override-dependencies"])
    version = importlib.metadata.version("protobuf")
    assert (override.name, override.specifier.contains(version)) == ("protobuf", True)
    asked = installed()
    assert {EXCUSED, "kfp", "onnx"} <= set(asked), "the group `pipeline` is not installed"
    said = verdict(refusing(asked, "protobuf", version))
    assert not said, said


@pytest.mark.parametrize(
    ("katib", "other", "said"),
    [
        ("protobuf<5,>=4.21.12", "protobuf>=6", ""),
        ("protobuf<8,>=4.21.12", "protobuf>=6", "kubeflow-katib takes the installed protobuf now"),
        ("grpcio>=1.64", "protobuf>=6", "kubeflow-katib takes the installed protobuf now"),
        ("protobuf<5", "Protobuf>=7", "hides conflicts with onnx"),
        ("protobuf<5", "protobuf<6; extra == 'ci'", ""),
        ("protobuf<5", "protobuf<6; python_version >= '3.11'", "hides conflicts with onnx"),
    ],
)
def test_a_planted_requirement_is_judged(katib, other, said):
    asked = {EXCUSED: [katib], "kfp": ["protobuf<7.0,>=6.31.1"], "onnx": ["numpy>1", other]}
    found = verdict(refusing(asked, "protobuf", "6.33.5"))
    assert found == said or (said and said in found)
