"""The update-knowledge loop as a person has it: tables land in a folder, the project learns."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from processes import CLI, ROOT, command, environment, registry

pytestmark = pytest.mark.slow
FILE = "data/raw/load.csv"
ONCE = ("inbox", "--once", "--settle", "0.2")
VERSIONS = "select count(*) from model_versions"


def git(folder, *words):
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def trained(finished, tmp_path_factory):
    """A project with a champion, under git and DVC."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("inbox") / "project")
    ignored = (ROOT / ".gitignore").read_text().replace("!/artifacts/metrics.json\n", "")
    (folder / ".gitignore").write_text(ignored)
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "T")
    git(folder, "config", "user.email", "t@example.com")
    for words in (("init", "--quiet"), ("add", "--quiet", FILE)):
        subprocess.run([sys.executable, "-m", "dvc", *words], cwd=folder, check=True)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "First")
    return folder


@pytest.fixture
def project(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "project", symlinks=True)


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """The sample until the end of January 2017: the project ends with December."""
    folder = tmp_path_factory.mktemp("later")
    done = command(folder, "sample", "--until", "2017-01-31", "--output", "load.csv")
    assert done.returncode == 0, done.stderr
    return pd.read_csv(folder / "load.csv", dtype="string", keep_default_na=False)


@pytest.fixture
def january(later):
    """Only the rows that are new."""
    return later[later["date"] > "2016-12-31"]


def land(folder, name, table):
    path = folder / "data/inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    return path


def names(folder, where="."):
    inside = folder / "data/inbox" / where
    found = inside.iterdir() if inside.exists() else []
    return sorted(item.name for item in found if item.is_file() and item.name[0] != ".")


def record(folder):
    found = json.loads((folder / "data/inbox/.record.json").read_text())
    return {item["name"]: item["run"] for item in found.values()}


COUNTED = """
import json, os, sys
from pathlib import Path
from level2.intake import folder, inbox, merge
from level2.base.errors import ProjectError

def counted(*_):
    print("ran", file=open("runs", "a"))
    return json.loads(Path("artifacts/decision.json").read_text())

inbox.run_loop = counted
{}
try:
    inbox.watch(Path.cwd(), Path("data/inbox"), 0.2, True)
except ProjectError as error:
    sys.exit(f" stopped: {error}")
"""


