"""Divergences against closed forms, and what the 2014 paper and the WGAN paper say of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganzoo.divergences import (
    jensen_shannon_distance,
    jensen_shannon_divergence,
    kullback_leibler_divergence,
    sliced_wasserstein_distance,
    wasserstein_distance_1d,
)

distributions = st.lists(st.floats(0.01, 1), min_size=5, max_size=5)
numbers = st.lists(st.floats(-100, 100), min_size=3, max_size=8)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def normal(mean, deviation, grid):
    return np.exp(-(((grid - mean) / deviation) ** 2) / 2) / (deviation * math.sqrt(2 * math.pi))


def test_kl_of_two_coins():
    found = kullback_leibler_divergence([0.5, 0.5], [0.9, 0.1])
    assert found == pytest.approx(0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1))


def test_kl_of_two_normal_densities():
    """log(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2."""
    grid = np.linspace(-30, 30, 60_001)
    expected = math.log(2 / 1.5) + (1.5**2 + 0.7**2) / (2 * 2**2) - 0.5
    found = kullback_leibler_divergence(normal(0.7, 1.5, grid), normal(0, 2, grid))
    assert found == pytest.approx(expected, rel=1e-6)


def test_what_one_side_never_gives_is_infinitely_far_only_one_way_round():
    assert kullback_leibler_divergence([0.5, 0.5], [1, 0]) == math.inf
    assert kullback_leibler_divergence([1, 0], [0.5, 0.5]) == pytest.approx(math.log(2))


def test_disjoint_distributions_are_log_2_apart_however_far():
    for place in range(1, 4):
        q = np.eye(5)[place]
        assert jensen_shannon_divergence(np.eye(5)[0], q) == pytest.approx(math.log(2))


@given(distributions, distributions)
def test_js_is_the_mean_kl_to_the_middle(p, q):
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    middle = (p + q) / 2
    expected = (kullback_leibler_divergence(p, middle) + kullback_leibler_divergence(q, middle)) / 2
    assert jensen_shannon_divergence(p, q) == pytest.approx(expected, abs=1e-12)
    assert jensen_shannon_divergence(p, q) == pytest.approx(jensen_shannon_divergence(q, p))


@given(distributions, distributions, distributions)
def test_the_distance_is_a_metric(p, q, r):
    assert jensen_shannon_distance(p, p) == pytest.approx(0, abs=1e-7)
    through = jensen_shannon_distance(p, q) + jensen_shannon_distance(q, r)
    assert jensen_shannon_distance(p, r) <= through + 1e-9


@given(distributions, distributions)
def test_the_best_discriminator_leaves_the_minimax_game_at_2_js_less_log_4(p, q):
    """Theorem 1 of arXiv:1406.2661: V = E_p log D + E_q log(1 - D) is largest at D = p / (p + q)."""
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)

    def value(D):
        return float((p * np.log(D) + q * np.log(1 - D)).sum())

    best = p / (p + q)
    assert value(best) == pytest.approx(2 * jensen_shannon_divergence(p, q) - math.log(4), abs=1e-9)
    assert value(best) >= -math.log(4) - 1e-12
    for other in (0.9 * best, 0.5 + 0.5 * (best - 0.5)):
        assert value(other) <= value(best) + 1e-12


@given(numbers, st.floats(-50, 50))
def test_a_shift_moves_the_earth_by_its_size(x, shift):
    assert wasserstein_distance_1d(x, np.array(x) + shift) == pytest.approx(abs(shift), abs=1e-6)


def test_samples_of_different_sizes_and_weights():
    assert wasserstein_distance_1d([0, 1], [0, 0, 1, 1]) == 0
    assert wasserstein_distance_1d([0, 1], [0], [3, 1]) == pytest.approx(0.25)


@pytest.mark.parametrize("theta", [-1.5, 0.0, 0.25, 2.0])
def test_the_three_distances_of_parallel_lines(theta):
    """Example 1 of arXiv:1701.07875: (0, U[0, 1]) and (theta, U[0, 1]); only along the first axis do they differ."""
    apart = theta != 0
    places = sorted({0.0, theta})
    p, q = (np.array([place == at for place in places], dtype=float) for at in (0.0, theta))
    assert kullback_leibler_divergence(p, q) == (math.inf if apart else 0)
    assert jensen_shannon_divergence(p, q) == pytest.approx(math.log(2) if apart else 0)
    assert wasserstein_distance_1d([0.0], [theta]) == pytest.approx(abs(theta))


def test_along_a_line_the_sliced_distance_is_the_distance(random):
    x, y = (random.standard_normal((20, 1)).astype(np.float32) for _ in range(2))
    found = sliced_wasserstein_distance(x, y, np.array([[3.0], [-1.0]]))
    assert found == pytest.approx(wasserstein_distance_1d(x[:, 0], y[:, 0]), rel=1e-5)


def test_a_shift_is_seen_by_its_share_along_each_direction(random):
    x = random.standard_normal((50, 2)).astype(np.float32)
    directions = np.array([[1.0, 0.0], [0.0, 5.0], [3.0, 4.0]])
    shifted = x + np.array([10, 0], dtype=np.float32)
    assert sliced_wasserstein_distance(x, shifted, directions) == pytest.approx(10 * (1 + 0 + 0.6) / 3, rel=1e-5)
    assert sliced_wasserstein_distance(x, x[::-1], directions) == 0


@pytest.mark.parametrize(
    ("p", "q", "said"),
    [
        ([0.5, 0.5], [1.0], "probabilities of the same outcomes"),
        ([[1.0]], [[1.0]], "probabilities of the same outcomes"),
        ([1.0, -0.5], [0.5, 0.5], "p is no distribution"),
        ([0.5, 0.5], [0.0, 0.0], "q is no distribution"),
        ([0.5, math.nan], [0.5, 0.5], "p is no distribution"),
    ],
)
def test_what_is_no_distribution_is_refused(p, q, said):
    for measure in (kullback_leibler_divergence, jensen_shannon_divergence, jensen_shannon_distance):
        with pytest.raises(ValueError, match=said):
            measure(p, q)


def test_samples_of_different_sizes_have_no_sliced_distance():
    with pytest.raises(ValueError, match=r"x has shape \(3, 2\) and y \(4, 2\)"):
        sliced_wasserstein_distance(np.zeros((3, 2)), np.zeros((4, 2)), np.ones((1, 2)))


def test_equals_are_at_no_distance_whatever_rounding_does():
    random = np.random.default_rng(0)
    for _ in range(200):
        p = random.random(10)
        assert 0 <= jensen_shannon_divergence(p, 3 * p) < 1e-15
        assert 0 <= jensen_shannon_distance(p, 3 * p) < 1e-7
        assert 0 <= kullback_leibler_divergence(p, 3 * p) < 1e-15
