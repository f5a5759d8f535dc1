"""Tables with awkward names and times, from `adopt` to a scored file and an answered request."""

import asyncio
import json
import math
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pandas as pd
import pytest

from layout import PROJECT
from level2.adoption.step import adopt
from level2.base.errors import ProjectError
from level2.batch import predict
from level2.data.requests import RequestError
from level2.features.known_past import KnownPast
from level2.params.config import load_params
from level2.project import Context
from level2.serving.examples import examples
from level2.serving.form import describe
from level2.serving.model_slot import Slot
from level2.serving.prometheus import Metrics
from level2.serving.service import Service
from level2.serving.settings import ServeSettings
from level2.serving.sources import Folder
from level2.training.steps import build_dataset, featurize, ingest, train
from level2.workspace import Workspace

FEATURE_REPO = PROJECT / "feature_repo"
DRAWN = random.Random(7)  # noqa: S311  made-up values, the same each time


def days(count, first=date(2023, 1, 1)):
    return [first + timedelta(days=place) for place in range(count)]


def column_weekday():
    """A calendar feature would be called as a column is, in another case."""
    rows = [(str(day), f"{day:%A}", DRAWN.gauss(12, 4)) for day in days(400)]
    return "sales", pd.DataFrame(
        [(*row, 50 + 2 * row[2] + DRAWN.gauss(0, 2)) for row in rows],
        columns=["date", "Weekday", "temp", "sales"],
    )


def column_model_version():
    """What `predict` adds is called as a column is."""
    rows = [(DRAWN.choice("ab"), DRAWN.gauss(0, 1)) for _ in range(300)]
    return "y", pd.DataFrame(
        [(*row, 2 * row[1] + (row[0] == "a") + DRAWN.gauss(0, 0.1)) for row in rows],
        columns=["model_version", "x", "y"],
    )


def names_with_marks():
    """Names that are no names anywhere else, an identifier, and a time that is only a calendar."""
    rows = []
    for place, day in enumerate(days(300, date(2007, 11, 1))):
        kind = ["Adelie penguin (A)", "Gentoo penguin (G)"][place % 2]
        mass, delta = DRAWN.gauss(4000 + 900 * (place % 2), 250), DRAWN.gauss(-25, 0.5)
        rows.append((place + 1, round(mass), round(delta, 3), str(day), kind))
    names = ["Sample Number", "Body Mass (g)", "Delta 13 C (o/oo)", "Date Egg", "Species"]
    return "Species", pd.DataFrame(rows, columns=names)


def column_month():
    """The time is called as a calendar feature is."""
    months = pd.date_range("2012-01-01", periods=96, freq="MS")
    heat = [10 + 9 * math.sin(place / 2) for place in range(96)]
    sold = [100 + 2 * value + DRAWN.gauss(0, 3) for value in heat]
    return "sold", pd.DataFrame({"month": months.strftime("%Y-%m-%d"), "heat": heat, "sold": sold})


def shops_by_hour():
    """Entities and lags under other names than the project's, classes of an output's name."""
    hours = pd.date_range("2024-01-01", periods=240, freq="h").strftime("%d.%m.%Y %H:%M")
    rows = [(hour, shop, DRAWN.gauss(0, 1)) for hour in hours for shop in ("Süd", "Nord")]
    return "p", pd.DataFrame(
        [(*row, DRAWN.choice(["yes", "no"]), 10 + row[2] + DRAWN.gauss(0, 0.2)) for row in rows],
        columns=["Wann?", "prediction", "p_lag_1", "Truth", "p"],
    )


def local_dress():
    """Decimal commas, thousands with points, a unit: texts that only the contract can read."""
    rows = []
    for day in days(300):
        price, income = DRAWN.uniform(1, 5), DRAWN.uniform(1_000, 90_000)
        sold = 200 - 30 * price + DRAWN.gauss(0, 5)
        dressed = f"{income:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
        text = f"{price:.3f} €".replace(".", ",")
        rows.append((f"{day:%d.%m.%Y}", text, dressed, f"{sold:.2f}".replace(".", ",")))
    return "Menge", pd.DataFrame(rows, columns=["Datum", "Preis", "Einkommen", "Menge"])


TABLES = (
    *(column_weekday, column_model_version, names_with_marks, column_month, shops_by_hour),
    local_dress,
)


