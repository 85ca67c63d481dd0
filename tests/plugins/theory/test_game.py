"""One parameter in two games."""

from functools import cache

import numpy as np
import pytest
import torch

from ganzoo_theory.parallel_lines.game import VIEW, Course, Line, play

SHORT = Course(held=1, moved=2, n_critic=2, batch_size=8)


@pytest.fixture(scope="module")
def played():
    """``played("mm")``: the lesson's own game, from theta = 1."""
    return cache(lambda name: play(name, 1.0))


def test_the_generator_draws_its_line():
    points = Line(-0.25)(torch.tensor([[0.0], [0.5], [1.0]]))
    assert points.shape == (3, 1, 1, 2)
    assert points.flatten(1).tolist() == [[-0.25, 0.0], [-0.25, 0.5], [-0.25, 1.0]]


def test_the_minimax_game_leaves_theta_where_it_is(played):
    game = played("mm")
    assert abs(game.theta[-1] - 1) < 0.01
    held = Course().held
    assert game.gradient[:held].max() > 0.1  # of a discriminator that is not good yet
    assert (game.gradient[held:] < 1e-3).all()
    assert game.gradient[-1] < 1e-6


def test_the_wasserstein_game_moves_theta_to_0(played):
    game = played("wgangp")
    assert abs(game.theta[-1]) < 0.1
    moving = game.gradient[Course().held :][:30]
    np.testing.assert_allclose(moving, 1, atol=0.15)  # the slope of |theta|


def test_a_discriminator_is_flat_where_the_points_are_and_a_critic_is_not(played):
    at = lambda name: np.interp([0.0, 0.9, 1.0, 1.1], VIEW, played(name).logits)  # noqa: E731
    probabilities = 1 / (1 + np.exp(-at("mm")))
    np.testing.assert_allclose(probabilities, [1, 0, 0, 0], atol=0.01)
    np.testing.assert_allclose(at("wgangp")[:3] - at("wgangp")[2], [1, 0.1, 0], atol=0.1)


def test_theta_is_held_at_first():
    course = Course(held=3, moved=4, n_critic=1, lr=0.5, batch_size=8)
    game = play("wgangp", -0.5, course=course)
    assert game.theta.shape == (8,)
    assert game.gradient.shape == (7,)
    assert (game.theta[:4] == -0.5).all()
    assert (np.diff(game.theta[3:]) != 0).all()
    # A plain gradient step, of a length that falls to 0.
    np.testing.assert_allclose(
        np.abs(np.diff(game.theta)[3:]), 0.5 * np.array([1, 0.75, 0.5, 0.25]) * game.gradient[3:], rtol=1e-4
    )


@pytest.mark.parametrize("name", ["mm", "wgangp"])
def test_the_same_seed_is_the_same_game(name):
    played = []
    for others, seed in ((1, 3), (2, 3), (2, 4)):
        torch.manual_seed(others)
        before = torch.get_rng_state()
        played.append(play(name, 1.0, seed=seed, course=SHORT))
        assert (torch.get_rng_state() == before).all()  # torch's own random numbers are neither taken nor moved
    first, again, other = played
    assert (first.theta == again.theta).all()
    assert (first.logits == again.logits).all()
    assert (first.logits != other.logits).any()


def test_the_critic_of_the_wasserstein_game_is_kept_from_being_steep(played):
    free, kept = (np.abs(np.diff(played(name).logits) / np.diff(VIEW)).max() for name in ("mm", "wgangp"))
    assert free > 20
    assert kept < 1.3
