"""Prometheus metrics of the prediction service."""

from collections.abc import Iterable, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)

from .histogram import Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000)
_SHARES = tuple(round(0.1 * step, 1) for step in range(1, 11))


class Metrics:
    """One registry of metrics; two services in one process share nothing."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # nobody asks for them
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"serving_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"serving_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, label: str = "") -> Histogram:
            return Histogram(f"serving_{name}", text, _SECONDS, registry, label)

        self.requests = counter("requests", "Requests answered", "route", "code")
        self.latency = seconds("request_seconds", "Time to answer", "route")
        self.rows = Histogram("serving_batch_rows", "Rows of a request", _ROWS, registry).of()
        self.values = counter("values", "Unusual values in requests", "feature", "kind")
        self.store_seconds = seconds("feature_store_seconds", "Reads of the online store").of()
        self.store_errors = counter("feature_store_errors", "Reads that failed")
        self.reloads = counter("reloads", "Changes of the model", "outcome")
        for outcome in ("done", "refused", "unreachable"):
            self.reloads.labels(outcome)  # at 0: an increase from nothing is none to Prometheus
        self.log_dropped = counter("log_dropped", "Predictions that could not be logged")
        self.pending = gauge("pending_requests", "Requests in progress")
        self._info = gauge("model_info", "The model version served", "model", "version", "sha256")
        self._created = gauge("model_created_seconds", "When it was registered, since 1970")
        self._loaded = gauge("model_loaded_seconds", "When it was loaded, since 1970")
        self._predictions: Histogram | None = None
        self._labels = counter("predicted_labels", "Predicted classes", "label")
        self._edges: Sequence[float] | None = None

    def serve(self, stamp: Any, edges: Sequence[float], now: float) -> None:
        """Record the version now served; its buckets fit its target."""
        self._info.clear()
        self._info.labels(stamp.name, stamp.version, stamp.digest).set(1)
        self._created.set(stamp.created or now)
        self._loaded.set(now)
        buckets = tuple(edges) or _SHARES
        if buckets != self._edges:
            if self._predictions is not None:
                self.registry.unregister(self._predictions)
            text = "Predicted numbers, or probability of the predicted class"
            self._predictions = Histogram("serving_prediction", text, buckets, self.registry)
            self._edges = buckets

    def predicted(self, numbers: Iterable[float], labels: Iterable[str] = ()) -> None:
        """Count predictions."""
        if self._predictions is not None:
            tally = self._predictions.of()
            for number in numbers:
                tally.observe(number)
        for label in labels:
            self._labels.labels(label).inc()

    def text(self) -> bytes:
        """The page for Prometheus."""
        return generate_latest(self.registry)