class Learned:
    """A project with a model of a table, and a service of it."""

    def __init__(self, root, make):
        self.root = root
        self.target, self.table = make()
        (root / "params.yaml").write_text("old: true\n")
        shutil.copytree(FEATURE_REPO, root / "feature_repo")
        self.file = root / "mine.csv"
        self.table.to_csv(self.file, index=False)
        adopt(root, self.file, self.target, None, None, None, (), (), lambda _: None)
        workspace = Workspace.at(root)
        context = Context(load_params(root / "params.yaml"), workspace)
        self.workspace = workspace
        ingest.run(context)
        featurize.run(context)
        build_dataset.run(context)
        workspace.tuning.parent.mkdir(exist_ok=True)
        workspace.tuning.write_text(json.dumps({"chosen": {"family": "linear", "params": {}}}))
        train.run(context)
        metrics = Metrics()
        slot = Slot(Folder(workspace.model), metrics)
        self.past = KnownPast(workspace.ingested)
        self.served = slot.served
        self.service = Service(
            slot, ServeSettings(), metrics, None, None, None, ThreadPoolExecutor(1), self.past
        )

    def ask(self, body):
        """Predictions of a request, as one of POST /predict."""

        async def answers():
            asked = await self.service.asked(self.served, body)
            return (await self.service.predict(self.served, asked, "x"))[1]

        return asyncio.run(answers())

    def predict(self, table, name="out.csv"):
        """The line and the table of `make predict`."""
        table.to_csv(self.root / "in.csv", index=False)
        markers = load_params(self.root / "params.yaml").data.missing_markers
        output = self.root / name
        line = predict.run(self.served, self.root / "in.csv", output, markers, self.past)
        return line, pd.read_csv(output)


@pytest.fixture(scope="module", params=TABLES, ids=lambda make: make.__name__)
def learned(request, tmp_path_factory):
    return Learned(tmp_path_factory.mktemp("own"), request.param)


def test_the_file_itself_is_scored_in_its_order_with_its_columns(learned):
    mixed = learned.table.sample(frac=1, random_state=1)
    line, found = learned.predict(mixed.drop(columns=learned.target))
    assert line.startswith(f"{len(mixed)} rows by"), line
    kept = [name for name in mixed if name != learned.target]
    assert list(found)[: len(kept)] == kept
    names = [name.casefold() for name in found]
    assert len(set(names)) == len(names), "no two columns differ in their case alone"
    pd.testing.assert_frame_equal(found[kept], mixed[kept].reset_index(drop=True))
    features = pd.read_parquet(learned.workspace.features)
    assert learned.predict(features, "features.csv")[1].shape[0] == len(features)


def test_a_request_has_the_numbers_of_the_file(learned):
    some = learned.table.iloc[-40::13]
    _, found = learned.predict(some)
    label = next(name for name in found.columns[len(some.columns) :] if "prediction" in name)
    wanted = found[label].tolist()
    whole = learned.ask({"rows": some.to_dict("records")})
    less = learned.ask({"rows": some.drop(columns=learned.target).to_dict("records")})
    assert whole == less
    told = [item["label"] if isinstance(item, dict) else item for item in whole]
    assert told == wanted if learned.served.classes else told == pytest.approx(wanted, rel=1e-12)


def test_every_example_is_answered(learned):
    found = examples(learned.served, False, learned.service.reads_tables(learned.served))
    assert set(found) == {"rows", "table"}
    for body in found.values():
        assert len(learned.ask(body)) == 1
    assert learned.ask(found["rows"]) == learned.ask(found["table"])


def test_the_page_calls_fields_as_the_table_does(learned):
    form = describe(learned.served, learned.service)
    labels = {field["label"] for field in form["fields"] if field["label"]}
    assert labels <= set(learned.table)
    assert form["target_label"] == learned.target


def test_a_column_that_is_missing_or_wrong_is_called_as_in_the_file(learned):
    raw = learned.served.raw
    numbers = [
        name for name, item in raw.contract.features.items() if item.type in {"float", "int"}
    ]
    for name in [raw.own[name] for name in numbers]:
        with pytest.raises(ProjectError, match="has no column") as caught:
            learned.predict(learned.table.drop(columns=name))
        assert f"`{name}`" in str(caught.value)
        with pytest.raises(ProjectError, match="not a number") as caught:
            learned.predict(learned.table.astype(str).assign(**{name: "x"}))
        assert f"in.csv row 1: column `{name}` holds `x`" in str(caught.value)
        row = {**learned.table.iloc[-1].to_dict(), name: "x"}
        with pytest.raises(RequestError, match="not a number") as caught:
            learned.ask({"rows": [row]})
        assert str(caught.value).startswith(f'rows[0].{name} is "x": not a number')
        assert caught.value.field == name
    assert not (learned.root / "none.csv").exists()
