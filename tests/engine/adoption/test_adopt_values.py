"""`adopt` on values as people write them: dress, sentinels, long digits, packed files."""

import csv
import gzip
import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from level2.adoption.reading import Reading
from level2.adoption.step import adopt
from level2.base.errors import ProjectError
from level2.params.config import load_params
from level2.project import Context
from level2.training.steps import ingest, validate
from level2.workspace import Workspace

RNG = random.Random(3)  # noqa: S311


class Project:
    """A folder; `adopt` with a few words, what was said, and the table `ingest` then makes."""

    def __init__(self, root):
        self.root, self.said = root, []

    def adopt(self, path, target, exclude=(), **reading):
        adopt(
            self.root,
            path,
            target,
            None,
            None,
            None,
            exclude,
            (),
            lambda line: self.said.append(" ".join(line.split())),
            reading=Reading(**reading),
        )
        self.params = load_params(self.root / "params.yaml")
        context = Context(self.params, Workspace.at(self.root))
        ingest.run(context)
        validate.run(context, {})
        return pd.read_parquet(context.workspace.ingested)

    @property
    def told(self):
        return " ".join(self.said)

    def refused(self, path, target, **reading):
        with pytest.raises(ProjectError) as caught:
            self.adopt(path, target, **reading)
        assert not (self.root / "params.yaml").exists()
        assert not (self.root / "data").exists()
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path / "project")


def table(path, header, rows, delimiter=","):
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return Path(path)


def german():
    """Dates, prices with decimal commas, and a target."""
    day = date(2023, 1, 1)
    prices = [round(RNG.uniform(1, 5), 2) for _ in range(120)]
    days = [f"{day + timedelta(days=n):%d.%m.%Y}" for n in range(120)]
    sold = [round(200 - 30 * price + RNG.gauss(0, 9)) for price in prices]
    texts = [f"{price:.2f}".replace(".", ",") for price in prices]
    rows = [list(row) for row in zip(days, texts, sold, strict=True)]
    return prices, rows


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "csv.gz", "xlsx"])
def test_german_tables_of_every_kind(project, kind):
    prices, rows = german()
    header, name = ["datum", "preis", "menge"], f"absatz.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in [header, *rows]:
            book.active.append(row)
        book.save(name)
    else:
        mark = {"tsv": "\t", "txt": "|"}.get(kind, ";")
        table(name.removesuffix(".gz"), header, rows, mark)
        if kind.endswith(".gz"):
            Path(name).write_bytes(gzip.compress(Path("absatz.csv").read_bytes()))
    found = project.adopt(Path(name), "menge")
    assert found["preis"].tolist() == prices
    assert found["menge"].tolist() == [row[2] for row in rows]
    assert project.params.data.features["preis"].format.decimal == ","
    assert project.params.data.event_timestamp == "datum"
    assert "preis numbers like `" in project.told
    kept = {"csv.gz": "absatz.csv", "xlsx": "absatz.parquet"}.get(kind, name)
    assert project.params.data.source == f"data/raw/{kept}"


def test_money_percent_and_thousands_are_numbers_with_their_units(project):
    values = [
        (RNG.uniform(10, 90), RNG.randint(1, 99), RNG.randint(1000, 90000)) for _ in range(200)
    ]
    rows = [
        [f"${p:.2f}", f"{s}%", f"{i:,}", f"{s}.5-", round(500 - 4 * p + RNG.gauss(0, 9))]
        for p, s, i in values
    ]
    path = table("money.csv", ["price", "share", "income", "owed", "sold"], rows)
    found = project.adopt(path, "sold")
    assert found["price"].tolist() == [round(p, 2) for p, _, _ in values]
    assert found["share"].tolist() == [s for _, s, _ in values]
    assert found["income"].tolist() == [i for _, _, i in values]
    assert found["owed"].tolist() == [-(s + 0.5) for _, s, _ in values]
    units = {name: item.unit for name, item in project.params.data.features.items()}
    assert units == {"price": "$", "share": "%", "income": "", "owed": ""}
    assert "share numbers like `" in "".join(project.said)
    assert any(line.endswith("%, percentages are not converted") for line in project.said)


