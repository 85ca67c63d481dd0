"""Stacked MNIST for ganzoo: three digits an image, so a thousand modes, and how many of them a generator has found.

The digits are data set ``mnist``, their classifier the features ``classifier``, both by these names in the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganzoo import (
    DataRequest,
    Dataset,
    FeatureContext,
    FeatureExtractor,
    ImageData,
    Metric,
    Options,
    hookimpl,
)

if TYPE_CHECKING:
    from ganzoo.evaluation import Comparison, Extractor, Measured


def load(request: DataRequest) -> ImageData:
    from ganzoo_stacked import images

    return images.load(request)


def build_stacked(context: FeatureContext[Options]) -> Extractor:
    from ganzoo_stacked import modes

    return modes.build(context)


def measure_modes(comparison: Comparison[Options]) -> Measured:
    from ganzoo_stacked import modes

    return modes.measure(comparison)


@hookimpl
def register_datasets(register: Callable[[Dataset], None]) -> None:
    register(
        Dataset(
            name="stacked-mnist",
            load=load,
            resolution=32,
            features="stacked",
            metrics=("stacked-modes", "fid"),
            licence="CC BY-SA 3.0",
            paper="arXiv:1611.02163",
            summary="60,000 images of three MNIST digits each, in red, green and blue, and 10,000 for testing, 1,000 classes",
        )
    )


@hookimpl
def register_features(register: Callable[[FeatureExtractor], None]) -> None:
    register(
        FeatureExtractor(
            name="stacked",
            build=build_stacked,
            paper="arXiv:1611.02163",
            summary="Each channel of stacked-mnist by the classifier of MNIST's digits, which is trained once.",
        )
    )


@hookimpl
def register_metrics(register: Callable[[Metric], None]) -> None:
    register(
        Metric(
            name="stacked-modes",
            compute=measure_modes,
            gives={"stacked_modes": "higher", "stacked_kl": "lower"},
            needs={"probabilities", "extractor"},
            paper="arXiv:1712.04086",
            summary="Triples of digits found, of 1,000, and how evenly; by '--features stacked', in papers '--samples 26000'.",
        )
    )