def counted(folder, code=0, more="", **settings):
    """As `once`, with a loop that is only counted."""
    words = [sys.executable, "-c", COUNTED.replace("{}", more)]
    done = subprocess.run(
        words, cwd=folder, env={**environment(), **settings}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def runs(folder):
    file = folder / "runs"
    return len(file.read_text().split()) if file.exists() else 0


def once(folder):
    done = command(folder, *ONCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def versions(folder):
    return registry(folder, VERSIONS)[0][0]


def test_a_table_that_lands_is_merged_committed_and_learnt_from_once(project, january):
    (project / "params.yaml").write_text((project / "params.yaml").read_text() + "# mine\n")
    land(project, "january.csv", january)
    said = once(project)
    assert "taken     january.csv: 124 new rows, 0 known ones replaced" in said
    raw = pd.read_csv(project / FILE, dtype="string", keep_default_na=False)
    assert len(raw) == 2924 + 124
    assert (names(project), names(project, "taken")) == ([], ["january.csv"])
    assert re.fullmatch(r"(promote|hold), champion v\d", record(project)["january.csv"])
    assert versions(project) == 2
    assert git(project, "log", "-1", "--format=%s") == "New data: january.csv"
    assert git(project, "show", "--name-only", "--format=", "HEAD") == f"{FILE}.dvc"
    assert git(project, "status", "--porcelain") == "M params.yaml", "a person's work is theirs"
    land(project, "the-same-again.csv", january)
    assert "the-same-again.csv has the content of january.csv: nothing to do" in once(project)
    land(project, "all-of-it.csv", raw)
    assert "0 new rows, 3,048 known ones replaced" in once(project)
    assert record(project)["all-of-it.csv"] == "nothing new"
    assert versions(project) == 2
    assert names(project, "taken") == ["all-of-it.csv", "january.csv", "the-same-again.csv"]


def test_two_tables_at_once_are_one_run_and_a_later_one_corrects(project, january):
    first = land(project, "z-first.csv", january)
    os.utime(first, (1, 1))
    corrected = january.tail(4).assign(temperature="1.5")
    land(project, "correction.csv", corrected)
    assert "correction.csv: 0 new rows, 4 known ones replaced" in counted(project)
    assert runs(project) == 1
    raw = pd.read_csv(project / FILE, dtype="string")
    assert set(raw.tail(4)["temperature"]) == {"1.5"}


SPOILT = {
    "text.csv": (lambda t: t.assign(temperature="warm"), "text.csv line 2: column `temperature`"),
    "range.csv": (
        lambda t: t.assign(temperature="99"),
        "range.csv: rule range: column",
    ),
    "columns.csv": (lambda t: t.drop(columns="holiday"), "columns.csv lacks `holiday`"),
    "twice.csv": (lambda t: pd.concat([t, t.head(1)]), "both have area"),
    "target.csv": (lambda t: t.assign(load=""), "target.csv: the target `load` is missing in e"),
}


def test_tables_that_do_not_fit_are_refused_and_change_nothing(project, january):
    before, head = (project / FILE).read_bytes(), git(project, "rev-parse", "HEAD")
    for name, (spoil, _) in SPOILT.items():
        land(project, name, spoil(january))
    said = counted(project)
    assert (project / FILE).read_bytes() == before
    assert git(project, "rev-parse", "HEAD") == head
    assert (names(project), names(project, "taken")) == ([], [])
    for name, (_, why) in SPOILT.items():
        assert why in said
        assert why in (project / f"data/inbox/refused/{name}.why.txt").read_text()
    assert len(names(project, "refused")) == 2 * len(SPOILT)
    assert runs(project) == 0


def test_a_folder_that_is_not_there_is_named_and_not_made(project):
    done = subprocess.run(
        [*CLI, "inbox", "--folder", "data/inbx", "--once"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "data/inbx is not a folder: create it, or name another with FOLDER=" in done.stderr
    assert not (project / "data/inbx").exists()


def test_a_table_of_another_kind_and_a_damaged_one_are_refused(project, january):
    land(project, "x.csv", january).unlink()
    january.to_parquet(project / "data/inbox/january.parquet")
    (project / "data/inbox/broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    said = counted(project)
    assert "january.parquet: the raw table is data/raw/load.csv, bring a .csv or .xlsx file" in said
    assert "broken.parquet: the raw table is" in said
    (project / "data/inbox/sheet.csv").write_bytes(b"PK\x03\x04 and no newline")
    assert "refused   data/inbox/sheet.csv is a zip or Excel file" in counted(project)
    assert runs(project) == 0


def test_what_is_not_whole_is_left_alone(project, january):
    text = january.to_csv(index=False)
    path = land(project, "part.csv", january)
    path.write_text(text[: len(text) // 2])  # in the middle of a line, and nobody writes to it
    sent = path.with_name("sent.csv.part")
    sent.write_text(text)
    path.with_name(".hidden.csv").write_text(text)
    path.with_name("empty.csv").touch()
    path.with_name("notes.docx").touch()
    january.to_excel(path.with_name("sheet.xlsx"), index=False)
    workbook = path.with_name("sheet.xlsx").read_bytes()
    path.with_name("sheet.xlsx").write_bytes(workbook[:-100])  # its last record has not arrived
    path.with_name("link.csv").symlink_to(sent)
    said = counted(project)
    assert "waits     part.csv is incomplete: waiting for the rest (if nothing is missing" in said
    assert "left      notes.docx stays: tables end in .csv, .tsv" in said
    assert "waits     sheet.xlsx is incomplete: waiting for the rest" in said
    assert "taken" not in said
    assert "sent.csv.part" not in said
    assert not (project / "data/inbox/.record.json").exists()
    sent.rename(path.with_name("whole.csv"))
    assert "whole.csv: 124 new rows" in counted(project)


@pytest.fixture
def watching(project):
    # a shell's background job ignores Ctrl-C, and so would all that it starts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*CLI, "inbox", "--settle", "0.5"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait(30)


def until(held, seconds=60):
    end = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_table_written_slowly_is_taken_once_it_is_whole(watching, project, january):
    assert "waits for tables in data/inbox" in watching.stdout.readline()
    lines = january.to_csv(index=False).splitlines(keepends=True)
    path = project / "data/inbox/slow.csv"
    with path.open("w") as stream:
        for start in range(0, len(lines), 16):  # each part ends with a line: only time can tell
            stream.write("".join(lines[start : start + 16]))
            stream.flush()
            time.sleep(0.2)
            assert path.exists()
    until(lambda: names(project, "taken") == ["slow.csv"])
    until(lambda: record(project).get("slow.csv"))
    assert versions(project) == 2
    watching.send_signal(signal.SIGINT)
    assert watching.wait(30) == 130
    assert "124 new rows" in watching.stdout.read()


MOMENTS = {
    "before the table is placed": "merge.put = lambda *_: os._exit(9)",
    "before DVC knows it": "merge.dvc.track = lambda *_: os._exit(9)",
    "before it is moved": "folder.Landing.move = lambda *_: os._exit(9)",
    "before the run": "inbox.run_loop = lambda *_: os._exit(9)",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_any_moment_costs_no_table_and_no_second_run(project, january, moment):
    land(project, "january.csv", january)
    counted(project, code=9, more=MOMENTS[moment])
    assert runs(project) == 0
    counted(project)
    assert len(pd.read_csv(project / FILE)) == 2924 + 124
    assert (names(project), names(project, "taken")) == ([], ["january.csv"])
    (project / "runs").rename(project.parent / "runs")
    assert git(project, "status", "--porcelain") == "", "DVC and git know the table"
    assert runs(project.parent) == 1


def test_while_another_run_works_here_the_table_waits(project, january):
    land(project, "january.csv", january)
    hold = "import sys; from filelock import FileLock; lock = FileLock('.run.lock'); "
    hold += "lock.acquire(); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert "stopped: another run works in" in counted(project, code=1)
        other.stdin.close()
    assert names(project) == ["january.csv"]
    assert "124 new rows" in counted(project)


def test_where_git_knows_nobody_what_is_left_is_said(project, january):
    git(project, "config", "--unset", "user.name")
    git(project, "config", "--unset", "user.email")
    git(project, "config", "user.useConfigOnly", "true")
    land(project, "january.csv", january)
    said = counted(
        project, HOME=str(project), GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null"
    )
    assert "next      git config user.email and user.name: git does not know who" in said
    assert f"next      git commit {FILE}.dvc, so that the model can be reproduced" in said