def test_the_target_may_be_dressed_too(project):
    rows = [
        [x := RNG.gauss(0, 1), f"{1500 + 300 * x + RNG.gauss(0, 40):,.2f} €"] for _ in range(200)
    ]
    found = project.adopt(table("t.csv", ["x", "y"], rows), "y")
    assert found["y"].tolist() == [float(text[:-2].replace(",", "")) for _, text in rows]
    assert project.params.data.unit == "€"
    assert project.params.data.task == "regression"


def test_two_readings_are_asked_for(project):
    values = [RNG.randint(1000, 90000) for _ in range(100)]
    path = table("t.csv", ["x", "y"], [[f"{v:,}", v % 97 + RNG.random()] for v in values])
    rows = table("w.csv", ["x", "y"], [[f"{v:,}", v % 97] for v in values])
    sentence = project.refused(rows, "y")
    assert "column `x` can be read in two ways" in sentence
    assert "say DECIMAL=. for a decimal point" in sentence
    assert project.adopt(path, "y")["x"].tolist() == values, "`y` shows decimal points"
    assert project.adopt(rows, "y", decimal=",")["x"].tolist() == [v / 1000 for v in values]
    assert project.adopt(rows, "y", decimal=".")["x"].tolist() == values


def test_a_decimal_mark_that_no_column_shows_is_refused(project):
    commas = [
        [f"{RNG.uniform(1, 5):.2f}".replace(".", ","), RNG.randint(0, 99)] for _ in range(100)
    ]
    path = table("t.csv", ["x", "y"], commas, ";")
    sentence = project.refused(path, "y", decimal=".")
    assert "t.csv: column `x` holds `" in sentence
    assert "a number with a decimal comma, but DECIMAL=. was given: leave it out" in sentence
    assert sentence.endswith("say DECIMAL=,")
    points = [[text.replace(",", "."), y] for text, y in commas]
    other = table("u.csv", ["x", "y"], points)
    assert "a number with a decimal point, but DECIMAL=, was" in project.refused(
        other, "y", decimal=","
    )
    assert project.adopt(path, "y", decimal=",")["x"].tolist() == [float(x) for x, _ in points]


def test_a_column_with_the_other_mark_is_said_where_the_option_settles_one(project):
    values = [RNG.randint(1000, 90000) for _ in range(100)]
    rows = [[f"{v:,}", f"{v % 97},25", v % 89] for v in values]
    found = project.adopt(table("t.csv", ["x", "z", "y"], rows), "y", decimal=".")
    assert found["x"].tolist() == values
    assert found["z"].tolist() == [v % 97 + 0.25 for v in values]
    assert "although DECIMAL=.: it cannot be read as a number otherwise" in project.told
    assert project.told.count("although DECIMAL") == 1


def test_points_between_thousands_beside_decimal_commas(project):
    values = [RNG.randint(1000, 9000) for _ in range(100)]
    dotted = [f"{v:,}".replace(",", ".") for v in values]
    rows = [[text, f"{v % 97},5", RNG.gauss(0, 1)] for text, v in zip(dotted, values, strict=True)]
    rows = [[a, b, f"{c:.3f}".replace(".", ",")] for a, b, c in rows]
    found = project.adopt(table("t.csv", ["x", "z", "y"], rows, ";"), "y")
    assert found["x"].tolist() == values
    rows = [[text, v % 97] for text, v in zip(dotted, values, strict=True)]
    other = Project(project.root.with_name("other"))
    other.root.mkdir()
    assert "can be read in two ways" in other.refused(table("u.csv", ["x", "y"], rows, ";"), "y")


@pytest.mark.parametrize(
    "huge", ["1e40", "1.7976931348623157e308", "-1e300", "9" * 60, "9" * 400, "inf"]
)
@pytest.mark.parametrize("column", ["x", "t"])
def test_sentinels_beyond_every_model_are_named(project, huge, column):
    rows = [[x := round(RNG.gauss(0, 1), 4), round(3 * x + RNG.gauss(0, 1), 3)] for _ in range(100)]
    rows[40][["x", "t"].index(column)] = huge
    path = table("t.csv", ["x", "t"], rows)
    sentence = project.refused(path, "t")
    assert sentence.startswith(f"t.csv line 42: column `{column}` holds `{huge[:60]}")
    assert "correct it" in sentence
    found = project.adopt(path, "t", missing=(huge,))
    assert len(found) == (99 if column == "t" else 100)
    assert found["x"].isna().sum() == (column == "x")


