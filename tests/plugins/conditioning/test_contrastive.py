"""2C and D2D-CE against explicit loops, by hand, and at extremes."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_conditioning.contrastive import contrastive_loss, data_to_data_loss

quick = settings(deadline=None, max_examples=30)
MARGINS = {"margin_positive": 0.6, "margin_negative": 0.1}


def points(n, width, seed=0):
    torch.manual_seed(seed)
    return F.normalize(torch.randn(n, width, dtype=torch.float64))


def dot(x, y):
    return sum(a * b for a, b in zip(x, y, strict=True))


def with_margins(**asked):
    return data_to_data_loss(**asked, **MARGINS)


def batch(n=7, width=5, classes=3, seed=0):
    kind = torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))
    return {"embedded": points(n, width, seed), "proxies": points(classes, width, seed + 1)[kind], "classes": kind}


@quick
@given(st.integers(0, 1000), st.floats(0.1, 3))
def test_2c_by_loops(seed, temperature):
    asked = batch(seed=seed)
    images, proxies, classes = asked["embedded"].tolist(), asked["proxies"].tolist(), asked["classes"].tolist()
    for i, found in enumerate(contrastive_loss(**asked, temperature=temperature).tolist()):
        own = math.exp(dot(images[i], proxies[i]) / temperature)
        alike = every = own
        for k in range(7):
            if k != i:
                like = math.exp(dot(images[i], images[k]) / temperature)
                every += like
                alike += like if classes[k] == classes[i] else 0
        assert math.isclose(found, -math.log(alike / every), abs_tol=1e-12)


@quick
@given(st.integers(0, 1000), st.floats(0.1, 3), st.floats(-1, 1), st.floats(-1, 1))
def test_d2d_ce_by_loops(seed, tau, m_p, m_n):
    asked = batch(seed=seed)
    images, proxies, classes = asked["embedded"].tolist(), asked["proxies"].tolist(), asked["classes"].tolist()
    found = data_to_data_loss(**asked, temperature=tau, margin_positive=m_p, margin_negative=m_n).tolist()
    for i in range(7):
        own = math.exp(min(dot(images[i], proxies[i]) - m_p, 0) / tau)
        negatives = 0.0
        for j in range(7):
            if classes[j] != classes[i]:
                negatives += math.exp(max(dot(images[i], images[j]) - m_n, 0) / tau)
        assert math.isclose(found[i], -math.log(own / (own + negatives)), abs_tol=1e-12)


def test_a_batch_of_one_class_has_nothing_to_tell_apart():
    asked = batch() | {"classes": torch.zeros(7, dtype=torch.int64)}
    zeros = torch.zeros(7, dtype=torch.float64)
    torch.testing.assert_close(contrastive_loss(**asked, temperature=0.5), zeros)
    torch.testing.assert_close(data_to_data_loss(**asked, temperature=0.5, **MARGINS), zeros)


def test_classes_far_apart_and_close_together_cost_little():
    """Two classes at opposite poles, each at its own vector."""
    pole = torch.tensor([[1.0, 0.0]])
    classes = torch.tensor([0, 0, 1, 1])
    placed = torch.cat([pole, pole, -pole, -pole])
    found = contrastive_loss(embedded=placed, proxies=placed, classes=classes, temperature=0.1)
    torch.testing.assert_close(found, torch.full((4,), math.log1p(math.exp(-20))))
    found = data_to_data_loss(embedded=placed, proxies=placed, classes=classes, temperature=0.1, **MARGINS)
    torch.testing.assert_close(found, torch.full((4,), math.log(3)))  # what is within its margin counts as much as any


def test_beyond_the_margins_nothing_pulls():
    near = F.normalize(torch.tensor([[1.0, 0.1], [1.0, -0.1], [-1.0, 0.1], [-1.0, -0.1]]), dim=1).requires_grad_(True)
    proxies, classes = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]), torch.tensor([0, 0, 1, 1])
    loss = data_to_data_loss(embedded=near, proxies=proxies, classes=classes, temperature=0.5, **MARGINS)
    (gradient,) = torch.autograd.grad(loss.sum(), near)
    torch.testing.assert_close(gradient, torch.zeros(4, 2))


@pytest.mark.parametrize("loss", [contrastive_loss, with_margins])
def test_extreme_similarities_are_finite(loss):
    """At a temperature of 1e-4 similarities of 1 are logits of 1e4."""
    asked = batch()
    embedded, proxies = (asked[name].float().requires_grad_(True) for name in ("embedded", "proxies"))
    value = loss(embedded=embedded, proxies=proxies, classes=asked["classes"], temperature=1e-4)
    assert value.isfinite().all()
    assert (value >= 0).all()
    assert value.max() > 1e3
    for gradient in torch.autograd.grad(value.sum(), (embedded, proxies)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("loss", [contrastive_loss, with_margins])
def test_gradients_equal_finite_differences(loss):
    asked = batch()
    embedded, proxies = (asked[name].clone().requires_grad_(True) for name in ("embedded", "proxies"))

    def of(embedded, proxies):
        return loss(embedded=embedded, proxies=proxies, classes=asked["classes"], temperature=0.7)

    assert torch.autograd.gradcheck(of, (embedded, proxies))


def test_what_is_compared_is_of_length_one_however_long_the_features(build, networks):
    technique = build("2c", networks.Smooth(), width=16)
    for scale in (0.0, 1e-4, 1.0, 1e4):
        embedded, proxies, _ = technique.compare(scale * torch.randn(6, 6), torch.arange(6) % 3)
        torch.testing.assert_close(embedded.norm(dim=1), torch.ones(6))
        torch.testing.assert_close(proxies.norm(dim=1), torch.ones(6))
    torch.testing.assert_close(proxies[0], proxies[3])
