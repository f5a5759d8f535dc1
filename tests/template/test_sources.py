"""Labels and a table of weather with late corrections: the same by every way, and ahead of time."""

import json
import random
from datetime import date, timedelta

import pytest

from projects import champion, copy, evaluation, make, python, tool

pytestmark = pytest.mark.slow

DAYS = [date(2023, 1, 1) + timedelta(days=n) for n in range(300)]

BARE = """
import json
import pandas as pd
from level2.model import estimators
from level2.data.feature import Feature

labels = pd.read_csv("data/raw/labels.csv", parse_dates=["day"])
weather = pd.read_csv("data/raw/weather.csv", parse_dates=["at", "known"])
rows = []
for place, row in labels.iterrows():
    seen = weather[(weather["area"] == row["region"]) & (weather["at"] <= row["day"])
                   & (weather["known"] <= row["day"])
                   & (weather["at"] >= row["day"] - pd.Timedelta("3D"))]
    seen = seen.sort_values(["at", "known"])
    rows.append(seen[["warmth", "sky"]].iloc[-1] if len(seen) else pd.Series(
        {"warmth": None, "sky": None}))
found = labels.join(pd.DataFrame(rows, index=labels.index)).sort_values(["day", "region"])
data = pd.read_parquet("data/dataset.parquet").sort_values(["event_timestamp", "region"])
assert len(found) == len(data)
same = found["warmth"].astype("float32").to_numpy() == data["warmth"].to_numpy()
same |= found["warmth"].isna().to_numpy() & data["warmth"].isna().to_numpy()
print(json.dumps({"rows": len(data), "differ": int((~same).sum()),
                  "sky": int((found["sky"].fillna("").to_numpy()
                              != data["sky"].fillna("").to_numpy()).sum()),
                  "missing": int(data["warmth"].isna().sum())}))
"""


def tables(folder):
    """Labels that follow the weather; weather known a day late, and corrected a day after that."""
    draw = random.Random(3)  # noqa: S311
    warmth = {
        (area, day): 12 + 9 * (day.timetuple().tm_yday % 180) / 180 + 3 * place + draw.gauss(0, 2)
        for place, area in enumerate("ab")
        for day in [DAYS[0] - timedelta(days=2), DAYS[0] - timedelta(days=1), *DAYS]
    }
    labels = ["day,region,demand"]
    labels += [
        f"{day},{area},{100 + 4 * warmth[area, day - timedelta(days=1)] + draw.gauss(0, 3):.1f}"
        for day in DAYS
        for area in "ab"
    ]
    weather = ["at,known,area,warmth,sky"]
    for (area, day), value in warmth.items():
        sky = "rain" if value < 15 else "clear"
        weather.append(f"{day},{day + timedelta(days=1)},{area},{value:.2f},{sky}")
        if draw.random() < 0.2:  # a correction, known later
            weather.append(f"{day},{day + timedelta(days=3)},{area},{value + 1:.2f},{sky}")
    (folder / "labels.csv").write_text("\n".join(labels) + "\n")
    (folder / "weather.csv").write_text("\n".join(weather) + "\n")


@pytest.fixture(scope="module")
def joined(bake, tmp_path_factory):
    """A project that adopted the labels and added the weather; what `add-source` said."""
    folder = tmp_path_factory.mktemp("sources")
    project = copy(bake(), folder / "load-forecast")
    tables(folder)
    make(project, "adopt", f"DATA={folder / 'labels.csv'}", "TARGET=demand")
    words = [f"DATA={folder / 'weather.csv'}", "ENTITY=area:region", "TIMESTAMP=at"]
    said = make(project, "add-source", *words, "CREATED=known", "TTL=3D")
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("trials: 20", "trials: 2"))
    tool(project, "git", "add", "--all")
    tool(project, "git", "commit", "--quiet", "-m", "Weather")
    make(project, "run")
    return project, said


def metrics(project):
    return json.loads((project / "artifacts/metrics.json").read_text())