def test_a_sentinel_in_parquet_is_named_and_may_mean_missing(project):
    x = np.random.default_rng(0).normal(size=100)
    frame = pd.DataFrame({"x": x, "n": np.arange(100) % 7, "t": 3 * x + np.arange(100) % 5})
    frame.loc[[7, 8], "x"] = 1e40
    frame.loc[9, "n"] = -999
    frame.to_parquet("t.parquet")
    sentence = project.refused(Path("t.parquet"), "t")
    assert "t.parquet row 8: column `x` holds `1" in sentence
    found = project.adopt(Path("t.parquet"), "t", missing=("1e40", "-999"))
    assert found.isna().sum()[["x", "n"]].tolist() == [2, 1]


@pytest.mark.parametrize("role", ["m", "y"])
def test_a_word_among_codes_is_named_with_its_line(project, role):
    rows = [[round(RNG.random(), 2), n % 7, n % 11] for n in range(120)]
    rows[40][1 if role == "m" else 2] = "abc"
    path = table("t.csv", ["x", "m", "y"], rows)
    sentence = project.refused(path, "y")
    assert sentence.startswith(f"t.csv line 42: column `{role}` holds `abc`, not a number: ")
    assert "name it as missing" in sentence
    assert len(project.adopt(path, "y", missing=("abc",))) == (119 if role == "y" else 120)


@pytest.mark.parametrize("kind", ["csv", "parquet", "gaps.parquet"])
def test_ids_of_many_digits_are_judged_as_written(project, kind):
    rows = [
        [2**64 - 9 + i, str(date(2024, 1, 1) + timedelta(days=d)), t, 10 * i + 3 * t + RNG.random()]
        for i in range(8)
        for d, t in ((d, round(RNG.gauss(15, 5), 1)) for d in range(60))
    ]
    path = table("t.csv", ["device", "day", "temp", "output"], rows)
    if kind != "csv":
        frame = pd.read_csv(path, dtype={"device": "UInt64"})
        if kind == "gaps.parquet":
            frame["code"] = frame["device"].where(frame.index % 9 > 0)
        path = Path("t.parquet")
        frame.to_parquet(path)
    project.adopt(path, "output")
    data = project.params.data
    assert data.entity == "device"
    assert set(data.entities) == {str(2**64 - 9 + i) for i in range(8)}
    if kind == "gaps.parquet":
        assert set(data.features["code"].categories) == set(data.entities)


def test_long_ids_that_name_nothing_are_left_out(project):
    rows = [[10**30 + RNG.randint(0, 10**29), RNG.gauss(0, 1), RNG.gauss(0, 1)] for _ in range(100)]
    project.adopt(table("t.csv", ["key", "x", "y"], rows), "y")
    assert list(project.params.data.features) == ["x"]
    assert "key excluded: is an identifier: whole numbers of up to 31" in project.told


def test_digits_that_float32_loses_are_centred(project):
    rows = [
        [70_000_000 + (d := RNG.randint(1, 28)), 50 * (d % 2) + RNG.gauss(0, 1)] for _ in range(400)
    ]
    found = project.adopt(table("t.csv", ["reading", "y"], rows), "y")
    center = project.params.data.features["reading"].center
    assert abs(center - 70_000_014) < 28
    assert found["reading"].tolist() == [row[0] for row in rows]
    assert "minus 700000" in project.told
    assert "because its float32 would make neighbours equal" in project.told


def test_a_centre_taken_away_is_missed(project):
    rows = [
        [70_000_000 + (d := RNG.randint(1, 28)), 50 * (d % 2) + RNG.gauss(0, 1)] for _ in range(400)
    ]
    project.adopt(table("t.csv", ["reading", "y"], rows), "y")
    text = (project.root / "params.yaml").read_text()
    center = project.params.data.features["reading"].center
    (project.root / "params.yaml").write_text(text.replace(f", center: {center:.0f}", ""))
    params = load_params(project.root / "params.yaml")
    assert params.data.features["reading"].center == 0
    context = Context(params, Workspace.at(project.root))
    with pytest.raises(ProjectError, match=r"digits: .*set data.features.reading.center: 70000014"):
        validate.run(context, {})


def test_a_target_of_too_many_digits_is_refused(project):
    rows = [[x := RNG.gauss(0, 1), 5e9 + x + RNG.gauss(0, 1)] for _ in range(200)]
    sentence = project.refused(table("t.csv", ["x", "y"], rows), "y")
    assert sentence.startswith("t.csv: the target `y` has more digits than")
