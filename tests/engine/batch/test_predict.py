"""A whole table: the same numbers as the service, values held to the contract, little memory."""

import csv
import json
import sys

import numpy as np
import pandas as pd
import pytest

from running import STARTED, command, environment, subprocess

pytestmark = pytest.mark.slow
PEAK = f"""
import atexit
def peak():  # getrusage would count what the parent held when it forked
    lines = open("/proc/self/status").read().splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM")]
    print("peak", int(line.split()[1]) // 1024)
atexit.register(peak)
{STARTED}
"""


def predict(folder, source, output, *words):
    return command(folder, "predict", "--input", str(source), "--output", str(output), *words)


@pytest.fixture(scope="module")
def table(promoted):
    """Forty rows of features, some of them with gaps."""
    found = pd.read_parquet(promoted / "data/features.parquet").iloc[::70].head(40)
    assert found["load_lag_14"].isna().any()
    return found


def test_every_way_in_and_out_gives_the_numbers_of_the_service(promoted, server, table, tmp_path):
    table.to_parquet(tmp_path / "in.parquet")
    table.to_csv(tmp_path / "in.csv", index=False)
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    keys = ("area", "event_timestamp")
    plain = [{name: value for name, value in row.items() if name not in keys} for row in rows]
    for row in plain:
        row["holiday"] = bool(row["holiday"])
    served = server.post("/predict", {"rows": plain})[1]["predictions"]
    for source in ("in.parquet", "in.csv"):
        for output in ("out.parquet", "out.csv"):
            done = predict(promoted, tmp_path / source, tmp_path / output)
            assert "40 rows by load-forecast v1" in done.stdout, done.stderr
            kind = pd.read_parquet if output.endswith("parquet") else pd.read_csv
            found = kind(tmp_path / output)
            assert found["prediction"].tolist() == served
            assert set(found["model_version"].astype(str)) == {"1"}
            assert found["area"].tolist() == table["area"].tolist()
    with (tmp_path / "in.csv").open() as before, (tmp_path / "out.csv").open() as after:
        for old, new in zip(csv.reader(before), csv.reader(after), strict=True):
            assert new[: len(old)] == old, "what came in goes out as it was"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"temperature": 99.5},
            "row 7: column `temperature` holds `99.5`, outside what the contract",
        ),
        ({"weekday": 1.5}, "row 7: column `weekday` holds `1.5`, not a whole number"),
        ({"weekday": np.nan}, "row 7: column `weekday` is empty, but the model needs it"),
        ({"area_key": "Bavaria"}, "holds `Bavaria`, known values are 50Hertz, Amprion"),
        ({"holiday": 0.5}, "row 7: column `holiday` holds `0.5`, neither true/false"),
        ({"load_lag_1": np.inf}, "an infinite value"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_wrong_value_is_named_and_nothing_is_written(
    bundle, table, tmp_path, change, words, kind
):
    wrong = table.reset_index(drop=True)
    for name, value in change.items():
        wrong.loc[6, name] = value
    source, output = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    if kind == "csv":
        wrong.to_csv(source, index=False)
    else:
        wrong.to_parquet(source)
    done = predict(tmp_path, source, output, "--model", str(bundle))
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


@pytest.mark.parametrize(
    ("source", "output", "words"),
    [
        ("in.csv", "out.txt", "out.txt is not a .csv or .parquet file"),
        ("in.csv", "in.csv", "cannot be the output too"),
        ("none.csv", "out.csv", "none.csv is missing"),
        ("less.csv", "out.csv", "less.csv has no column `date`, which load-forecast v1 needs"),
        ("torn.parquet", "out.csv", "cannot be read as parquet"),
        ("ragged.csv", "out.csv", "a row has 2 fields, the header 11"),
        ("latin.csv", "out.csv", "is not UTF-8 text"),
    ],
)
def test_a_wrong_file_is_named(bundle, table, tmp_path, source, output, words):
    table.to_csv(tmp_path / "in.csv", index=False)
    table.drop(columns="weekday").to_csv(tmp_path / "less.csv", index=False)
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    text = (tmp_path / "in.csv").read_text()
    (tmp_path / "ragged.csv").write_text(text + "1,2\n")
    (tmp_path / "latin.csv").write_bytes(text.encode() + b"\xff" + text.splitlines()[1].encode())
    done = predict(tmp_path, tmp_path / source, tmp_path / output, "--model", str(bundle))
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.fixture(scope="module")
def raw(promoted):
    """Rows of the raw table as it was written, newest first."""
    return pd.read_csv(promoted / "data/raw/load.csv", dtype=str).iloc[::-53].head(50)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_like_the_one_adopted_is_predicted_as_its_features_are(
    promoted, raw, tmp_path, kind
):
    features = promoted / "data/features.parquet"
    assert predict(promoted, features, tmp_path / "all.parquet").returncode == 0
    wanted = pd.read_parquet(tmp_path / "all.parquet")
    wanted["date"] = wanted["event_timestamp"].dt.strftime("%Y-%m-%d")
    wanted = wanted.set_index(["area", "date"])["prediction"]
    table = raw.drop(columns="load").assign(note="a, b", Prediction="mine")
    write = table.to_parquet if kind == "parquet" else table.to_csv
    write(tmp_path / f"in.{kind}", index=False)
    done = predict(promoted, tmp_path / f"in.{kind}", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert "50 rows by load-forecast v1" in done.stdout
    assert done.stdout.strip().endswith("prediction is called prediction_2")
    found = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert list(found) == [*table, "prediction_2", "model_version"]
    pd.testing.assert_frame_equal(found[[*table]], table.reset_index(drop=True), check_dtype=False)
    keys = pd.MultiIndex.from_frame(found[["area", "date"]])
    assert found["prediction_2"].astype(float).tolist() == wanted.loc[keys].tolist()


def test_rows_later_than_the_history_are_predicted_and_it_is_said(promoted, raw, tmp_path):
    later = raw.head(3).assign(date=["2017-01-01", "2017-01-02", "2017-01-09"], load="?")
    later.to_csv(tmp_path / "in.csv", index=False)
    done = predict(promoted, tmp_path / "in.csv", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    words = "load_lag_1 in 2 rows, load_lag_2 in 1 row, load_lag_7 in 1 row"
    assert f"beyond the history: {words} (it ends 2016-12-31)" in done.stdout
    assert len(pd.read_csv(tmp_path / "out.csv")) == 3


def test_a_model_alone_knows_no_history(bundle, raw, tmp_path):
    raw.to_csv(tmp_path / "in.csv", index=False)
    words = ("--model", str(bundle))
    done = predict(tmp_path, tmp_path / "in.csv", tmp_path / "out.csv", *words)
    assert done.returncode == 0, done.stderr
    assert "load_lag_14 in 50 rows (there is none here)" in done.stdout


def test_a_wrong_value_of_a_raw_table_is_named(bundle, raw, tmp_path):
    raw.assign(date="31.12.2016").to_csv(tmp_path / "in.csv", index=False)
    words = ("--model", str(bundle))
    done = predict(tmp_path, tmp_path / "in.csv", tmp_path / "out.csv", *words)
    assert "row 1: column `date` holds `31.12.2016`, not a date like 2024-12-31" in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_table(bundle, table, tmp_path, kind):
    peaks = []
    for rows in (80_000, 640_000):
        many = pd.concat([table] * (rows // 40), ignore_index=True)
        source = tmp_path / f"in.{kind}"
        many.to_csv(source, index=False) if kind == "csv" else many.to_parquet(source)
        words = ["--input", str(source), "--output", str(tmp_path / f"out.{kind}")]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "predict", *words, "--model", str(bundle)],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"{rows:,} rows" in done.stdout
        peaks.append(int(done.stdout.split("peak")[1]))
    print(f"{kind}: {peaks} MB")
    assert peaks[1] - peaks[0] < 40, "eight times the rows"