def test_a_source_is_explained_and_written_into_contract_and_stages(joined):
    project, said = joined
    assert "area                     key: asked for by ENTITY, there `region`" in said
    assert "known                    created time: a row is not seen before it" in said
    assert "found for 600 of 600 rows" in said
    params = (project / "params.yaml").read_text()
    assert "  sources:\n    weather: {path: data/raw/weather.csv, entity: [region]," in params
    assert (
        "    sky: {type: category, categories: [clear, rain], nullable: true, source: weather}"
        in params
    )
    assert "# largest share of missing values" in params, "comments are kept"
    assert (project / "dvc.yaml").read_text().count('"${data.sources.weather.path}"') == 2
    assert (project / "data/raw/weather.csv.dvc").exists()
    assert tool(project, "git", "status", "--short").split() == ["??", "artifacts/"], "of the run"


def test_each_row_holds_what_a_bare_loop_finds_known_at_its_time(joined):
    project, _ = joined
    found = json.loads(python(project, BARE))
    assert found == {"rows": 600, "differ": 0, "sky": 0, "missing": 0}
    assert evaluation(project)["candidate"]["metrics"]["r2"] > 0.8


def test_dvc_and_the_pipeline_give_the_same_metrics(joined, tmp_path):
    project, _ = joined
    wanted = metrics(project)
    repro = copy(project, tmp_path / "load-forecast")
    tool(repro, "dvc", "repro")
    assert metrics(repro) == wanted
    weather = repro / "data/raw/weather.csv"
    lines = weather.read_text().splitlines(keepends=True)
    kept = [line for place, line in enumerate(lines) if not 200 <= place < 230]
    weather.write_text("".join(kept))
    assert "Running stage 'ingest'" in tool(repro, "dvc", "repro")
    assert metrics(repro) != wanted
    pipeline = copy(project, tmp_path / "pipeline")
    make(pipeline, "pipeline", "TRIGGER=manual")
    assert metrics(pipeline) == wanted


def test_a_version_is_trained_again_from_both_tables(joined, tmp_path):
    project = copy(joined[0], tmp_path / "load-forecast")
    weather = project / "data/raw/weather.csv"
    kept = weather.read_text()
    weather.write_text(kept + "2023-11-01,2023-11-01,a,99,rain\n")
    assert "reproduced" in make(project, "reproduce"), "from DVC's copy, not from the folder's"
    said = make(project, "pull")
    assert "data/raw/weather.csv from DVC" in said
    assert weather.read_text() == kept
    tags = make(project, "lineage")
    assert "data/raw/labels.csv md5" in tags


def test_the_days_ahead_are_forecast_from_the_last_weather_known(joined):
    project, _ = joined
    said = make(project, "predict", "AHEAD=3", "OUTPUT=ahead.csv")
    assert "6 rows by labels-demand v1 · ahead.csv · after 2023-10-27, until 2023-10-30" in said
    header, *rows = (project / "ahead.csv").read_text().replace('"', "").splitlines()
    assert header == "region,day,prediction,model_version"
    assert [row.split(",")[:2] for row in rows] == [
        [area, f"2023-10-{day}"] for day in (28, 29, 30) for area in "ab"
    ]
    assert all(80 < float(row.split(",")[2]) < 250 for row in rows)
    # the first day ahead is what a row of that day gives, lags and weather looked up
    (project / "asked.csv").write_text("day,region\n2023-10-28,a\n2023-10-28,b\n")
    make(project, "predict", "INPUT=asked.csv", "OUTPUT=asked_scored.csv")
    first = [row.split(",")[2] for row in rows[:2]]
    alone = (project / "asked_scored.csv").read_text().replace('"', "").splitlines()[1:]
    assert [row.split(",")[2] for row in alone] == first


def test_weather_older_than_its_time_to_live_is_missing_and_named(joined):
    said = make(joined[0], "predict", "AHEAD=6", "OUTPUT=ahead.csv")
    assert "missing: sky in 6 of 12, warmth in 6 of 12" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["AHEAD=0"], "say which rows"),
        (["AHEAD=-1"], "AHEAD=-1 is not understood"),
        (["AHEAD=2", "INPUT=labels.csv"], "say which rows: INPUT=table.csv, or AHEAD=7"),
    ],
)
def test_rows_are_asked_for_one_way(joined, words, complaint):
    assert complaint in make(joined[0], "predict", *words, "OUTPUT=x.csv", ok=False)
    assert not (joined[0] / "x.csv").exists()


