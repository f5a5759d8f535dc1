"""The service answers: its page, its example, and what a prediction of the whole table says."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import pandas as pd
import pytest
from conftest import command, environment

from level2.features.transforms import model_features


@pytest.fixture(scope="module")
def address(trained, bundle):
    """Where the real service of the trained copy listens, as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "level2", "serve", "--port", "0", "--model", str(bundle)],
        cwd=trained,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        first = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert found, first
        yield found[0]
    finally:
        process.terminate()
        process.wait(30)


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refusal:
        pytest.fail(f"{url} answers {refusal.code}: {refusal.read().decode()}")


def test_the_page_answers(address):
    page = ask(address)
    assert "<main" in page
    [script] = re.findall(r'src="(page/[^"]+\.js)"', page)
    assert "predict" in ask(f"{address}/{script}")


def test_the_service_says_what_a_prediction_of_the_table_says(address, trained, bundle, params):
    """The skew test: online and offline, the same rows get the same answers."""
    features = model_features(params.data, params.featurize)
    rows = pd.read_parquet(trained / "data" / "dataset.parquet")[list(features)].tail(5)
    rows.to_parquet(trained / "five.parquet", index=False)
    words = ("--input", "five.parquet", "--output", "five.csv", "--model", str(bundle))
    command(trained, "predict", *words)
    offline = pd.read_csv(trained / "five.csv")["prediction"].tolist()
    lines = [
        {name: written(row[name], feature.type) for name, feature in features.items()}
        for row in rows.to_dict("records")
    ]
    online = json.loads(ask(f"{address}/predict", {"rows": lines}))["predictions"]
    if params.data.task == "regression":
        assert online == pytest.approx(offline, rel=1e-6)
    else:
        assert [str(label) for label in online] == [str(label) for label in offline]


def written(value, kind):
    """A model's input as a request writes it."""
    if pd.isna(value):
        return None
    return {"bool": bool, "int": int, "float": float, "category": str}[kind](value)
