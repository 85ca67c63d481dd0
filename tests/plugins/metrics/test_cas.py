import numpy as np
import pytest
import torch

from ganzoo import ConfigError, DataError
from ganzoo_metrics.cas import predict, train_classifier


@pytest.fixture
def bars(random, sample):
    """``bars(n)``: a bright bar at the top, in the middle or at the bottom, for the class; noise elsewhere."""

    def make(count, labels=None):
        images = random.randint(0, 64, size=(count, 8, 8, 3), dtype=np.uint8)
        drawn = np.arange(count) % 3
        for image, label in zip(images, drawn, strict=True):
            image[3 * label : 3 * label + 2] += 150
        return sample(images, drawn if labels is None else labels)

    return make


def test_a_classifier_learns_what_it_is_shown(bars):
    training, test = bars(90), bars(30)
    training.images.flags.writeable = False  # as they may come out of a file
    classifier = train_classifier(training.images, training.labels, num_classes=3, epochs=8, seed=0)
    np.testing.assert_array_equal(predict(classifier, test.images), test.labels)


def test_images_of_one_class_under_anothers_name_mislead(measure, bars):
    """Two of three classes are swapped."""
    swapped = np.array([0, 2, 1])[np.arange(90) % 3]
    measured = measure("cas", bars(90, labels=swapped), bars(90), bars(30), epochs=8)
    assert measured.values == pytest.approx({"cas": 1 / 3, "cas_real": 1, "cas_ratio": 1 / 3})
    assert measured.details["classes"] == {"cat": 1, "dog": 0, "fox": 0}
    assert measured.details["classes_real"] == {"cat": 1, "dog": 1, "fox": 1}


def test_real_images_as_good_as_real_images_are(measure, bars):
    real = bars(60)
    measured = measure("cas", real, real, bars(30), epochs=2)
    assert measured.values["cas_ratio"] == 1


def test_both_sides_train_on_equally_many(measure, bars):
    assert measure("cas", bars(40), bars(60), bars(30), epochs=1).details["images"] == 40
    assert measure("cas", bars(80), bars(60), bars(30), epochs=1).details["images"] == 60
    assert measure("cas", bars(80), bars(60), bars(30), epochs=1, max_images=12).details["images"] == 12


def test_the_callers_random_numbers_are_left_alone_and_the_seed_counts(bars):
    training = bars(12)
    before = torch.random.get_rng_state()
    weights = [
        train_classifier(training.images, training.labels, num_classes=3, epochs=1, seed=seed)[0].weight
        for seed in (0, 0, 1)
    ]
    torch.testing.assert_close(torch.random.get_rng_state(), before, rtol=0, atol=0)
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=0)
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("shape", [(4, 1, 1, 1), (2, 40, 24, 4), (130, 28, 28, 1)])
def test_images_of_any_shape_are_taken(random, shape):
    images = random.randint(0, 256, size=shape, dtype=np.uint8)
    classifier = train_classifier(images, np.arange(len(images)) % 2, num_classes=2, epochs=1, seed=0)
    assert set(predict(classifier, images)) <= {0, 1}


def test_without_a_test_split_or_classes_there_is_no_score(measure, bars):
    with pytest.raises(DataError):
        measure("cas", bars(6), bars(6))
    with pytest.raises(ConfigError, match="needs classes"):
        measure("cas", bars(6), bars(6), bars(6), class_names=())
