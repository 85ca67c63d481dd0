import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ganzoo.techniques import Random
from ganzoo_regularizers.gradient_penalty import gradient_penalty, interpolate

quick = settings(deadline=None, max_examples=30)


def images_like(n=5, channels=3, side=4, dtype=torch.float64):
    return torch.rand(n, channels, side, side, dtype=dtype) * 2 - 1


def penalty_of(critic, images, **options):
    images = images.detach().requires_grad_(True)
    return gradient_penalty(images=images, logits=critic(images).reshape(-1), **options)


@quick
@given(st.floats(0, 3), st.floats(0, 2), st.booleans())
def test_of_a_linear_critic_it_is_the_distance_of_its_weight_norm_from_the_target(norm, target, one_sided):
    direction = torch.randn(3, 4, 4, dtype=torch.float64)
    weight = norm * direction / direction.norm()
    excess = max(norm - target, 0.0) if one_sided else norm - target
    penalty = penalty_of(lambda x: (x * weight).flatten(1).sum(1), images_like(), target=target, one_sided=one_sided)
    torch.testing.assert_close(penalty, torch.full((5,), excess**2, dtype=torch.float64), atol=1e-12, rtol=1e-9)


def test_the_norm_is_over_all_pixels_of_a_sample_not_over_channels():
    """48 pixels of gradient 1: the norm is sqrt(48); taken over channels or rows it would be sqrt(3) or 2."""
    penalty = penalty_of(lambda x: x.flatten(1).sum(1), images_like())
    torch.testing.assert_close(penalty, torch.full((5,), (math.sqrt(48) - 1) ** 2, dtype=torch.float64))


def test_of_a_quadratic_critic_it_is_read_at_each_image(critics):
    critic, images = critics.Quadratic(torch.randn(48, 48, dtype=torch.float64)), images_like()
    norms = (images.flatten(1) @ critic.matrix).norm(dim=1)
    torch.testing.assert_close(penalty_of(critic, images), (norms - 1).square())


