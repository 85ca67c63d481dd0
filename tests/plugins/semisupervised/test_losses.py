"""K logits with the one for "generated" fixed at 0, against the softmax over K + 1 classes that they stand for."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganzoo_semisupervised.losses import feature_matching_loss, labelled_loss, real_logit, unlabelled_loss

LOGITS = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3


def all_classes(logits):
    """The softmax over K + 1 classes, written out: (N, K + 1), "generated" last."""
    powers = torch.cat([logits, torch.zeros(len(logits), 1, dtype=logits.dtype)], dim=1).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def test_the_unlabelled_loss_is_that_of_a_softmax_over_one_class_more():
    generated_among_real, generated_among_fake = all_classes(LOGITS)[:, -1], all_classes(LOGITS.flip(0))[:, -1]
    expected = -(1 - generated_among_real).log() - generated_among_fake.log()
    torch.testing.assert_close(unlabelled_loss(real_class_logits=LOGITS, fake_class_logits=LOGITS.flip(0)), expected)


def test_the_labelled_loss_is_the_class_given_that_the_image_is_real():
    labels = torch.tensor([0, 1, 2, 3, 3, 2, 1])
    p = all_classes(LOGITS)
    expected = -(p[torch.arange(7), labels] / (1 - p[:, -1])).log()
    torch.testing.assert_close(labelled_loss(LOGITS, labels), expected)


def test_an_image_is_real_with_odds_z():
    z = LOGITS.exp().sum(dim=1)
    torch.testing.assert_close(real_logit(LOGITS).sigmoid(), z / (z + 1))


def test_undecided_logits_cost_what_chance_says():
    even = torch.full((1, 5), 1 / 5).log()  # Z = 1: real or generated with the same probability
    torch.testing.assert_close(
        unlabelled_loss(real_class_logits=even, fake_class_logits=even), torch.full((1,), 4.0).log()
    )
    torch.testing.assert_close(labelled_loss(even, torch.tensor([3])), torch.full((1,), 5.0).log())


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_losses_and_gradients_stay_finite_for_huge_logits(size):
    real = torch.full((2, 3), -size, requires_grad=True)
    fake = torch.full((2, 3), size, requires_grad=True)
    loss = unlabelled_loss(real_class_logits=real, fake_class_logits=fake).sum()
    loss.backward()
    assert loss.isfinite()
    # Wholly wrong: each Z moves its log-odds at full rate, shared by the three logits.
    torch.testing.assert_close(real.grad, torch.full((2, 3), -1 / 3))
    torch.testing.assert_close(fake.grad, torch.full((2, 3), 1 / 3))


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_descent_raises_real_logits_and_lowers_fake_ones(a, b):
    real, fake = (torch.tensor([[a, b]], dtype=torch.float64, requires_grad=True) for _ in range(2))
    unlabelled_loss(real_class_logits=real, fake_class_logits=fake).sum().backward()
    assert real.grad.sum() < 0
    assert fake.grad.sum() > 0


def test_descent_raises_the_labels_logit_and_lowers_the_others():
    logits = torch.zeros(1, 3, requires_grad=True)
    labelled_loss(logits, torch.tensor([1])).sum().backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[1 / 3, -2 / 3, 1 / 3]]))


def test_the_labelled_loss_does_not_say_that_an_image_is_real():
    torch.testing.assert_close(
        labelled_loss(LOGITS + 5, torch.zeros(7, dtype=torch.int64)),
        labelled_loss(LOGITS, torch.zeros(7, dtype=torch.int64)),
    )


def test_feature_matching_compares_means_of_batches_of_any_size():
    real, fake = torch.tensor([[0.0, 2.0], [2.0, 2.0]]), torch.tensor([[4.0, -2.0]])
    torch.testing.assert_close(feature_matching_loss(real_features=real, fake_features=fake), torch.tensor(25.0))


def test_feature_matching_moves_fake_features_only():
    real, fake = torch.ones(4, 2, requires_grad=True), torch.zeros(2, 2, requires_grad=True)
    feature_matching_loss(real_features=real, fake_features=fake).backward()
    assert real.grad is None
    torch.testing.assert_close(fake.grad, torch.full((2, 2), -1.0))  # 2 * (0 - 1) / 2 images
