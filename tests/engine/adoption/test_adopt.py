"""`adopt` turns the project to another table: files, commands, and tables nobody here made."""

import re
import shlex
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

from layout import PROJECT
from level2.adoption.params_text import params_text
from level2.adoption.step import adopt
from level2.base import dvc, git
from level2.base.errors import ProjectError
from level2.cli._options import names
from level2.cli.adopt import in_folder
from level2.params.config import load_params
from level2.project import Context
from level2.training.steps import build_dataset, featurize, ingest, validate
from level2.workspace import Workspace
from shared_tables import shared_table

FEATURE_REPO = PROJECT / "feature_repo"


class Project:
    """A folder with params.yaml; `adopt` with a few words, then what was said and tracked."""

    def __init__(self, root):
        self.root, self.said, self.tracked = root, [], []
        (root / "params.yaml").write_text("old: true\n")

    def adopt(self, path, target, **asked):
        words = {"entity": None, "timestamp": None, "task": None, "exclude": (), **asked}
        allow = words.pop("allow_leakage", ())
        adopt(
            self.root,
            path,
            target,
            **words,
            allow_leakage=allow,
            console_print=self.said.append,
            track=self.tracked.append,
        )
        return load_params(self.root / "params.yaml")

    def refused(self, path, target, **asked):
        before = (self.root / "params.yaml").read_text()
        with pytest.raises(ProjectError) as caught:
            self.adopt(path, target, **asked)
        assert (self.root / "params.yaml").read_text() == before
        assert self.tracked == []
        assert not (self.root / "data").exists()
        return str(caught.value)

    def run(self):
        """The two steps that read the table."""
        params = load_params(self.root / "params.yaml")
        context = Context(params, Workspace.at(self.root))
        return ingest.run(context), validate.run(context, {})


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path / "project")


@pytest.fixture
def csv(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=120)
    path = tmp_path / "my table.csv"
    pd.DataFrame(
        {"x": x, "y": x + rng.normal(size=120), "Casual (n)": rng.normal(size=120)}
    ).to_csv(path, index=False)
    return path


def test_file_is_kept_tracked_and_described(project, csv):
    params = project.adopt(csv, "y")
    kept = project.root / "data/raw/my_table.csv"
    assert kept.read_bytes() == csv.read_bytes()
    assert project.tracked == [kept]
    assert params.data.source == "data/raw/my_table.csv"
    assert (project.root / "params.yaml.bak").read_text() == "old: true\n"
    assert project.run()[0] == "120 rows · 2 features"
    assert " ".join(project.said[0].split()) == (
        "y target, regression: numbers with fractions, 120 different ones"
    )
    assert any("renamed: `Casual (n)` → casual_n" in line for line in project.said)


def test_adopting_twice_changes_nothing(project, csv):
    project.adopt(csv, "y")
    text = (project.root / "params.yaml").read_text()
    project.adopt(project.root / "data/raw/my_table.csv", "y")
    assert yaml.safe_load((project.root / "params.yaml").read_text()) == yaml.safe_load(text)


def test_another_table_of_the_same_name_is_not_overwritten(project, csv):
    kept = project.root / "data/raw/my_table.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine\n")
    with pytest.raises(
        ProjectError, match=r"my_table.csv is another table that DVC does not track"
    ):
        project.adopt(csv, "y")
    assert kept.read_text() == "mine\n"
    kept.with_name("my_table.csv.dvc").write_text("outs: []\n")
    project.adopt(csv, "y")
    assert kept.read_bytes() == csv.read_bytes()


