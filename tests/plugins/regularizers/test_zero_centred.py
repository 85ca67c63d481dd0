import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_regularizers.zero_centred import r1_penalty, r2_penalty

quick = settings(deadline=None, max_examples=30)


def images_like(n=5, dtype=torch.float64):
    return torch.rand(n, 3, 4, 4, dtype=dtype) * 2 - 1


def penalty_of(critic, images):
    images = images.detach().requires_grad_(True)
    return r1_penalty(real_images=images, real_logits=critic(images).reshape(-1))


def test_r1_of_a_linear_critic_is_its_squared_weight_norm():
    w, x = torch.tensor([3.0, 4.0]), torch.randn(5, 2, requires_grad=True)
    torch.testing.assert_close(r1_penalty(real_images=x, real_logits=x @ w), torch.full((5,), 25.0))
    torch.testing.assert_close(r2_penalty(fake_images=x, fake_logits=x @ w), torch.full((5,), 25.0))


def test_r1_of_a_quadratic_critic_is_read_at_each_image(critics):
    critic, images = critics.Quadratic(torch.randn(48, 48, dtype=torch.float64)), images_like()
    torch.testing.assert_close(penalty_of(critic, images), (images.flatten(1) @ critic.matrix).square().sum(1))


@quick
@given(st.floats(-100, 100), st.floats(-100, 100))
def test_r1_grows_with_the_square_of_the_critic_and_ignores_its_level(scale, level):
    weight, images = torch.randn(3, 4, 4, dtype=torch.float64), images_like()
    plain = penalty_of(lambda x: (x * weight).flatten(1).sum(1), images)
    changed = penalty_of(lambda x: scale * (x * weight).flatten(1).sum(1) + level, images)
    torch.testing.assert_close(changed, scale**2 * plain)


def test_a_batch_costs_what_its_images_cost_one_by_one(conv_critic):
    images = images_like()
    one_by_one = torch.cat([penalty_of(conv_critic, images[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(penalty_of(conv_critic, images), one_by_one)


def test_it_equals_finite_differences_of_the_critic(conv_critic):
    images, h = images_like(n=2), 1e-5
    with torch.no_grad():
        nudges = h * torch.eye(48, dtype=torch.float64).reshape(48, 1, 3, 4, 4)
        slopes = torch.stack([(conv_critic(images + d) - conv_critic(images - d))[:, 0] / (2 * h) for d in nudges])
    torch.testing.assert_close(penalty_of(conv_critic, images), slopes.square().sum(0), rtol=1e-6, atol=1e-10)


def test_its_gradient_by_the_weights_equals_finite_differences(conv_critic):
    images = images_like(n=2)

    def penalty(weight):
        return penalty_of(lambda x: torch.func.functional_call(conv_critic, {"0.weight": weight}, (x,)), images)

    assert torch.autograd.gradcheck(penalty, conv_critic[0].weight.detach().clone().requires_grad_(True))


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e4])
def test_a_flat_or_a_steep_critic_has_a_finite_penalty_and_gradient(critics, scale):
    critic = critics.Linear(torch.full((3, 4, 4), scale))
    penalty = penalty_of(critic, images_like(dtype=torch.float32))
    penalty.mean().backward()
    assert penalty.isfinite().all()
    assert critic.weight.grad.isfinite().all()


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_the_technique_applies_half_of_gamma_at_its_side(build, make_step, critics, name):
    critic = critics.Quadratic(torch.randn(48, 48))
    real, fake = images_like(dtype=torch.float32), images_like(dtype=torch.float32)
    images = {"r1": real, "r2": fake}[name]
    penalty = build(name, critic, gamma=3.0).d_penalty(make_step(critic, real, fake))
    torch.testing.assert_close(penalty, 1.5 * (images.flatten(1) @ critic.matrix).square().sum(1))


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_the_critic_is_asked_about_detached_images_under_their_classes(build, make_step, critics, name):
    critic, seen = critics.Linear(torch.randn(3, 4, 4)), []
    real, fake = (images_like(n=2, dtype=torch.float32).requires_grad_(True) for _ in range(2))
    labels = torch.tensor([3, 1])
    step = make_step(critic, real, fake, labels=labels, seen=seen)
    build(name, critic).d_penalty(step).sum().backward()
    ((images, asked),) = seen
    assert images.is_leaf
    torch.testing.assert_close(images.detach(), {"r1": real, "r2": fake}[name].detach())
    torch.testing.assert_close(asked, labels)
    assert real.grad is None
    assert fake.grad is None
    assert critic.weight.grad is not None


@pytest.mark.parametrize("name", ["r1", "r2"])
@pytest.mark.parametrize(
    ("nimg", "gamma"), [(0, 4.0), (2500, 4.0 - 3.0 * 0.5 * (1 - 0.5**0.5)), (5000, 2.5), (10_000, 1.0), (50_000, 1.0)]
)
def test_gamma_moves_to_its_end_along_half_a_cosine(build, make_step, critics, name, nimg, gamma):
    critic = critics.Linear(torch.ones(3, 4, 4))
    images = images_like(dtype=torch.float32)
    technique = build(name, critic, gamma=4.0, gamma_end=1.0, anneal_kimg=10.0)
    penalty = technique.d_penalty(make_step(critic, images, images, nimg=nimg))
    torch.testing.assert_close(penalty, torch.full((5,), gamma / 2 * 48))


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_without_an_end_gamma_stays(build, make_step, critics, name):
    critic, images = critics.Linear(torch.ones(3, 4, 4)), images_like(dtype=torch.float32)
    penalty = build(name, critic, gamma=4.0, anneal_kimg=10.0).d_penalty(make_step(critic, images, images, nimg=10_000))
    torch.testing.assert_close(penalty, torch.full((5,), 2.0 * 48))