def test_a_column_nobody_knows_ahead_is_asked_for(trained):
    said = make(trained, "predict", "AHEAD=2", "OUTPUT=x.csv", ok=False)
    assert "nobody knows `holiday` of the periods ahead" in said


REFUSED = {
    "the name is taken": (["DATA=weather.csv"], "data.sources.weather is there already"),
    "no such column": (["DATA=other.csv", "ENTITY=town"], "other.csv has no column `town`"),
    "no such key": (["DATA=other.csv", "ENTITY=place"], "`place` is not the entity and no"),
    "another's keys": (
        ["DATA=other.csv", "ENTITY=place:region"],
        "no row of data/raw/labels.csv finds one of other",
    ),
    "a wrong ttl": (
        ["DATA=other.csv", "ENTITY=place:region", "TTL=soon"],
        "`soon` is not a duration like 1D",
    ),
    "rows that share their time": (
        ["DATA=other.csv"], "say which column finds a row, ENTITY=column or ENTITY=column:name",
    ),
    "the answer itself": (
        ["DATA=labels.csv", "NAME=again"], "leave them out with EXCLUDE=again_demand",
    ),
    "a window without a length": (
        ["DATA=weather.csv", "NAME=past", "ENTITY=area:region", "TIMESTAMP=at", "EXCLUDE=known",
         "WINDOWS=warmth:mean"],
        "WINDOWS=warmth:mean is not understood: say column:function:length, like amount:sum:30D",
    ),
    "a window over words": (
        ["DATA=weather.csv", "NAME=past", "ENTITY=area:region", "TIMESTAMP=at", "EXCLUDE=known",
         "WINDOWS=sky:mean:3D"],
        "`sky` holds no numbers, so a window over it has no mean",
    ),
    "a window over the target as it is": (
        ["DATA=labels.csv", "NAME=past", "WINDOWS=demand:mean:7D"],
        "so a window would hold the row's own: say data.horizon",
    ),
    "no time": (["DATA=timeless.csv"], "has no column of dates: name its event time"),
    "no table": (["DATA=nothing.csv"], "nothing.csv"),
    "a target": (["DATA=other.csv", "TARGET=demand"], "only adopt takes DATA= and TARGET="),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_source_that_does_not_fit_is_refused_and_nothing_is_written(joined, case):
    project, folder = joined[0], joined[0].parent
    days = [(day, place) for day in DAYS[:100] for place in ("x", "y")]
    other = [f"{day},{place},{number % 7}" for number, (day, place) in enumerate(days)]
    (folder / "other.csv").write_text("\n".join(["day,place,price", *other]) + "\n")
    plain = [f"{place},{number}" for number, place in enumerate("ab")]
    (folder / "timeless.csv").write_text("\n".join(["region,rank", *plain]) + "\n")
    words, complaint = REFUSED[case]
    words = [word.replace("DATA=", f"DATA={folder}/") for word in words]
    before = {name: (project / name).read_text() for name in ("params.yaml", "dvc.yaml")}
    raw = sorted(path.name for path in (project / "data/raw").iterdir())
    assert complaint in " ".join(make(project, "add-source", *words, ok=False).split())
    assert {name: (project / name).read_text() for name in before} == before
    assert sorted(path.name for path in (project / "data/raw").iterdir()) == raw
    assert len(champion(project)) == 1


def test_another_table_is_adopted_and_nothing_of_the_sources_is_left(joined, tmp_path):
    project = copy(joined[0], tmp_path / "load-forecast")
    make(project, "adopt", f"DATA={joined[0].parent / 'labels.csv'}", "TARGET=demand")
    assert "sources" not in (project / "params.yaml").read_text()
    assert "data.sources" not in (project / "dvc.yaml").read_text()
    assert "data/raw/labels.csv" in tool(project, "dvc", "stage", "list", "--all")
    assert "ingest" in tool(project, "dvc", "dag")