def test_leak_stops_with_the_two_ways_on(project, csv):
    frame = pd.read_csv(csv)
    frame.assign(**{"Casual (n)": frame.y - frame.x}).to_csv(csv, index=False)
    assert project.refused(csv, "y", exclude=()) == (
        "`x + Casual (n)` equals the target `y` in 120 of 120 rows: a model would learn the "
        "answer, not the pattern.\n"
        f" exclude them:  make adopt DATA='{csv}' TARGET=y EXCLUDE='x,Casual (n)'\n"
        f" keep them:     make adopt DATA='{csv}' TARGET=y ALLOW_LEAKAGE='x,Casual (n)'\n"
        "                which sets data.allow_leakage in params.yaml: write the reason there"
    )
    params = project.adopt(csv, "y", allow_leakage=["x", "Casual (n)"])
    assert params.data.allow_leakage == ("x", "casual_n")
    project.run()


def test_refusals_write_nothing(project, csv, tmp_path):
    assert project.refused(tmp_path / "no.csv", "y").startswith("no.csv is missing")
    assert "no column `q` (TARGET=q)" in project.refused(csv, "q")
    assert project.refused(csv, "y", allow_leakage=["q"]).startswith(
        "ALLOW_LEAKAGE=q is not a feature of the table"
    )
    csv.write_text(csv.read_text().replace("\n", "\ninf,", 1).replace(",", "", 0))
    assert "line 2 has 4 values" in project.refused(csv, "y")


def test_infinite_value_is_blamed_in_the_file_as_named(project, csv):
    frame = pd.read_csv(csv)
    frame.loc[7, "x"] = np.inf
    frame.to_csv(csv, index=False)
    assert project.refused(csv, "y").startswith("my table.csv line 9: column `x` holds `inf`")


def test_sections_have_comments_and_read_back():
    tree = {"data": {"name": "t", "features": {"x": {"type": "float"}}, "allow_leakage": []}}
    text = params_text(tree, "Title.")
    assert text.startswith("# Title.\n")
    assert "    x: {type: float}\n" in text
    assert yaml.safe_load(text) == tree


def test_a_hint_stands_behind_the_feature_it_is_about(project, csv):
    frame = pd.read_csv(csv).assign(**{"Season (no)": [1, 2, 3, 4] * 30})
    frame.to_csv(csv, index=False)
    project.adopt(csv, "y")
    hint = "if its numbers are codes, write {type: category, categories: ['1', '2', '3', '4']}"
    said = " ".join(" ".join(project.said).split())
    assert f" Season (no) or a category: {hint}" in said
    assert max(map(len, project.said)) <= 100
    lines = (project.root / "params.yaml").read_text().splitlines()
    (line,) = [line for line in lines if "codes" in line]
    assert line == f"    season_no: {{type: int, min: 0, max: 6}}  # {hint}"


