"""Feature extractors for ganzoo: a classifier trained on the data set itself, and the Inception network of the FID."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import FeatureContext, FeatureExtractor, Options, hookimpl

if TYPE_CHECKING:
    from ganzoo.evaluation import Extractor


class ClassifierOptions(Options):
    """How the classifier is trained, once for each data set, size and set of options."""

    epochs: int | None = Field(None, ge=1, description="times through the images; by their number if not given")
    seed: int = Field(0, ge=0, lt=2**63, description="of weights, order and shifts")


class InceptionOptions(Options):
    """Where the weights are; those of the published scores are found or fetched if no file is named."""

    weights: Path | None = Field(None, description="a file with other weights of the same network, trusted as it is")


def build_classifier(context: FeatureContext[ClassifierOptions]) -> "Extractor":
    from ganzoo_features.classifier import build  # torch loads here, not at --help

    return build(context)


def build_inception(context: FeatureContext[InceptionOptions]) -> "Extractor":
    from ganzoo_features.inception import build

    return build(context)


@hookimpl
def register_features(register: Callable[[FeatureExtractor], None]) -> None:
    register(
        FeatureExtractor(
            name="classifier",
            build=build_classifier,
            options=ClassifierOptions,
            summary="A small network trained on the labelled data set itself, once; for images that are no photographs.",
        )
    )
    register(
        FeatureExtractor(
            name="inception",
            build=build_inception,
            options=InceptionOptions,
            paper="arXiv:1706.08500",
            summary="Inception v3 with the weights of the published scores; needs 'ganzoo[inception]' and a 96 MB file.",
        )
    )
