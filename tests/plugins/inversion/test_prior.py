"""z stays where z lives."""

import math

import pytest
import torch

from ganzoo_inversion.prior import around, draw, penalty, settle, variance
from ganzoo_serve.metadata import Latent

NORMAL, UNIFORM = Latent(dim=6), Latent(dim=6, distribution="uniform")
TRUNCATED, SPHERICAL = Latent(dim=6, distribution="truncated"), Latent(dim=6, distribution="spherical")


def test_the_likeliest_radius_of_a_normal_latent_costs_nothing_and_all_others_something():
    direction = torch.nn.functional.normalize(torch.randn(1, 6, dtype=torch.float64))
    radii = torch.linspace(0.1, 6, 60, dtype=torch.float64)
    radii[30] = math.sqrt(5)
    cost = penalty(radii[:, None] * direction, NORMAL)
    assert cost.argmin() == 30
    torch.testing.assert_close(cost[30], torch.tensor(0.0, dtype=torch.float64), atol=1e-12, rtol=0)
    # The chi density itself, with 6 degrees of freedom: r^5 exp(-r^2 / 2).
    density = -(5 * radii.log() - radii.square() / 2)
    torch.testing.assert_close(cost, density - density[30])


def test_one_dimension_costs_what_the_normal_density_does():
    torch.testing.assert_close(penalty(torch.tensor([[2.0], [0.0]]), Latent(dim=1)), torch.tensor([2.0, 0.0]))


def test_zero_is_far_from_every_latent_and_its_gradient_stays_finite():
    z = torch.zeros(1, 6, requires_grad=True)
    cost = penalty(z, NORMAL)
    assert cost.item() > 30
    (gradient,) = torch.autograd.grad(cost.sum(), z)
    assert gradient.isfinite().all()


def test_uniform_latents_cost_nothing_and_are_kept_in_their_box():
    z = torch.tensor([[-3.0, 0.5, 1.0, 2.0, -1.0, 0.0]])
    assert penalty(z, UNIFORM).tolist() == [0.0]
    settle(z, UNIFORM)
    assert z.tolist() == [[-1.0, 0.5, 1.0, 1.0, -1.0, 0.0]]
    settle(z.mul_(5), NORMAL)
    assert z.abs().max() == 5


def test_truncated_latents_are_kept_in_their_box_near_their_own_radius():
    z = torch.tensor([[-3.0, 0.5, 1.0, 2.5, -1.0, 0.0]])
    settle(z, TRUNCATED)
    assert z.tolist() == [[-2.0, 0.5, 1.0, 2.0, -1.0, 0.0]]
    radius = math.sqrt(5 * variance(TRUNCATED))
    costs = penalty(torch.tensor([[radius], [0.8 * radius], [1.2 * radius]]) * torch.eye(6)[:1], TRUNCATED)
    assert costs[0].abs() < 1e-6
    assert (costs[1:] > 0.01).all()


def test_spherical_latents_cost_nothing_and_are_kept_on_their_sphere():
    z = torch.randn(3, 2, 6)
    turned = torch.nn.functional.normalize(z, dim=-1) * math.sqrt(6)
    settle(z, SPHERICAL)
    torch.testing.assert_close(z, turned)
    assert penalty(z[0], SPHERICAL).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("latent", [NORMAL, UNIFORM, TRUNCATED, SPHERICAL], ids=lambda latent: latent.distribution)
def test_draws_are_distributed_as_the_generator_was_trained(latent):
    z = draw(5000, latent, torch.Generator().manual_seed(0))
    assert z.shape == (5000, 6)
    assert abs(z.var().item() / variance(latent) - 1) < 0.03
    largest = {"uniform": 1.0, "truncated": 2.0}.get(latent.distribution, math.inf)
    assert z.abs().max() <= largest
    assert z.abs().max() > min(largest - 0.01, 2)


def test_starts_around_a_latent_are_itself_and_noise_of_what_it_leaves_unexplained():
    z = torch.full((2, 400), 0.6)
    starts = around(z, 5, Latent(dim=400), explained=0.36, random=torch.Generator().manual_seed(0))
    assert starts.shape == (2, 5, 400)
    assert torch.equal(starts[:, 0], z)
    assert abs((starts[:, 1:] - 0.6).std().item() - 0.8) < 0.03
    sure = around(z, 3, Latent(dim=400), explained=1.0, random=torch.Generator().manual_seed(0))
    assert torch.equal(sure, z[:, None].expand(2, 3, 400))
