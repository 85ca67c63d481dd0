"""DRAGAN, the largest gradient, and the Wasserstein divergence: penalties on the slope, at critics solved on paper."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo.techniques import Random
from ganzoo_regularizers.dragan import perturb
from ganzoo_regularizers.max_gradient import max_gradient_penalty
from ganzoo_regularizers.wasserstein_divergence import gradient_power

quick = settings(deadline=None, max_examples=30)
CPU = torch.device("cpu")


def images_like(n=5):
    return torch.rand(n, 3, 4, 4, dtype=torch.float64) * 2 - 1


@quick
@given(st.floats(0.01, 2))
def test_noise_lies_on_one_side_and_within_its_spread(spread):
    real = images_like()
    moved = perturb(real_images=real, spread=spread, random=Random(CPU, 0)) - real
    assert (moved >= 0).all()
    assert (moved <= spread * real.std()).all()
    assert moved.std() > 0


def test_each_sample_goes_its_own_part_of_the_way():
    real = images_like(400)
    moved = perturb(real_images=real, spread=0.5, random=Random(CPU, 0)) - real
    largest = moved.flatten(1).amax(1) / (0.5 * real.std())
    assert largest.min() < 0.05
    assert largest.max() > 0.9


def test_a_linear_critic_pays_for_its_norm_wherever_it_is_looked_at(build, make_step, critics):
    weight = torch.zeros(3, 4, 4)
    weight[0, 0, :2] = torch.tensor([3.0, 4.0])
    critic, images = critics.Linear(weight), images_like(4).float()
    step = make_step(critic, images, -images)
    torch.testing.assert_close(build("dragan", critic).d_penalty(step), torch.full((4,), 10.0 * 4**2))
    torch.testing.assert_close(build("max-gradient-penalty", critic).d_penalty(step), torch.tensor(10.0 * 25))
    torch.testing.assert_close(build("wasserstein-divergence", critic).d_penalty(step), torch.full((4,), 2.0 * 5.0**6))


def test_the_steepest_image_counts_alone(critics):
    critic, images = critics.Quadratic(torch.eye(48, dtype=torch.float64)), images_like().requires_grad_(True)
    found = max_gradient_penalty(images=images, logits=critic(images))
    torch.testing.assert_close(found, images.flatten(1).square().sum(1).max())
    (by_image,) = torch.autograd.grad(found, images)
    assert (by_image.flatten(1).abs().sum(1) > 0).sum() == 1


@pytest.mark.parametrize("power", [2.0, 6.0])
def test_the_power_of_a_quadratic_critics_gradient(critics, power):
    critic, images = critics.Quadratic(torch.randn(48, 48, dtype=torch.float64)), images_like().requires_grad_(True)
    norms = (images.flatten(1) @ critic.matrix).norm(dim=1)
    torch.testing.assert_close(gradient_power(images=images, logits=critic(images), power=power), norms**power)


def test_dragan_looks_around_real_images_only(build, make_step, critics):
    critic, seen = critics.Linear(torch.randn(3, 4, 4)), []
    real = images_like(3).float()
    build("dragan", critic).d_penalty(make_step(critic, real, real + 100, seen=seen))
    ((images, _),) = seen
    assert (images - real).abs().max() < 1