def test_git_ignores_every_params_yaml_that_is_replaced(project, csv):
    shutil.copy(FEATURE_REPO.parent / ".gitignore", project.root)
    project.adopt(csv, "y")
    project.adopt(csv, "x")
    assert len(list(project.root.glob("params.yaml.bak*"))) == 2
    assert sum("which git ignores" in line for line in project.said) == 2
    git.start(project.root)
    git.commit_all(project.root, "First")
    words = ["git", "-C", str(project.root), "ls-files", "params.yaml*"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["params.yaml"]


@pytest.mark.parametrize("known", [False, True])
def test_where_git_knows_nobody_it_says_how_to_tell_it(project, csv, monkeypatch, capsys, known):
    config = project.root.parent / "gitconfig"
    config.write_text("[user]\nuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setattr(dvc, "track", lambda *_: None)
    git.start(project.root)
    if known:
        config.write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    in_folder(project.root, csv, "y", None, None, None, (), ())
    said = capsys.readouterr().out.splitlines()
    told = [line.split(maxsplit=1)[1] for line in said if line.startswith(" next ")]
    who = ['git config user.email "you@example.org"', 'git config user.name "Your Name"']
    commit = "git add --all && git commit, so that the model can be reproduced"
    assert told == [*([] if known else who), commit, "make run"]
    for line in told[:-2]:
        subprocess.run(shlex.split(line), cwd=project.root, check=True)
    assert git.knows_user(project.root)


def test_auto_mpg(project):
    params = project.adopt(shared_table("auto_mpg.csv"), "mpg")
    assert params.data.name == "auto-mpg"
    assert params.data.missing_markers == ("?",)
    assert "name" not in params.data.features
    assert params.data.features["horsepower"].nullable
    assert project.run()[0] == "398 rows · 7 features"


def test_german_electricity(project):
    params = project.adopt(shared_table("opsd_germany_daily.csv"), "Consumption")
    assert (params.data.timestamp_format, params.data.frequency) == ("%m/%d/%Y", "1D")
    assert list(params.data.features) == ["Wind", "Solar", "wind_solar"]
    assert project.run()[0] == "4,383 rows · 2006-01-01 … 2017-12-31"


def test_bike_sharing_is_stopped_then_runs(project):
    path = shared_table("bike_sharing_hourly.csv")
    sentence = project.refused(path, "cnt")
    assert sentence.startswith(
        "`casual + registered` equals the target `cnt` in 17,379 of 17,379 rows: a model would "
        "learn the answer, not the pattern."
    )
    assert "TARGET=cnt EXCLUDE=casual,registered\n" in sentence
    params = project.adopt(path, "cnt", exclude=["casual", "registered"])
    assert (params.data.event_timestamp, params.data.event_hour) == ("dteday", "hr")
    assert params.data.frequency == "1h"
    assert "instant" not in params.data.features
    assert project.run()[0] == "17,379 rows · 2011-01-01 … 2012-12-31"


def test_target_that_is_a_sum_of_others(project):
    sentence = project.refused(shared_table("opsd_germany_daily.csv"), "Wind+Solar")
    assert sentence.startswith(
        "`Wind + Solar` equals the target `Wind+Solar` in 2,187 of 2,187 rows"
    )


def test_no_older_params_are_written_over(project, csv):
    first = (project.root / "params.yaml").read_text()
    project.adopt(csv, "y")
    second = (project.root / "params.yaml").read_text()
    project.adopt(csv, "x")
    assert (project.root / "params.yaml.bak").read_text() == first
    assert (project.root / "params.yaml.bak.2").read_text() == second
    assert "the old one is params.yaml.bak.2" in " ".join(project.said)
    project.adopt(csv, "x")
    assert not (project.root / "params.yaml.bak.3").exists(), "nothing was lost"


def test_years_are_printed_without_a_comma_and_amounts_with_one(project, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"built": rng.integers(1890, 2019, 200), "ends": rng.random(200)})
    table["built"] = [1890, 2019, *table["built"][2:]]
    table["volume"] = [1000, 20_000, *rng.integers(1000, 20_000, 198)]
    table["share"] = [1000.5, 2000.5, *rng.uniform(1001, 2000, 198).round(1)]
    table.to_csv(tmp_path / "houses.csv", index=False)
    project.adopt(tmp_path / "houses.csv", "ends")
    said = {line.split()[0]: line for line in project.said}
    assert said["built"].endswith("from 1890 to 2019")
    assert said["volume"].endswith("from 1,000 to 20,000")
    assert said["share"].endswith("from 1,000.5 to 2,000.5")


def test_the_readme_says_what_is_predicted_now(project, csv):
    readme = project.root / "README.md"
    text = "# A\n\n<!-- predicts -->\nDaily load\n<!-- /predicts -->\n\nmore\n"
    sample = "\n<!-- sample -->\nThe data are\na sample.\n<!-- /sample -->\n"
    said = "Predicts `Casual (n)` from `my table.csv` (120 rows)."
    source = "The data are `my table.csv`: `make adopt` brought them into `data/raw`."
    for page in (text, text + sample):
        readme.write_text(page)
        project.adopt(csv, "Casual (n)")
        now = page.replace("Daily load", said).replace("The data are\na sample.", source)
        assert readme.read_text() == now
    readme.write_text("# My own words\n")
    project.adopt(csv, "y")
    assert readme.read_text() == "# My own words\n"


def test_the_readme_of_a_project_speaks_of_the_sample_only_until_a_table_is_adopted(project, csv):
    readme = project.root / "README.md"
    shutil.copy(PROJECT / "README.md", readme)
    assert "make sample" in readme.read_text()
    project.adopt(csv, "y")
    text = re.sub("<!-- /?sample -->", "", readme.read_text())
    assert not re.search("sample|four German", text)


@pytest.mark.parametrize(
    "name", ["a_b & c's <b>", "x|y", "`tick`", "two `` ticks", "größe 予測", "*x*", "[a](b)"]
)
def test_a_name_in_the_readme_is_as_it_was_typed_and_inert(project, csv, name):
    readme = project.root / "README.md"
    readme.write_text("# A\n\n<!-- predicts -->\nDaily load\n<!-- /predicts -->\n")
    frame = pd.read_csv(csv).rename(columns={"y": name})
    frame.to_csv(csv, index=False)
    project.adopt(csv, name)
    line = readme.read_text().splitlines()[3]
    (inline,) = MarkdownIt("commonmark").enable("table").parseInline(line)
    assert {child.type for child in inline.children} == {"text", "code_inline"}
    assert inline.children[1].content == name
    assert name in line
    assert "\\" not in line


def test_the_online_store_of_a_table_without_time_names_no_time(project, csv):
    params = project.adopt(csv, "y")
    shutil.copytree(FEATURE_REPO, project.root / "feature_repo")
    context = Context(params, Workspace.at(project.root))
    project.run()
    assert featurize.run(context).endswith("Feast applied · online store filled")


AWKWARD = (
    *("Weekday", "Prediction", "model_version", "row_id", "series", "event_timestamp", "split"),
    *("truth", "y_lag_1", "Y_LAG_7", "shop_key", "rn", "entity_row_id", "shop_yyyy", "select"),
    *("class", "None", "__x", "_row", "1st", "a,b", 'q"uo"te', "new\nline", "a'b", "größe"),
    *("温度", "x" * 90 + "1", "x" * 90 + "2", "Wind", "wind", "", "unnamed_36", "{{ a }}", "index"),
)


def test_any_column_name_reaches_the_feature_store(project, tmp_path):
    rng = np.random.default_rng(0)
    days = pd.date_range("2023-01-01", periods=60).strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": np.repeat(days, 2), "shop": ["north", "south"] * 60})
    values = rng.normal(size=(120, len(AWKWARD))).round(3)
    table = pd.concat([table, pd.DataFrame(values, columns=list(AWKWARD))], axis=1)
    table["y"] = rng.normal(size=120).round(3)
    table.to_csv(tmp_path / "names.csv", index=False)
    params = project.adopt(tmp_path / "names.csv", "y")
    assert len(params.data.features) == len(AWKWARD)
    shutil.copytree(FEATURE_REPO, project.root / "feature_repo")
    project.run()
    context = Context(params, Workspace.at(project.root))
    assert "Feast applied" in featurize.run(context)
    assert "120 rows" in build_dataset.run(context)
    dataset = pd.read_parquet(context.workspace.dataset)
    for place, name in enumerate(AWKWARD):
        own = name or "unnamed_33"
        column = params.data.rename.get(own, own)
        assert sorted(dataset[column]) == sorted(values[:, place].astype("float32")), name


def test_columns_with_commas_and_quotes_can_be_left_out(project, tmp_path):
    table = pd.DataFrame({"y": np.arange(60) % 7 * 1.5, "x": np.arange(60) % 5 * 1.1})
    table['a,"b"'] = table["y"] * 2
    table.to_csv(tmp_path / "names.csv", index=False)
    said = project.refused(tmp_path / "names.csv", "y")
    line = next(line for line in said.splitlines() if "exclude them" in line)
    (word,) = [word for word in shlex.split(line) if word.startswith("EXCLUDE=")]
    excluded = names(word.removeprefix("EXCLUDE="))
    assert excluded == ('a,"b"',)
    assert list(project.adopt(tmp_path / "names.csv", "y", exclude=excluded).data.features) == ["x"]
