import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_metrics.asked import table


def taken(sample):
    return sample.probabilities.argmax(axis=1)


def test_a_table_counts_codes_by_classes():
    counts = table(np.array([5, 2, 5, 5]), np.array([0, 2, 0, 1]), 3)
    np.testing.assert_array_equal(counts, [[0, 0, 1], [2, 1, 0]])  # of code 2, then of code 5


def test_accuracy_is_the_share_that_shows_the_class_asked_for(measure, noise, sample):
    images = noise(200).images
    asked = taken(sample(images)).copy()
    assert measure("class-accuracy", sample(images, asked), noise(10)).values["class_accuracy"].value == 1
    asked[:50] = (asked[:50] + 1) % 3
    measured = measure("class-accuracy", sample(images, asked), noise(10))
    found = measured.values["class_accuracy"]
    assert found.value == 0.75
    assert found.error == pytest.approx((0.75 * 0.25 / 200) ** 0.5)
    by_class = measured.details["classes"]
    assert list(by_class) == ["cat", "dog", "fox"]
    assert sum(by_class[name] * (asked == k).sum() for k, name in enumerate(by_class)) == pytest.approx(150)


def test_purity_does_not_ask_what_a_code_is_called(measure, noise, sample):
    images = noise(200).images
    shown = taken(sample(images))
    assert measure("class-purity", sample(images), noise(10), classes=(shown + 1) % 3).values["class_purity"].value == 1
    one = measure("class-purity", sample(images), noise(10), classes=np.zeros(200, np.int64))
    assert one.values["class_purity"].value == np.bincount(shown).max() / 200
    assert one.details["classes_reached"] == 1
    code = one.details["codes"]["0"]
    assert code == {
        "class": ("cat", "dog", "fox")[np.bincount(shown).argmax()],
        "share": np.bincount(shown).max() / 200,
    }


def test_purity_needs_a_model_with_classes(measure, noise):
    with pytest.raises(ConfigError, match="this model has none"):
        measure("class-purity", noise(20), noise(20), classes=None)
