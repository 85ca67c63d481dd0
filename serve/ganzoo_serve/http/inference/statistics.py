"""What the protocol's statistics say, from what is counted anyhow.

Images, runs, waiting and drawing are of the generator, whichever route they were drawn for; ``success`` and ``fail`` are of
inference requests by the name they had. The counts of a name go on when its file is replaced.
"""

from __future__ import annotations

from typing import Any

from prometheus_client.metrics import MetricWrapperBase

from ganzoo_serve.http.inference.signature import Face
from ganzoo_serve.http.measures import Measures

_NOTHING = {"count": 0, "ns": 0}


def of(measures: Measures, face: Face) -> dict[str, Any]:
    """One member of ``model_stats``."""
    model = face.model.name
    runs = {size: int(count) for size, count in _by_bucket(measures.batches, model).items()}
    seconds = _by_bucket(measures.batch_seconds, model)
    return {
        "name": face.name,
        "version": face.model.rev,
        "last_inference": int(measures.last_drawn.get(model, 0) * 1000),  # ms since 1970
        "inference_count": int(_value(measures.samples, "_total", model=model)),
        "execution_count": sum(runs.values()),
        "inference_stats": {
            "success": _times(measures.inference_seconds, model=face.name, outcome="success"),
            "fail": _times(measures.inference_seconds, model=face.name, outcome="fail"),
            "queue": _times(measures.queue_seconds, model=model),
            "compute_input": _NOTHING,  # latents are made where they are drawn from, and counted there
            "compute_infer": _times(measures.infer_seconds, model=model),
            "compute_output": _times(measures.encode_seconds, model=model),
            "cache_hit": _NOTHING,
            "cache_miss": _NOTHING,
        },
        "batch_stats": [
            {"batch_size": size, "compute_infer": {"count": count, "ns": _ns(seconds.get(size, 0.0))}}
            for size, count in sorted(runs.items())
        ],
    }


def _by_bucket(counter: MetricWrapperBase, model: str) -> dict[int, float]:
    return {
        int(sample.labels["bucket"]): sample.value
        for metric in counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["model"] == model
    }


def _value(metric: MetricWrapperBase, suffix: str, **labels: str) -> float:
    """Asked for by its own labels it would be made, if nothing was counted yet."""
    found = (sample for family in metric.collect() for sample in family.samples)
    return next((sample.value for sample in found if sample.name.endswith(suffix) and sample.labels == labels), 0.0)


def _times(histogram: MetricWrapperBase, **labels: str) -> dict[str, int]:
    return {"count": int(_value(histogram, "_count", **labels)), "ns": _ns(_value(histogram, "_sum", **labels))}


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
