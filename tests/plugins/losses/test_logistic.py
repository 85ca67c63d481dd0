import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_losses.logistic import logistic_d_loss, mm_g_loss, ns_g_loss

quick = settings(deadline=None, max_examples=50)
logits = st.floats(-30, 30)
shares = st.floats(0.01, 1)


def at(value):
    return torch.tensor([value], dtype=torch.float64)


def test_at_the_boundary_the_losses_are_logarithms_of_two():
    zero, log2 = at(0.0), at(math.log(2))
    torch.testing.assert_close(logistic_d_loss(real_logits=zero, fake_logits=zero), 2 * log2)
    torch.testing.assert_close(mm_g_loss(fake_logits=zero), -log2)
    torch.testing.assert_close(ns_g_loss(fake_logits=zero), log2)


@quick
@given(logits, logits, shares)
def test_the_discriminator_pays_the_cross_entropy_of_its_probabilities(real, fake, target):
    p, q = 1 / (1 + math.exp(-real)), 1 / (1 + math.exp(-fake))
    not_p, not_q = 1 / (1 + math.exp(real)), 1 / (1 + math.exp(fake))
    expected = -target * math.log(p) - (1 - target) * math.log(not_p) - math.log(not_q)
    loss = logistic_d_loss(real_logits=at(real), fake_logits=at(fake), real_target=target)
    torch.testing.assert_close(loss, at(expected), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(mm_g_loss(fake_logits=at(fake)), at(math.log(not_q)), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(ns_g_loss(fake_logits=at(fake)), at(-math.log(q)), rtol=1e-6, atol=1e-6)


@quick
@given(logits, logits, logits)
def test_the_minimax_game_is_zero_sum_in_the_fakes(real, fake, other):
    """What D gains on a generated image, G loses."""
    gain = logistic_d_loss(real_logits=at(real), fake_logits=at(other)) - logistic_d_loss(
        real_logits=at(real), fake_logits=at(fake)
    )
    loss = mm_g_loss(fake_logits=at(other)) - mm_g_loss(fake_logits=at(fake))
    torch.testing.assert_close(gain, -loss, rtol=1e-6, atol=1e-6)


@quick
@given(st.floats(-50, 50))
def test_better_fakes_never_raise_a_generator_loss(x):
    worse, better = torch.tensor([x]), torch.tensor([x + 1.0])
    assert ns_g_loss(fake_logits=better) <= ns_g_loss(fake_logits=worse)
    assert mm_g_loss(fake_logits=better) <= mm_g_loss(fake_logits=worse)


def test_where_d_is_sure_only_the_minimax_gradient_vanishes():
    fake = torch.full((1,), -30.0, requires_grad=True)
    (saturated,) = torch.autograd.grad(mm_g_loss(fake_logits=fake), fake)
    (alive,) = torch.autograd.grad(ns_g_loss(fake_logits=fake), fake)
    torch.testing.assert_close(saturated, torch.zeros(1), atol=1e-12, rtol=0)
    torch.testing.assert_close(alive, -torch.ones(1))


@quick
@given(shares, shares, shares)
def test_the_best_discriminator_gives_the_share_of_real_images(p, q, target):
    """D* = target p / (p + q): proposition 1 of the 2014 paper, and Salimans et al. with a smoothed target."""
    best = target * p / (p + q)
    logit = at(math.log(best / (1 - best))).requires_grad_(True)
    nothing = at(0.0)
    on_real = logistic_d_loss(real_logits=logit, fake_logits=nothing, real_target=target)
    on_fake = logistic_d_loss(real_logits=nothing, fake_logits=logit, real_target=target)
    (slope,) = torch.autograd.grad(p * on_real + q * on_fake, logit)
    torch.testing.assert_close(slope, at(0.0), atol=1e-12, rtol=0)


def test_against_the_best_discriminator_the_value_is_log_four_less_two_js_divergences():
    p, q = torch.rand(2, 5, dtype=torch.float64).softmax(1).unbind()
    m = (p + q) / 2
    js = (p * (p / m).log() + q * (q / m).log()).sum() / 2
    best = (p / q).log()
    zero = torch.zeros_like(best)
    value = (
        p * (logistic_d_loss(real_logits=best, fake_logits=zero) - math.log(2))
        + q * (logistic_d_loss(real_logits=zero, fake_logits=best) - math.log(2))
    ).sum()
    torch.testing.assert_close(value, math.log(4) - 2 * js)


def test_smoothing_pulls_overconfident_logits_back_and_leaves_the_fakes_alone():
    real, fake = torch.tensor([8.0], requires_grad=True), torch.tensor([1.5], requires_grad=True)
    smooth = torch.autograd.grad(logistic_d_loss(real_logits=real, fake_logits=fake, real_target=0.9), (real, fake))
    plain = torch.autograd.grad(logistic_d_loss(real_logits=real, fake_logits=fake), (real, fake))
    assert smooth[0] > 0 > plain[0]
    torch.testing.assert_close(smooth[1], plain[1], rtol=0, atol=0)


@pytest.mark.parametrize("name", ["mm", "ns"])
def test_the_option_reaches_the_discriminator(game, name):
    real, fake = torch.tensor([2.0]), torch.tensor([-1.0])
    expected = logistic_d_loss(real_logits=real, fake_logits=fake, real_target=0.7)
    torch.testing.assert_close(game(name, real_target=0.7).d_loss(real_logits=real, fake_logits=fake), expected)


def test_mm_and_ns_differ_in_the_generator_only(game):
    fake = torch.tensor([0.7])
    torch.testing.assert_close(game("mm").g_loss(fake_logits=fake), mm_g_loss(fake_logits=fake))
    torch.testing.assert_close(game("ns").g_loss(fake_logits=fake), ns_g_loss(fake_logits=fake))
    assert game("mm").d_loss.func is game("ns").d_loss.func
