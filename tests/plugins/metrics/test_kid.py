import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_metrics.kid import kid, mmd2


def mmd2_in_loops(x, y):
    m, dim = x.shape
    x, y = x.astype(np.float64), y.astype(np.float64)

    def k(a, b):
        return (float(a @ b) / dim + 1) ** 3

    within = sum(k(x[i], x[j]) + k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    across = sum(k(x[i], y[j]) for i in range(m) for j in range(m)) / m**2
    return within - 2 * across


def test_two_pairs_of_numbers_by_hand():
    """k(1, 2) = 27, k(0, 1) = 1; across: k(1, 0) = k(2, 0) = 1, k(1, 1) = 8, k(2, 1) = 27."""
    x, y = np.array([[1], [2]], dtype=np.float32), np.array([[0], [1]], dtype=np.float32)
    assert mmd2(x, y) == pytest.approx((2 * 27 + 2 * 1) / 2 - 2 * (1 + 1 + 8 + 27) / 4)


def test_it_is_that_of_explicit_loops(random):
    x, y = (random.standard_normal((9, 5)).astype(np.float32) for _ in range(2))
    assert mmd2(x, y) == pytest.approx(mmd2_in_loops(x, y), rel=1e-6)


def test_it_has_no_bias(random):
    """Of one distribution the mean is 0, however small the subsets are: below 0 as often as above."""
    x, y = (random.standard_normal((4000, 3)).astype(np.float32) for _ in range(2))
    values = np.array([mmd2(x[k : k + 4], y[k : k + 4]) for k in range(0, 4000, 4)])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    assert (values < 0).any()


def test_subsets_are_drawn_without_replacement_generated_images_first():
    x, y = (np.random.RandomState(k).standard_normal((n, 4)).astype(np.float32) for k, n in ((0, 30), (1, 25)))
    random = np.random.RandomState(2020)
    expected = []
    for _ in range(3):
        first = random.choice(30, 6, replace=False)
        second = random.choice(25, 6, replace=False)
        expected.append(mmd2_in_loops(x[first], y[second]))
    np.testing.assert_allclose(kid(x, y, subsets=3, size=6, seed=2020), expected, rtol=1e-5)


def test_the_error_is_the_standard_error_over_subsets(measure, noise):
    measured = measure("kid", noise(40), noise(50), subsets=25, size=10)
    value, error, over = measured.values["kid"]
    assert error == pytest.approx(measured.details["std"] / 5)
    assert over == "25 subsets of 10"
    assert not measured.notes
    assert value != measure("kid", noise(40), noise(50), subsets=25, size=10, seed=1).values["kid"].value


def test_fewer_images_than_a_subset_make_smaller_subsets_and_a_note(measure, noise):
    measured = measure("kid", noise(40), noise(30))
    assert measured.values["kid"].over == "100 subsets of 30"
    assert "30, all there are of one side, instead of 1,000" in measured.notes[0]
    with pytest.raises(ConfigError, match="2 images"):
        measure("kid", noise(1), noise(30))
