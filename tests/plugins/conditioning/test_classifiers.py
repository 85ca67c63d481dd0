"""Auxiliary classifiers and the multi-hinge loss, by hand, by loops and at extremes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_conditioning.classifiers import class_loss, discriminative_d_loss, discriminative_g_loss, twin_g_loss
from ganzoo_conditioning.multi_hinge import multi_hinge

quick = settings(deadline=None, max_examples=50)
numbers = st.floats(-20, 20)
EXTREME = torch.tensor([[1e4, -1e4, 0, 1e4], [-1e4, -1e4, -1e4, 1e4], [0, 1e4, 1e4, 1e4]])


def logits_like(*shape):
    torch.manual_seed(0)
    return torch.randn(*shape, dtype=torch.float64) * 3


def test_undecided_logits_cost_the_entropy():
    found = class_loss(class_logits=torch.zeros(2, 5), classes=torch.tensor([0, 4]))
    torch.testing.assert_close(found, torch.full((2,), math.log(5)))


def test_the_class_loss_by_a_loop():
    logits, classes = logits_like(6, 4), torch.tensor([0, 1, 2, 3, 3, 0])
    for i, found in enumerate(class_loss(class_logits=logits, classes=classes)):
        probability = logits[i, classes[i]].exp() / sum(logit.exp() for logit in logits[i])
        torch.testing.assert_close(found, -probability.log())


def test_twins_that_agree_say_nothing():
    logits, classes = logits_like(6, 4), torch.arange(6) % 4
    found = twin_g_loss(class_logits=logits, twin_logits=logits + 7, classes=classes)
    torch.testing.assert_close(found, torch.zeros(6, dtype=torch.float64))


@quick
@given(numbers, numbers)
def test_being_more_like_real_images_of_the_class_than_generated_ones_are_is_good(real, generated):
    """Of two classes, where only the right one's logits are not 0."""
    by_real, by_twin = (torch.tensor([[logit, 0.0]], dtype=torch.float64) for logit in (real, generated))
    found = twin_g_loss(class_logits=by_real, twin_logits=by_twin, classes=torch.tensor([0]))
    expected = math.log1p(math.exp(-real)) - math.log1p(math.exp(-generated))
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


def test_discriminative_losses_by_a_loop():
    logits, classes = logits_like(6, 8), torch.arange(6) % 4
    on_real = discriminative_d_loss(class_logits=logits, classes=classes, real=True)
    on_fake = discriminative_d_loss(class_logits=logits, classes=classes, real=False)
    for_g = discriminative_g_loss(class_logits=logits, classes=classes)
    for i in range(6):
        chances = logits[i].exp() / logits[i].exp().sum()
        real, generated = chances[classes[i]], chances[4 + classes[i]]
        torch.testing.assert_close(on_real[i], -real.log())
        torch.testing.assert_close(on_fake[i], -generated.log())
        torch.testing.assert_close(for_g[i], -real.log() + generated.log())


def test_the_best_discriminative_classifier_knows_the_ratio():
    """By two images of one class, one of which is real three times in four: its best logits differ by log 3."""
    logits = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=1.0)
    for _ in range(200):
        one = torch.zeros(1, dtype=torch.int64)
        real, fake = (discriminative_d_loss(class_logits=logits, classes=one, real=side) for side in (True, False))
        optimizer.zero_grad()
        (0.75 * real + 0.25 * fake).sum().backward()
        optimizer.step()
    found = discriminative_g_loss(class_logits=logits.detach(), classes=torch.zeros(1, dtype=torch.int64))
    torch.testing.assert_close(found, torch.tensor([-math.log(3)], dtype=torch.float64))


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        ([0.0, 0.0, 0.0], 0, 1.0),
        ([2.0, 1.0, 0.5], 0, 0.0),  # ahead by 1
        ([2.0, 1.5, 0.5], 0, 0.5),
        ([2.0, 1.5, 0.5], 1, 1.5),
        ([2.0, 1.5, 0.5], 2, 2.5),  # only the best of the wrong ones counts
    ],
)
def test_the_multi_hinge_by_hand(scores, right, expected):
    found = multi_hinge(class_logits=torch.tensor([scores]), classes=torch.tensor([right]))
    torch.testing.assert_close(found, torch.tensor([expected]))


def test_of_two_classes_the_multi_hinge_is_the_hinge():
    margins = torch.linspace(-3, 3, 13)
    found = multi_hinge(class_logits=torch.stack([margins / 2, -margins / 2], 1), classes=torch.zeros(13).long())
    torch.testing.assert_close(found, (1 - margins).clamp(min=0))


@quick
@given(st.lists(numbers, min_size=4, max_size=4), st.integers(0, 3), numbers)
def test_the_multi_hinge_does_not_care_for_what_all_classes_have_in_common(scores, right, shift):
    logits, classes = torch.tensor([scores], dtype=torch.float64), torch.tensor([right])
    found = multi_hinge(class_logits=logits + shift, classes=classes)
    torch.testing.assert_close(found, multi_hinge(class_logits=logits, classes=classes))
    wrong = max(score for k, score in enumerate(scores) if k != right)
    torch.testing.assert_close(found.item(), max(0.0, 1 - scores[right] + wrong))


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, c: class_loss(class_logits=x, classes=c),
        lambda x, c: twin_g_loss(class_logits=x, twin_logits=-x, classes=c),
        lambda x, c: discriminative_d_loss(class_logits=x, classes=c % 2, real=True),
        lambda x, c: discriminative_d_loss(class_logits=x, classes=c % 2, real=False),
        lambda x, c: discriminative_g_loss(class_logits=x, classes=c % 2),
        lambda x, c: multi_hinge(class_logits=x, classes=c),
    ],
    ids=["class", "twin", "discriminative-real", "discriminative-fake", "discriminative-g", "multi-hinge"],
)
def test_losses_at_extreme_logits(loss):
    x, c = EXTREME.clone().requires_grad_(True), torch.tensor([1, 3, 0])
    value = loss(x, c)
    (gradient,) = torch.autograd.grad(value.sum(), x)
    assert value.shape == (3,)
    assert value.isfinite().all()
    assert gradient.isfinite().all()
    assert value.abs().max() <= 4e4 + 2
    x, c = logits_like(5, 4).requires_grad_(True), torch.arange(5) % 4
    assert torch.autograd.gradcheck(lambda x: loss(x, c), x)
