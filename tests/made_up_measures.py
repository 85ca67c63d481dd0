"""A feature extractor and metrics of known value, as a plugin object for ``pluggy``; and a protocol."""

import numpy as np

from ganzoo import FeatureExtractor, Metric, Options, hookimpl
from ganzoo.evaluation import Estimate, Extractor, Features, Measured
from ganzoo.evaluation.protocol import Protocol, RealSet

PROTOCOL = Protocol(
    metric="fid",
    options={},
    dataset="mnist",
    split="train",
    real={"train": RealSet(images=60_000, sha256="d" * 64)},
    image=(32, 32, 1),
    samples=10_000,
    classes="none",
    features="classifier",
    features_sha256="a" * 64,
    features_resizer="none",
)


class Rows(Extractor):
    """The mean of every row of pixels; two "classes", dark and light."""

    resizer, num_classes, class_names = "none", 2, ("dark", "light")

    def __init__(self, identity, height):
        self.identity, self.dim, self.calls, self.images = identity, height, 0, 0

    def __call__(self, images):
        self.calls += 1
        self.images += len(images)
        features = images.mean(axis=(2, 3), dtype=np.float32) / 255
        light = features.mean(axis=1)
        return Features(features, np.stack([1 - light, light], axis=1))


class GapOptions(Options):
    power: int = 2


def gap(comparison):
    real, fake = comparison.reference.moments, comparison.generated.moments
    return Measured(values={"gap": float((np.abs(real.mean - fake.mean) ** comparison.options.power).sum())})


def shares(comparison):
    counts = np.bincount(comparison.generated.labels, minlength=len(comparison.class_names))
    return Measured(values={"classes_seen": float((counts > 0).sum())}, details={"counts": counts.tolist()})


def light(comparison):
    probabilities = comparison.generated.probabilities[:, 1]
    error = float(probabilities.std() / np.sqrt(len(probabilities)))
    return Measured(
        values={"light": Estimate(float(probabilities.mean()), error, "images")},
        notes=["light is a note"],
        pictures={"first": comparison.generated.images[0]},
    )


def more(comparison):
    generator, seeds = comparison.generator, comparison.seeds
    images = generator.run(generator.latents(range(seeds.stop, seeds.stop + 2)))
    return Measured(values={"more": float(images.mean())})


class Plugin:
    """Registers ``classifier``, which is ``Rows``, and four metrics. ``extractors`` are those built, in order."""

    identity = "a" * 64

    def __init__(self):
        self.extractors = []

    @hookimpl
    def register_features(self, register):
        def build(context):
            self.extractors.append(Rows(self.identity, context.image_shape.height))
            return self.extractors[-1]

        register(FeatureExtractor(name="classifier", build=build))

    @hookimpl
    def register_metrics(self, register):
        light_needs = {"probabilities", "images"}
        register(
            Metric(name="gap", compute=gap, gives={"gap": "lower"}, needs={"moments"}, options=GapOptions, default=True)
        )
        register(Metric(name="shares", compute=shares, gives={"classes_seen": "higher"}, needs={"labels"}))
        register(Metric(name="light", compute=light, gives={"light": "neither"}, needs=light_needs, default=True))
        register(Metric(name="more", compute=more, gives={"more": "neither"}, needs={"generator"}))
