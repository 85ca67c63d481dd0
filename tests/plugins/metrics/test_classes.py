import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from ganzoo_metrics.classes import divergence, entropy, histogram


def test_an_image_counts_for_its_likeliest_class():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3], [0, 1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(histogram(probabilities), [1, 2, 0])


def test_entropy_of_one_and_of_even_classes():
    assert entropy(np.array([0, 7, 0])) == 0
    assert entropy(np.array([5, 5, 5, 5])) == pytest.approx(np.log(4))


def test_half_of_the_modes_lost_cost_log_2():
    """Stacked MNIST's extreme: one of 1,000 modes is log 1,000 from even shares."""
    assert divergence(np.array([8, 8, 0, 0]), np.array([5, 5, 5, 5])) == pytest.approx(np.log(2))
    assert divergence(np.eye(1000, dtype=np.int64)[3], np.full(1000, 26)) == pytest.approx(np.log(1000))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=6))
def test_divergence_is_that_of_scipy(counts):
    here, there = np.array(counts).T
    here[0] += 1
    assert divergence(here, there) == pytest.approx(scipy_entropy(here, there), abs=1e-12)


def test_a_stray_image_makes_no_infinity():
    assert 0 < divergence(np.array([99, 1]), np.array([100, 0])) < 0.1


def test_missing_classes_are_named(measure, noise, sample):
    """The real images are sorted by what the projection takes them for: the generated ones lack the third class."""
    real = noise(300)
    taken = real.probabilities.argmax(axis=1)
    assert set(taken) == {0, 1, 2}
    measured = measure("classes", sample(real.images[taken != 2]), real)
    assert measured.values["modes"] == 2
    assert measured.values["class_kl"] == pytest.approx(-np.log((taken != 2).mean()))
    assert measured.details["generated"]["fox"] == 0
    assert measured.details["real"]["fox"] == (taken == 2).sum()
    assert "1 of the real classes: fox." in measured.notes[0]
    assert not measure("classes", real, real).notes
    without = sample(real.images[taken != 2])
    assert not measure("classes", without, without).notes  # what the data lack is not missed
