"""Scoring exported models. What stands here is what plugins of features and metrics need; it imports no torch."""

from ganzoo.evaluation.interval import mean_and_interval
from ganzoo.evaluation.samples import (
    Comparison,
    Estimate,
    Extractor,
    Features,
    Float32,
    Float64,
    Labels,
    Measured,
    Moments,
    Pixels,
    Sample,
)

__all__ = [
    "Comparison",
    "Estimate",
    "Extractor",
    "Features",
    "Float32",
    "Float64",
    "Labels",
    "Measured",
    "Moments",
    "Pixels",
    "Sample",
    "mean_and_interval",
]
