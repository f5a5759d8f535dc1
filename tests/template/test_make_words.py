"""make itself ignores a misspelt variable: the project's Makefile refuses it, before any work."""

import os
import re
import subprocess

import pytest

from conftest import PROJECT


def said(folder, *words: str, **more: str) -> tuple[int, str]:
    command = ["env", *(f"{key}={value}" for key, value in more.items()), "make", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "word", "near"),
    [
        ("run", "FRM=train", "FROM"),
        ("run", "from=train", "FROM"),
        ("experiment", "SETS=tune.trials=5", "SET"),
        ("adopt", "TRAGET=y", "TARGET"),
        ("lineage", "VERSOIN=1", "VERSION"),
        ("run", "PYTHON=python3.12", "PYTHON3"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest(bake, target, word, near):
    code, text = said(bake(), target, word)
    assert code == 2
    name = word.partition("=")[0]
    assert f"stopped: no target takes {name}=: did you mean {near}=?" in text
    assert not (bake() / ".venv").exists()


def test_every_phony_word_is_a_target_and_every_target_is_one_or_a_file():
    text = (PROJECT / "Makefile").read_text().replace("\\\n", " ")
    phony = set(re.search(r"(?m)^\.PHONY:(.*)$", text)[1].split())
    targets = set(re.findall(r"(?m)^([a-z][a-z-]*):(?!=)", text))
    assert phony ^ targets == set()


def test_a_variable_like_no_other_is_refused_too(bake):
    assert "no target takes ZZZ=: `make help` names" in said(bake(), "run", "ZZZ=1")[1]


@pytest.mark.parametrize(
    "words",
    [
        ["FROM=train", "VENV=v", "PACKAGE=", "PYTHON3=python3", "UV=uv", "PY=p", "-j2"],
        ["DATA=a b", "TARGET=c", "ENTITY=", "TIMESTAMP=", "TASK=", "EXCLUDE=", "ALLOW_LEAKAGE="],
        ["SET=a=1", "NAME=n", "FILE=f", "VERSION=1", "PORT=1", "UNTIL=u", "SHOCK=s"],
        ["MLFLOW_TRACKING_URI=u", "MLFLOW_TRACKING_USERNAME=n", "AWS_PROFILE=p", "SHELL=bash"],
    ],
)
def test_known_variables_pass(bake, words):
    assert "list the targets" in said(bake(), "help", *words)[1]
    assert "list the targets" in said(bake(), "help", FRM="train")[1], (
        "the environment is not judged"
    )


def test_the_old_name_of_set_is_taken_and_said(bake):
    words = ["-n", "decide", "VENV=v", "PACKAGE="]
    code, text = said(bake(), *words, "PARAM=decide.pause_hours=0", "SET=decide.cap=2")
    assert code == 0, text
    assert "--set 'decide.cap=2' --set 'decide.pause_hours=0'" in text
    assert text.count("PARAM= is called SET= now") == 1
    assert "PARAM=" not in said(bake(), *words, "SET=decide.pause_hours=0")[1]


TAKE_KNOBS = ["run", "experiment", "pipeline", "pipeline-submit", "pipeline-schedule", "decide"]


@pytest.mark.parametrize("target", TAKE_KNOBS)
def test_set_reaches_the_command_word_by_word(bake, target):
    knobs = "SET=tune.trials=5 x=[a;b]"
    more = ["VENV=v", "PACKAGE=", "CRON=off", "IMAGE=i"]
    code, text = said(bake(), "-n", target, *more, knobs)
    assert code == 0, text
    quoted = "--set 'tune.trials=5' --set 'x=[a;b]'"
    assert quoted in text


@pytest.mark.parametrize("name", ["SET", "PARAM"])
@pytest.mark.parametrize("target", ["repro", "sweep", "monitor", "serve", "test"])
def test_set_is_refused_where_no_knob_is_read(bake, target, name):
    code, text = said(bake(), target, f"{name}=tune.trials=5")
    assert code == 2
    assert (
        f"stopped: {target} does not take SET=: these targets do: {', '.join(TAKE_KNOBS)}" in text
    )


@pytest.mark.parametrize(
    ("target", "word"), [("inbox", "ONCE=1"), ("decide", "APPLY=ja"), ("deploy", "HOLD=true")]
)
def test_a_switch_that_is_neither_yes_nor_no_is_refused(bake, target, word):
    name, _, given = word.partition("=")
    code, text = said(bake(), target, word)
    assert code == 2
    assert f"stopped: {name}={given} is not understood: say {name}=yes, or leave it out" in text
    assert "list the targets" in said(bake(), "help", f"{name}=no")[1]


def test_demo_prints_the_loop_and_not_where_the_hook_would_go_next():
    from conftest import ROOT

    recipe = said(ROOT, "-n", "demo")[1]
    assert "--output-dir demo >/dev/null" in recipe
    assert said(ROOT, "-n", "setup", "ONLY=join")[0] == 0


def test_a_port_that_is_no_number_is_refused(bake):
    code, text = said(bake(), "ui", "PORT=foo")
    assert code == 2
    assert "stopped: PORT=foo is not understood: say a number, as PORT=8000" in text
    assert "list the targets" in said(bake(), "help", "PORT=8001")[1]


def test_a_table_is_for_adopt_alone(bake):
    code, text = said(bake(), "run", "DATA=table.csv", "TARGET=y")
    assert code == 2
    assert "stopped: only adopt takes DATA= and TARGET=: make adopt DATA=path.csv" in text


def test_the_stack_goes_up_or_down_and_nothing_else(bake):
    code, text = said(bake(), "stack", "DO=dwon")
    assert code == 2
    assert "stopped: DO=dwon is not understood: say DO=down, or leave it out" in text


def test_the_stack_without_docker_says_what_is_missing(bake, tmp_path):
    tool = tmp_path / "docker"
    tool.write_text("#!/bin/sh\nexit 127\n")
    tool.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    code, text = said(bake(), "stack", PATH=path)
    assert code == 2
    assert "stopped: docker compose does not run here: install Docker with its compose" in text
