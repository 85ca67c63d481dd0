import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from ganzoo import ConfigError
from ganzoo_metrics.inception_score import inception_score


def one_hot(classes, count):
    return np.eye(count, dtype=np.float32)[classes]


def test_certain_and_even_classes_score_their_number():
    probabilities = one_hot(np.arange(50) % 5, 5)
    np.testing.assert_allclose(inception_score(probabilities, splits=2, seed=None), 5)


def test_one_class_and_no_idea_score_1():
    np.testing.assert_allclose(inception_score(one_hot(np.zeros(8, int), 5), splits=2, seed=None), 1)
    np.testing.assert_allclose(inception_score(np.full((8, 5), 0.2, np.float32), splits=2, seed=0), 1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0.1, 30))
def test_it_is_the_mean_divergence_of_each_part_after_shuffling(seed, sharpness):
    logits = sharpness * np.random.RandomState(seed).standard_normal((23, 4))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    shuffled = p[np.random.RandomState(2020).permutation(23)]
    parts = shuffled[:7], shuffled[7:15], shuffled[15:]
    expected = [np.exp(np.mean([entropy(row, part.mean(axis=0)) for row in part])) for part in parts]
    found = inception_score(p.astype(np.float32), splits=3, seed=2020)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert (found >= 1 - 1e-9).all()
    assert (found <= 4 + 1e-9).all()


def test_the_real_score_stands_beside_it_and_the_error_is_over_parts(measure, noise):
    real = noise(40)
    measured = measure("is", noise(40), real)
    assert measured.values["is"].error == pytest.approx(measured.details["std"] / np.sqrt(10))
    assert measured.details["real"] == pytest.approx(measure("is", real, real).values["is"].value)
    in_order = measure("is", noise(40), real, shuffle=False)
    assert in_order.details["real"] == pytest.approx(inception_score(real.probabilities, splits=10, seed=None).mean())


def test_more_parts_than_images_are_refused(measure, noise):
    with pytest.raises(ConfigError, match="is has 10 parts"):
        measure("is", noise(9), noise(40))
