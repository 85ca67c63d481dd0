"""What the server counts, in Prometheus' words. Label values come from loaded models and our own routes only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ganzoo_serve.engine.engine import Engine
from ganzoo_serve.engine.watch import Watch
from ganzoo_serve.models.catalogue import Catalogue

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Measures(Watch):
    """Counters and histograms of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"ganzoo_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"ganzoo_{name}_seconds", text, labels, registry=registry, buckets=_SECONDS)

        self.requests = counter("requests_total", "Replies sent.", "model", "route", "code")
        self.request_seconds = seconds("request", "From the request's head to the end of the reply.", "route")
        self.samples = counter("samples_total", "Images drawn.", "model")
        self.batches = counter("batches_total", "Runs of a model, by their batch size.", "model", "bucket")
        self.batch_size = Histogram(
            "ganzoo_batch_size",
            "Images of a run, those that fill it up included.",
            ("model",),
            registry=registry,
            buckets=_SIZES,
        )
        self.batch_seconds = counter("batch_seconds_total", "Drawing, by the runs' batch size.", "model", "bucket")
        self.padded = counter("padded_samples_total", "Images drawn to fill up a batch.", "model")
        self.queue_seconds = seconds("queue", "How long samples waited.", "model")
        self.infer_seconds = seconds("infer", "Drawing what a thread took at once.", "model")
        self.encode_seconds = seconds("encode", "Encoding it.", "model")
        self.inference_seconds = seconds("inference", "Open Inference Protocol requests.", "model", "outcome")
        self.rejected = counter(
            "rejected_total",
            "Requests refused: the queue full, a key's rate, the deadline, unavailable, too many connections.",
            "reason",
        )
        self.hits = counter("cache_hits_total", "Images found in memory or shared with another request.")
        self.misses = counter("cache_misses_total", "Images that had to be drawn.")
        self.not_modified = counter("not_modified_total", "Images that the client had already.")
        self.last_drawn: dict[str, float] = {}  # seconds since 1970, by model
        # Looking a child up by its labels costs more than counting.
        self._children: dict[tuple[Any, ...], Any] = {}

    def watch(self, models: Catalogue, engine: Engine) -> None:
        """Also say which models there are and what waits, whenever somebody looks."""
        self.registry.register(_Models(models, engine))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self.registry)

    def replied(self, model: str, route: str, code: int, seconds: float) -> None:
        """A reply was sent."""
        self._of(self.requests, model, route, str(code)).inc()
        self._of(self.request_seconds, route).observe(seconds)

    def inferred(self, name: str, seconds: float, *, success: bool) -> None:
        """A request of the Open Inference Protocol ended; ``name`` as it was asked for."""
        self._of(self.inference_seconds, name, "success" if success else "fail").observe(seconds)

    def queued(self, model: str, seconds: float) -> None:
        """See ``Watch``."""
        self._of(self.queue_seconds, model).observe(seconds)

    def drew(self, model: str, samples: int, batches: Sequence[int], seconds: float) -> None:
        """See ``Watch``."""
        self._of(self.samples, model).inc(samples)
        self.last_drawn[model] = time.time()
        each = seconds / max(sum(batches), 1)
        for size in batches:
            self._of(self.batches, model, str(size)).inc()
            self._of(self.batch_seconds, model, str(size)).inc(each * size)
            self._of(self.batch_size, model).observe(size)
        if padded := sum(batches) - samples:
            self._of(self.padded, model).inc(padded)
        self._of(self.infer_seconds, model).observe(seconds)

    def encoded(self, model: str, samples: int, seconds: float) -> None:
        """See ``Watch``."""
        self._of(self.encode_seconds, model).observe(seconds)

    def _of(self, metric: Any, *labels: str) -> Any:
        key = (metric, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child


class _Models(Collector):
    """The models as they are at the moment."""

    def __init__(self, models: Catalogue, engine: Engine) -> None:
        self._models, self._engine = models, engine

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What Prometheus asks for."""
        info = GaugeMetricFamily(
            "ganzoo_model_info",
            "Which models there are: 1 for each.",
            labels=("model", "rev", "provider", "determinism"),
        )
        ready = GaugeMetricFamily("ganzoo_model_ready", "0 if it was there and is not.", labels=("model",))
        waiting = GaugeMetricFamily("ganzoo_queue_samples", "Images that wait.", labels=("model",))
        skipped = GaugeMetricFamily("ganzoo_skipped_files", "Files that could not be loaded; the log says why.")
        skipped.add_metric((), len(self._models.skipped))
        for model in self._models.every():
            info.add_metric((model.name, model.rev, model.generator.device, model.tuned.grade), 1)
        for name in self._models:
            ready.add_metric((name,), 1)
            waiting.add_metric((name,), sum(self._engine.waiting(m.generator) for m in self._models.revisions(name)))
        for name in self._models.gone:
            ready.add_metric((name,), 0)
        return info, ready, waiting, skipped
