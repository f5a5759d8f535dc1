#!/usr/bin/env bash
# prometheus_client 0.24.1
# A histogram whose first bucket edge is negative keeps `_count` when it is made with Histogram,
# and loses it when the same buckets are handed over by a custom collector with
# HistogramMetricFamily, although sum_value was given. A query such as rate(t_count[5m]) then
# finds nothing.
# Seen:
#   Histogram: t_bucket t_bucket t_bucket t_count
#   HistogramMetricFamily: t_bucket t_bucket t_bucket
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  prometheus_client==0.24.1
cd "$here"

venv/bin/python - <<'PYTHON'
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import HistogramMetricFamily

registry = CollectorRegistry()
histogram = Histogram("t", "help", buckets=[-1, 0], registry=registry)
for value in (-2, -0.5, 3):
    histogram.observe(value)
buckets = [("-1.0", 1), ("0.0", 2), ("+Inf", 3)]
family = HistogramMetricFamily("t", "help", buckets=buckets, sum_value=0.5)


def names(metric):
    return [sample.name for sample in metric.samples if sample.name != "t_created"]


(direct,) = registry.collect()
print("Histogram:", *names(direct))
print("HistogramMetricFamily:", *names(family))
assert names(direct) == ["t_bucket"] * 3 + ["t_count"]
assert names(family) == ["t_bucket"] * 3
PYTHON
