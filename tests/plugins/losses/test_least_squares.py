import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ganzoo_losses.least_squares import least_squares_d_loss, least_squares_g_loss

quick = settings(deadline=None, max_examples=50)
shares = st.floats(0.01, 1)
targets = st.floats(-3, 3)


def at(value):
    return torch.tensor([value], dtype=torch.float64)


def test_half_squares_of_the_distances_to_the_targets():
    loss = least_squares_d_loss(real_logits=at(3.0), fake_logits=at(-2.0), a=-1.0, b=1.0)
    torch.testing.assert_close(loss, at((4.0 + 1.0) / 2))
    torch.testing.assert_close(least_squares_g_loss(fake_logits=at(-2.0), c=0.0), at(2.0))
    torch.testing.assert_close(least_squares_d_loss(real_logits=at(1.0), fake_logits=at(0.0)), at(0.0))
    torch.testing.assert_close(least_squares_g_loss(fake_logits=at(0.0)), at(0.5))


@quick
@given(shares, shares, targets, targets)
def test_the_best_discriminator_is_the_mean_of_the_targets(p, q, a, b):
    """D* = (b p + a q) / (p + q): equation 5 of the paper."""
    output, nothing = at((b * p + a * q) / (p + q)).requires_grad_(True), at(0.0)
    on_real = least_squares_d_loss(real_logits=output, fake_logits=nothing, a=a, b=b)
    on_fake = least_squares_d_loss(real_logits=nothing, fake_logits=output, a=a, b=b)
    (slope,) = torch.autograd.grad(p * on_real + q * on_fake, output)
    torch.testing.assert_close(slope, at(0.0), atol=1e-12, rtol=0)


def test_pearson_targets_make_the_generator_minimise_a_chi_squared_divergence(game):
    """With D*, twice G's cost over both densities is chi^2(p + q || 2 q): theorem 1 of the paper."""
    p, q = torch.rand(2, 6, dtype=torch.float64).softmax(1).unbind()
    best = (p - q) / (p + q)
    cost = ((p + q) * game("lsgan", targets="pearson").g_loss(fake_logits=best)).sum()
    torch.testing.assert_close(2 * cost, ((2 * q - (p + q)).square() / (p + q)).sum())


def test_outputs_beyond_the_target_are_drawn_back(game):
    """The paper's point against the sigmoid: samples far on the right side still move."""
    fake = torch.tensor([5.0], requires_grad=True)
    (slope,) = torch.autograd.grad(game("lsgan").g_loss(fake_logits=fake), fake)
    torch.testing.assert_close(slope, torch.tensor([4.0]))


@pytest.mark.parametrize(
    ("options", "abc"),
    [
        ({}, (0, 1, 1)),
        ({"targets": "pearson"}, (-1, 1, 0)),
        ({"targets": "pearson", "c": 1.0}, (-1, 1, 1)),
        ({"a": 0.1, "b": 0.9, "c": 0.8}, (0.1, 0.9, 0.8)),
    ],
)
def test_targets_are_named_or_given(game, registry, options, abc):
    a, b, c = abc
    assert registry.losses.get("lsgan").options(**options).abc == abc
    real, fake = torch.randn(4), torch.randn(4)
    built = game("lsgan", **options)
    expected = least_squares_d_loss(real_logits=real, fake_logits=fake, a=a, b=b)
    torch.testing.assert_close(built.d_loss(real_logits=real, fake_logits=fake), expected)
    torch.testing.assert_close(built.g_loss(fake_logits=fake), least_squares_g_loss(fake_logits=fake, c=c))


@pytest.mark.parametrize("options", [{"a": 1.0}, {"b": -1.0}, {"targets": "pearson", "c": -1.0}])
def test_targets_that_turn_the_sides_round_are_refused(registry, options):
    with pytest.raises(ValidationError, match="a must lie below b and c"):
        registry.losses.get("lsgan").options(**options)
