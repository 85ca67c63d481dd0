import math
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from ganzoo import ConfigError, FeatureContext, ImageShape, Metric
from ganzoo.data import DataFiles
from ganzoo.evaluation import Extractor, Features, Measured
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.sources import Images
from ganzoo.progress import Stages
from ganzoo_features import classifier
from ganzoo_stacked.modes import Stacked, build, measure


class FirstRow(Extractor):
    """Posteriors are the first row of pixels by their sum, features the means of two rows."""

    identity, resizer, dim, num_classes = "rows", "none", 2, 10

    def __call__(self, images):
        row = images[:, 0, :, 0].astype(np.float32)
        return Features(images[:, :2, :, 0].mean(axis=2, dtype=np.float32), row / row.sum(axis=1, keepdims=True))


@pytest.fixture
def pixels():
    """uint8 (5, 2, 10, 3), nowhere 0."""
    return np.random.default_rng(0).integers(1, 256, (5, 2, 10, 3), dtype=np.uint8)


def measured(classes):
    sample = SimpleNamespace(probabilities=np.eye(1000, dtype=np.float32)[classes])
    return measure(SimpleNamespace(extractor=Stacked(FirstRow()), generated=sample)).values


def test_posteriors_of_triples_are_products_of_the_channels(pixels):
    found = Stacked(FirstRow())(pixels).probabilities
    alone = [FirstRow()(pixels[..., [channel]]).probabilities for channel in range(3)]
    for n, (r, g, b) in product(range(5), product(range(10), repeat=3)):
        assert found[n, 100 * r + 10 * g + b] == pytest.approx(alone[0][n, r] * alone[1][n, g] * alone[2][n, b])
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found.dtype == np.float32


def test_features_are_those_of_red_green_and_blue_side_by_side(pixels):
    extractor = Stacked(FirstRow())
    found = extractor(pixels).features
    assert found.shape == (5, extractor.dim)
    for channel in range(3):
        np.testing.assert_array_equal(
            found[:, 2 * channel : 2 * channel + 2], FirstRow()(pixels[..., [channel]]).features
        )
    assert extractor(pixels[:0]).features.shape == (0, 6)
    assert extractor(pixels[:0]).probabilities.shape == (0, 1000)
    assert extractor.class_names[123] == "123"


def test_every_mode_once_is_perfect():
    assert measured(range(1000)) == {"stacked_modes": 1000.0, "stacked_kl": 0.0}


def test_one_mode_has_log_1000_nats_to_go():
    assert measured([123] * 50) == {"stacked_modes": 1.0, "stacked_kl": pytest.approx(math.log(1000))}


def test_grey_images_reach_ten_modes():
    assert measured([111 * k for k in range(10)]) == {"stacked_modes": 10.0, "stacked_kl": pytest.approx(math.log(100))}


def test_a_perfect_sampler_scores_what_the_docstring_says():
    found = measured(np.random.default_rng(0).integers(1000, size=26_000))
    assert found == {"stacked_modes": 1000.0, "stacked_kl": pytest.approx(0.0194, abs=0.003)}
    few = measured(np.random.default_rng(0).integers(1000, size=2000))
    assert few == {"stacked_modes": pytest.approx(865, abs=30), "stacked_kl": pytest.approx(0.284, abs=0.04)}


def test_details_count_every_triple():
    sample = SimpleNamespace(probabilities=np.eye(1000, dtype=np.float32)[[7, 7, 421]])
    details = measure(SimpleNamespace(extractor=Stacked(FirstRow()), generated=sample)).details
    assert {name: count for name, count in details["generated"].items() if count} == {"007": 2, "421": 1}


def test_other_features_are_refused_with_those_to_take():
    with pytest.raises(ConfigError, match=r"Expected '--dataset stacked-mnist --features stacked'"):
        measure(SimpleNamespace(extractor=FirstRow()))


@pytest.mark.parametrize(
    ("dataset", "channels", "found"),
    [("cifar10", 3, "'cifar10', 32x32 of 3"), ("stacked-mnist", 1, "'stacked-mnist', 32x32 of 1")],
)
def test_other_images_are_refused_before_anything_is_trained(tmp_path, dataset, channels, found):
    context = FeatureContext(
        options=None,
        dataset=dataset,
        image_shape=ImageShape(channels, 32, 32),
        load=None,
        cache=tmp_path,
        files=DataFiles("stacked"),
        device="cpu",
        say=print,
    )
    with pytest.raises(ConfigError, match=rf"these are images of {found}\.\nExpected '--dataset stacked-mnist'"):
        build(context)


@pytest.fixture
def trainings(monkeypatch):
    """The shapes of images that a classifier was trained on."""
    shapes, train = [], classifier.train

    def counted(shape, classes, images, labels, *, epochs, **how):
        shapes.append(images.shape)
        return train(shape, classes, images, labels, epochs=4, **how)

    monkeypatch.setattr(classifier, "train", counted)
    return shapes


def test_the_data_set_is_measured_by_its_own_if_nothing_is_asked_for(registry):
    record = registry.datasets.get("stacked-mnist")
    assert record.features == "stacked"
    assert record.features in registry.features
    assert all(name in registry.metrics for name in record.metrics)
    assert record.metrics[0] == "stacked-modes"


def accuracy(comparison):
    generated = comparison.generated
    return Measured(values={"accuracy": float((generated.probabilities.argmax(axis=1) == generated.labels).mean())})


def test_real_triples_are_read_by_the_classifier_that_plain_digits_have(zoo, trainings, tmp_path):
    record = Metric(name="accuracy", compute=accuracy, gives={"accuracy": "higher"}, needs={"probabilities", "labels"})
    zoo.registry.metrics.add(record, "tests")

    def score(dataset, features, *metrics):
        source = Images("test images", zoo.load(dataset, split="test", resolution=8, data_dir=tmp_path))
        asked = {metric: {} for metric in ("accuracy", *metrics)}
        request = Request(dataset=dataset, features=(features, {}), metrics=asked, samples=100, data_dir=tmp_path)
        scores = evaluate(source, request, zoo.registry, Stages(quiet=True)).evaluation.scores
        return {score.name: score.value for score in scores}, scores[0].protocol.features_sha256

    triples, seen_by = score("stacked-mnist", "stacked", "stacked-modes")
    digits, also_by = score("mnist", "classifier")
    assert trainings == [(300, 8, 8, 1)]  # once, on digits
    assert {request.files.data_dir for request in zoo.asked} == {tmp_path}
    assert seen_by == f"stacked-1-{also_by}"
    assert triples["accuracy"] == pytest.approx(digits["accuracy"] ** 3, abs=0.1)
    assert triples["accuracy"] > 0.6
    assert triples["stacked_modes"] == pytest.approx(1000 * (1 - 0.999**100), abs=6)
    assert triples["stacked_kl"] == pytest.approx(math.log(10), abs=0.2)  # hardly any twice among a hundred
