import pytest

from layout import PROJECT
from level2.base.make_variables import known, main, refusal

ROOT = PROJECT
NAMES = {"FROM", "SET", "PORT", "HOLD", "DATA", "TARGET"}


def test_a_variable_is_known_where_it_is_used_or_set():
    text = "UV := $(or $(A1),b)\nC ?= x\nrun: # [D=5]\n\techo $(call QUOTE,${E_E}) $$F $(lower)\n"
    assert known(text) == {"UV", "A1", "C", "D", "E_E", "F"}
    assert {"FROM", "SET", "PARAM"} <= known((ROOT / "Makefile").read_text())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"FRM": "a"}, "no target takes FRM=: did you mean FROM=?"),
        ({"from": "a"}, "no target takes from=: did you mean FROM=?"),
        ({"ZZZ": "a"}, "no target takes ZZZ=: `make help` names what they take"),
        ({"HOLD": "ja"}, "HOLD=ja is not understood: say HOLD=yes, or leave it out"),
        ({"HOLD": "yes no"}, "HOLD=yes no is not understood: say HOLD=yes, or leave it out"),
        ({"PORT": "8 0"}, "PORT=8 0 is not understood: say a number, as PORT=8000"),
        ({"PORT": "٣"}, "PORT=٣ is not understood: say a number, as PORT=8000"),
        ({"FROM": "a", "STE": "b"}, "no target takes STE=: did you mean SET=?"),
    ],
)
def test_what_no_target_takes_is_refused(given, said):
    assert refusal(given, ["run"], NAMES | {"FROM"}) == said


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"FROM": "any thing", "SET": "", "PORT": "8000"},
        {"HOLD": "no", "PORT": ""},
        {"HOLD": ""},
        {"MLFLOW_TRACKING_URI": "u", "AWS_PROFILE": "p", "SHELL": "bash"},
    ],
)
def test_what_is_known_passes(given):
    assert refusal(given, ["run"], NAMES) == ""


def test_a_table_is_for_adopt_alone():
    given = {"DATA": "t.csv", "TARGET": "y"}
    assert refusal(given, ["adopt"], NAMES) == refusal(given, [], NAMES) == ""
    assert refusal(given, ["adopt", "run"], NAMES).startswith("only adopt takes DATA= and TARGET=")


def test_names_come_from_the_makefile_and_the_example_of_the_environment(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Makefile").write_text("a:\n\techo $(INSIDE)\n")
    main(["BESIDE=1=2", "INSIDE=x", "--", "a"])
    assert capsys.readouterr().out.startswith("no target takes BESIDE=")
    (tmp_path / ".env.example").write_text("# BESIDE=\n")
    main(["BESIDE=1=2", "INSIDE=x", "--", "a"])
    assert capsys.readouterr().out == "\n"
