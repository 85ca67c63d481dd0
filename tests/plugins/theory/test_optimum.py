"""The best discriminator, and what is left for the generator: Goodfellow et al. 2014, propositions 1 and 2."""

import math

import numpy as np
import pytest

from ganzoo_theory.optimal_discriminator.densities import CENTRES, DEVIATIONS, GRID, SHARES, STEP, density, draw
from ganzoo_theory.optimal_discriminator.optimum import (
    MINIMUM,
    criterion,
    criterion_by_divergence,
    optimal_discriminator,
    value,
)
from ganzoo_theory.optimal_discriminator.training import Training, train

SHIFTS = [-4.0, -1.5, 0.3, 1.0, 2.5]


@pytest.mark.parametrize("shift", [-4.0, 0.0, 2.5])
def test_a_density_has_mass_1_and_the_samples_are_of_it(shift):
    values = density(GRID, shift)
    assert values.sum() * STEP == pytest.approx(1)
    mean = SHARES @ CENTRES + shift
    variance = SHARES @ (DEVIATIONS**2 + CENTRES**2) - (SHARES @ CENTRES) ** 2
    assert (GRID * values).sum() * STEP == pytest.approx(mean)
    samples = draw(200_000, shift, np.random.default_rng(0))
    assert samples.mean() == pytest.approx(mean, abs=0.01)
    assert samples.var() == pytest.approx(variance, abs=0.01)


def test_the_best_discriminator_is_the_share_of_the_data():
    p_data, p_g = np.array([0.5, 0.5, 0.0, 0.2, 0.0]), np.array([0.5, 0.0, 0.3, 0.6, 0.0])
    np.testing.assert_allclose(optimal_discriminator(p_data, p_g), [0.5, 1, 0, 0.25, 0.5])
    np.testing.assert_allclose(optimal_discriminator(p_data, p_g) + optimal_discriminator(p_g, p_data), 1)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.1, 0.7), (3.0, 0.2)])
def test_nothing_that_can_be_said_is_better(a, b):
    said = np.linspace(0.0005, 0.9995, 1000)
    found = optimal_discriminator(np.array([a]), np.array([b]))[0]
    assert said[np.argmax(a * np.log(said) + b * np.log(1 - said))] == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_value_is_largest_at_the_best_discriminator(shift):
    p_data, p_g = density(GRID), density(GRID, shift)
    best = np.log(p_data) - np.log(p_g)
    highest = criterion(p_data, p_g)
    assert value(p_data, p_g, best) == pytest.approx(highest)
    random = np.random.default_rng(0)
    for size in (0.01, 0.1, 1.0):
        assert value(p_data, p_g, best + size * random.normal(size=best.shape)) < highest
        assert value(p_data, p_g, best + size) < highest
    assert value(p_data, p_g, np.zeros_like(best)) == pytest.approx(MINIMUM)  # who says 1/2 of everything


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_cost_is_twice_the_divergence_above_its_minimum(shift):
    p_data, p_g = density(GRID), density(GRID, shift)
    assert criterion(p_data, p_g) == pytest.approx(criterion_by_divergence(p_data, p_g), abs=1e-9)
    assert MINIMUM < criterion(p_data, p_g) < 0


def test_the_cost_is_least_where_the_densities_are_the_same_and_only_there():
    assert pytest.approx(-math.log(4)) == MINIMUM
    p_data = density(GRID)
    assert criterion(p_data, p_data) == pytest.approx(MINIMUM)
    assert criterion_by_divergence(p_data, p_data) == pytest.approx(MINIMUM)
    costs = [criterion(p_data, density(GRID, shift)) for shift in np.linspace(-1, 1, 21)]
    assert int(np.argmin(costs)) == 10
    assert min(costs[:10] + costs[11:]) > MINIMUM + 0.005


def test_the_cost_of_densities_that_share_half_or_nothing():
    half = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    nothing = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    for cost in (lambda p, q: criterion(p, q, step=1), criterion_by_divergence):
        assert cost(*half) == pytest.approx(-math.log(2))
        assert cost(*nothing) == pytest.approx(0)


def test_the_value_is_finite_for_a_discriminator_that_is_sure_and_wrong():
    p_data, p_g = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert value(p_data, p_g, np.array([-1000.0, 1000.0]), step=1) == pytest.approx(-2000)


def test_a_trained_discriminator_lies_upon_the_best_and_never_beats_it():
    p_data, p_g = density(GRID), density(GRID, 1.0)
    logits = train(1.0)
    seen = np.maximum(p_data, p_g) > 0.02
    trained = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(trained[seen], optimal_discriminator(p_data, p_g)[seen], atol=0.05)
    assert criterion(p_data, p_g) - 0.003 < value(p_data, p_g, logits) < criterion(p_data, p_g)


def test_the_same_seed_trains_the_same_discriminator():
    short = Training(steps=3, batch_size=8)
    first, again, other = (train(0.5, seed=seed, training=short) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
