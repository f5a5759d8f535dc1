"""A whole run with everything the team declares: forest, metric, rule and notice."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest
import yaml

from layout import PROJECT
from level2.params.config import load_params
from level2.project import Context
from level2.registry.champion import champion_model, reader
from level2.serving.model import Stamp, ready
from level2.workspace import Workspace
from processes import command

pytestmark = pytest.mark.slow
FOREST = {
    "random_forest": {
        "n_estimators": {"type": "int", "min": 20, "max": 40},
        "max_depth": {"type": "int", "min": 6, "max": 10},
    }
}


@pytest.fixture
def chat():
    """Address and texts of an incoming webhook on this machine."""
    texts = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self):
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", texts
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("registered")
def test_a_forest_becomes_champion_and_answers(project, chat):
    url, texts = chat
    (project / "src").symlink_to(PROJECT / "src")
    path = project / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["tune"]["families"] = FOREST
    tree["evaluate"]["metrics"] = ["within_tenth"]
    tree["promote"] |= {
        "rules": ["no_slice_got_worse"],
        "thresholds": {"within_tenth": {"min": 0.5}},
        "worst_slice_ratio": None,
    }
    path.write_text(yaml.safe_dump(tree, sort_keys=False))

    done = command(project, "run", NOTICE_URL=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "by random_forest" in done.stdout
    decision = json.loads((project / "artifacts/decision.json").read_text())
    assert decision["verdict"] == "promote", decision["reasons"]
    passed = {rule["name"]: rule["passed"] for rule in decision["rules"]}
    assert passed["own rule no_slice_got_worse"]
    assert passed["threshold within_tenth"]
    assert passed["ONNX parity"]
    [text] = texts
    assert text.startswith("load-forecast v1 is the champion (rmse ")
    page = (project / "reports/report.md").read_text()
    assert "within tenth" in page

    context = Context(load_params(path), Workspace.at(project))
    store = reader(context)
    champion = store.champion("load-forecast")
    model = champion_model(store, champion)
    assert model.record["family"] == "random_forest"
    served = ready(model, Stamp("load-forecast", champion.version, model.digest))
    [answer] = served.answers(served.score(served.checker.columns([served.example])))
    loads = pd.read_parquet(project / "artifacts/predictions.parquet")["truth"]
    assert loads.min() < answer < loads.max()

    words = ["promote.margin=0.5", "train.seed=1", "tune.trials=1"]
    sets = [part for word in words for part in ("--set", word)]
    done = command(project, "run", *sets, NOTICE_URL="http://127.0.0.1:9/secret")
    assert done.returncode == 0, done.stdout + done.stderr
    decision = json.loads((project / "artifacts/decision.json").read_text())
    assert (decision["verdict"], decision["champion"]) == ("hold", "1")
    said = " ".join(done.stdout.split())
    assert "the notice failed: " in said
    assert "Connection refused" in said
    assert "secret" not in done.stdout + done.stderr
    assert len(texts) == 1
