"""Alert rules and dashboard ask for what a running service tells, by the names it tells it."""

import json
import re

import pytest
import yaml

from layout import PROJECT

MONITORING = PROJECT / "deploy" / "monitoring"
OUTSIDE = {"up"}  # Prometheus makes it itself
WORDS = {"le", "job", "instance"}  # so are these labels
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}

pytestmark = pytest.mark.slow


def asked():
    """Every expression of rules and dashboard."""
    tree = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    found = [rule["expr"] for group in tree["groups"] for rule in group["rules"]]
    board = json.loads((MONITORING / "grafana" / "serving.json").read_text())
    panels = [panel for item in board["panels"] for panel in item.get("panels", [item])]
    return found + [item["expr"] for panel in panels for item in panel["targets"]]


def names(expressions):
    """Metrics that expressions name, and labels."""
    text = "\n".join(expressions)
    labels = re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", text)
    for group in re.findall(r"\bby \(([^)]*)\)", text):
        labels += [word.strip() for word in group.split(",")]
    return set(re.findall(r"\b(?:serving_\w+|up)\b", text)), set(labels)


def told(server):
    """Names of samples that the service tells or would tell, and labels."""
    text = server.ask("GET", "/metrics")[2].decode()
    families = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)
    found = {name + suffix for name, kind in families for suffix in SUFFIXES[kind]}
    return found, set(re.findall(r"[{,](\w+)=\"", text))


def test_what_is_asked_is_told(server, example):
    server.post("/predict", {"rows": [example]})
    server.post("/predict", {"rows": [{**example, "temperature": None}]})
    server.post("/predict", {"rows": [{**example, "temperature": 10_000}]})
    metrics, labels = told(server)
    wanted, by = names(asked())
    assert wanted - OUTSIDE <= metrics
    # `label` comes with the first predicted class; this model predicts a number
    assert by <= labels | WORDS | {"label"}
    assert len(wanted) > 12


def test_what_is_told_is_on_the_dashboard_or_in_a_rule(server):
    wanted, _ = names(asked())
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told(server)[0]}
    seen = {re.sub(r"_(bucket|sum|count)$", "", name) for name in wanted}
    assert families - seen == set()


def test_a_planted_name_is_seen(server):
    wanted, by = names(['sum by (featur) (rate(serving_request_total{root="predict"}[5m]))'])
    assert wanted - told(server)[0] == {"serving_request_total"}
    assert by - told(server)[1] == {"featur", "root"}


def test_refusals_are_counted_from_zero(server):
    metrics = server.metrics()
    for outcome in ("done", "refused", "unreachable"):
        assert metrics[f'serving_reloads_total{{outcome="{outcome}"}}'] == 0
