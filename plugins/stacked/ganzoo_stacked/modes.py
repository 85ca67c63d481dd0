"""Which triples of digits a generator has found."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ganzoo import ConfigError, FeatureContext, ImageData, ImageShape, Options, Size, get_registry
from ganzoo.data import load_dataset
from ganzoo.divergences import kullback_leibler_divergence
from ganzoo.evaluation import Comparison, Extractor, Features, Measured, Pixels
from ganzoo_stacked.images import CLASS_NAMES, NAME


class Stacked(Extractor):
    """Each channel as ``digits`` sees it: features side by side, posteriors of the 1,000 triples as products of three."""

    def __init__(self, digits: Extractor) -> None:
        self._digits = digits
        self.identity = f"stacked-1-{digits.identity}"
        self.resizer, self.dim = digits.resizer, 3 * digits.dim
        self.num_classes, self.class_names = len(CLASS_NAMES), CLASS_NAMES

    def __call__(self, images: Pixels) -> Features:
        number, height, width, channels = images.shape
        seen = self._digits(images.transpose(0, 3, 1, 2).reshape(number * channels, height, width, 1))
        assert seen.probabilities is not None
        red, green, blue = seen.probabilities.reshape(number, channels, 10).swapaxes(0, 1)
        triples = red[:, :, None, None] * green[:, None, :, None] * blue[:, None, None, :]  # (N, 10, 10, 10)
        return Features(seen.features.reshape(number, self.dim), triples.reshape(number, self.num_classes))


def build(context: FeatureContext[Options]) -> Stacked:
    """On the classifier that plain MNIST of this size has: whichever is measured first trains it, and both find it.

    Raises ConfigError for another data set or images without three channels, and what the features ``classifier`` raise.
    """
    channels, height, width = context.image_shape
    if context.dataset != NAME or channels != 3:
        raise ConfigError(
            f"The features 'stacked' are of three digits in three channels, and these are images of {context.dataset!r}, "
            f"{width}x{height} of {channels}.\nExpected '--dataset {NAME}' and a model of three channels, or other features."
        )
    registry = get_registry()

    def load(split: Literal["train", "test"]) -> ImageData:
        return load_dataset(
            "mnist", registry, resolution=Size(height, width), data_dir=context.files.data_dir, split=split
        )

    record = registry.features.get("classifier")
    digits = record.build(
        FeatureContext(
            options=record.options(),
            dataset="mnist",
            image_shape=ImageShape(1, height, width),
            load=load,
            cache=context.cache.with_name(record.name),  # the folders of all extractors lie side by side
            files=replace(context.files, dataset=record.name),
            device=context.device,
            say=context.say,
        )
    )
    return Stacked(digits)


def measure(comparison: Comparison[Options]) -> Measured:
    """Raises ConfigError for other features.

    ``stacked_modes``: the classes that at least one generated image is taken for, of 1,000. ``stacked_kl``: KL(p || u) of their
    shares p from even ones u, in nats, from 0 to log 1000. Nobody scores 0: at 26,000 images, as in the papers, a sampler of
    even classes has 0.0194, and one of the data set's, which are as uneven as MNIST's digits, 0.0236, both +- 0.001 (a
    standard deviation) and with all 1,000 modes. At 2,000 images it is 0.284 and 0.289, and 865 and 863 modes.

    Source: Metz et al. 2017, arXiv:1611.02163, section 3.3.1, also for even classes. 26,000 images, and means over trainings, are
    of Srivastava et al. 2017, arXiv:1705.07761, and Lin et al. 2018, arXiv:1712.04086. Departs: each has a classifier of its own.
    """
    if not isinstance(comparison.extractor, Stacked):
        raise ConfigError(
            f"The metric 'stacked-modes' counts triples of digits.\nExpected '--dataset {NAME} --features stacked'."
        )
    found = comparison.generated.probabilities.argmax(axis=1)
    counts = np.bincount(found, minlength=len(CLASS_NAMES))
    return Measured(
        values={
            "stacked_modes": float(np.count_nonzero(counts)),
            "stacked_kl": kullback_leibler_divergence(counts, np.ones(len(counts))),
        },
        details={"generated": dict(zip(CLASS_NAMES, counts.tolist(), strict=True))},
    )
