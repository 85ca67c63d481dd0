"""Comparisons of a few hundred random images, and a model small enough to be drawn from in milliseconds."""

import numpy as np
import pluggy
import pytest

import ganzoo_metrics
from ganzoo import DataError, hookspecs
from ganzoo.evaluation import Comparison, Extractor, Features, Sample
from ganzoo.registry import Registry
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model

NAMES = ("cat", "dog", "fox")


class Projection(Extractor):
    """Four random sums of an image's pixels, and posteriors of three classes from them."""

    identity, resizer, dim, num_classes, class_names = "projection", "none", 4, 3, NAMES

    def __init__(self, shape):
        random = np.random.RandomState(0)
        self.weight = random.standard_normal((int(np.prod(shape)), 4)).astype(np.float32) / np.sqrt(np.prod(shape))
        self.to_logits = random.standard_normal((4, 3)).astype(np.float32)

    def __call__(self, images):
        features = (images.reshape(len(images), -1).astype(np.float32) / 255 - 0.5) @ self.weight
        logits = 10 * features @ self.to_logits
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Features(features, exponentials / exponentials.sum(axis=1, keepdims=True))


@pytest.fixture(scope="session")
def registry():
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(ganzoo_metrics)
    manager.check_pending()
    return Registry.collect(manager, [])


@pytest.fixture
def random():
    return np.random.RandomState(0)


@pytest.fixture(scope="session")
def generator(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny.onnx"
    return Generator.load(write_model(path, make_metadata(classes=NAMES)), device="cpu")


@pytest.fixture
def sample():
    """``sample(images, labels)``, seen through the projection; labels are drawn where none are given."""

    def make(images, labels=None):
        features, probabilities = Projection(images.shape[1:])(images)
        labels = np.random.RandomState(1).randint(0, 3, size=len(images)) if labels is None else labels
        return Sample.of(features, probabilities=probabilities, images=images, labels=labels.astype(np.int64))

    return make


@pytest.fixture
def noise(random, sample):
    """``noise(n)``: a sample of n random 8x8 RGB images."""
    return lambda count, shape=(8, 8, 3): sample(random.randint(0, 256, size=(count, *shape), dtype=np.uint8))


@pytest.fixture
def measure(registry, generator):
    """``measure("fid", generated, train, test=None, **options)``: a registered metric of these samples."""

    def run(name, generated, train, test=None, *, class_names=NAMES, classes="its own", **options):
        metric = registry.metrics.get(name)

        def real(split):
            found = {"train": train, "test": test}[split]
            if found is None:
                raise DataError("no test split")
            return found

        return metric.compute(
            Comparison(
                options=metric.options(**options),
                generated=generated,
                split="train",
                real=real,
                class_names=class_names,
                seeds=range(generated.count),
                classes=generator.labels(range(generated.count)) if isinstance(classes, str) else classes,
                truncation=None,
                say=lambda _: None,
                seen_by=Projection((8, 8, 3)),
                drawn_by=generator,
            )
        )

    return run