def test_a_batch_costs_what_its_images_cost_one_by_one(conv_critic):
    images = images_like()
    one_by_one = torch.cat([penalty_of(conv_critic, images[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(penalty_of(conv_critic, images), one_by_one)


def test_it_equals_finite_differences_of_the_critic(conv_critic):
    """The norm is of the true gradient: one central difference for each pixel."""
    images, h = images_like(n=2), 1e-5
    with torch.no_grad():
        nudges = h * torch.eye(48, dtype=torch.float64).reshape(48, 1, 3, 4, 4)
        slopes = torch.stack([(conv_critic(images + d) - conv_critic(images - d))[:, 0] / (2 * h) for d in nudges])
    torch.testing.assert_close(penalty_of(conv_critic, images), (slopes.norm(dim=0) - 1).square(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("one_sided", [False, True])
def test_its_gradient_by_the_weights_equals_finite_differences(conv_critic, one_sided):
    images, layer = images_like(n=2), conv_critic[0]

    def penalty(weight):
        return penalty_of(
            lambda x: torch.func.functional_call(conv_critic, {"0.weight": weight}, (x,)),
            images,
            target=0.01,
            one_sided=one_sided,
        )

    assert torch.autograd.gradcheck(penalty, layer.weight.detach().clone().requires_grad_(True))


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e4])
def test_a_flat_or_a_steep_critic_has_a_finite_penalty_and_gradient(critics, scale, one_sided):
    critic = critics.Linear(torch.full((3, 4, 4), scale))
    penalty = penalty_of(critic, images_like(dtype=torch.float32), one_sided=one_sided)
    penalty.mean().backward()
    assert penalty.isfinite().all()
    assert critic.weight.grad.isfinite().all()


def test_a_critic_with_zero_gradient_pays_in_full(critics):
    flat = critics.Linear(torch.zeros(3, 4, 4))
    torch.testing.assert_close(penalty_of(flat, images_like(dtype=torch.float32)), torch.ones(5))


@quick
@given(st.integers(0, 2**32 - 1))
def test_interpolates_lie_on_the_lines_between_the_pairs_with_one_share_for_each(seed):
    real, fake = torch.ones(6, 3, 2, 2), -torch.ones(6, 3, 2, 2)
    mixed = interpolate(real_images=real, fake_images=fake, random=Random(torch.device("cpu"), seed))
    assert mixed.min() >= -1
    assert mixed.max() <= 1
    shares = mixed.flatten(1)
    torch.testing.assert_close(shares, shares[:, :1].expand(-1, 12), rtol=0, atol=0)
    assert len(shares[:, 0].unique()) > 1


def test_shares_are_uniform():
    real, fake = torch.ones(20_000, 1, 1, 1), torch.zeros(20_000, 1, 1, 1)
    shares = interpolate(real_images=real, fake_images=fake, random=Random(torch.device("cpu"), 0)).flatten()
    torch.testing.assert_close(shares.mean(), torch.tensor(0.5), atol=0.01, rtol=0)
    torch.testing.assert_close(shares.var(), torch.tensor(1 / 12), atol=0.002, rtol=0)


def test_the_technique_weighs_the_penalty_between_real_and_generated_images(build, make_step, critics):
    critic = critics.Quadratic(torch.randn(48, 48))
    real, fake = images_like(dtype=torch.float32), images_like(dtype=torch.float32)
    technique = build("gradient-penalty", critic, weight=3.0, target=0.5)
    between = interpolate(real_images=real, fake_images=fake, random=Random(torch.device("cpu"), 7))
    norms = (between.flatten(1) @ critic.matrix).norm(dim=1)
    torch.testing.assert_close(technique.d_penalty(make_step(critic, real, fake, seed=7)), 3.0 * (norms - 0.5).square())


def test_the_technique_is_one_sided_on_request(build, make_step, critics):
    critic = critics.Linear(torch.full((3, 4, 4), 0.01))
    step = make_step(critic, images_like(dtype=torch.float32), images_like(dtype=torch.float32))
    penalty = build("gradient-penalty", critic, one_sided=True).d_penalty(step)
    torch.testing.assert_close(penalty, torch.zeros(5))


def test_the_critic_is_asked_about_detached_images_under_their_classes(build, make_step, critics):
    critic, seen = critics.Linear(torch.randn(3, 4, 4)), []
    real = images_like(n=2, dtype=torch.float32).requires_grad_(True)
    fake = images_like(n=2, dtype=torch.float32).requires_grad_(True)
    labels = torch.tensor([3, 1])
    step = make_step(critic, real, fake, labels=labels, seen=seen)
    build("gradient-penalty", critic).d_penalty(step).sum().backward()
    ((images, asked),) = seen
    assert images.is_leaf
    torch.testing.assert_close(asked, labels)
    assert real.grad is None
    assert fake.grad is None
    assert critic.weight.grad is not None


def test_a_resumed_run_draws_the_same_interpolates(build, make_step, conv_critic):
    real, fake, technique = images_like(), images_like(), build("gradient-penalty", conv_critic)
    first, second, other = (technique.d_penalty(make_step(conv_critic, real, fake, seed=s)) for s in (5, 5, 6))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(first, other)


def test_following_the_penalty_makes_the_critic_one_lipschitz(build, make_step, critics):
    critic = critics.Linear(torch.full((3, 4, 4), 1.0))
    technique, optimizer = build("gradient-penalty", critic), torch.optim.SGD(critic.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        step = make_step(critic, images_like(n=2, dtype=torch.float32), images_like(n=2, dtype=torch.float32))
        technique.d_penalty(step).mean().backward()
        optimizer.step()
    torch.testing.assert_close(critic.weight.norm(), torch.tensor(1.0), atol=1e-3, rtol=0)


def test_spectral_norm_and_layer_norm_are_no_obstacle(build):
    spectral = nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))
    build("gradient-penalty", nn.Sequential(spectral, nn.GroupNorm(1, 4), nn.InstanceNorm2d(4)))
