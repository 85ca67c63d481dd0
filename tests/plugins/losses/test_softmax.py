import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_losses.softmax import softmax_d_loss, softmax_g_loss

quick = settings(deadline=None, max_examples=50)


def test_it_is_the_cross_entropy_with_the_papers_targets():
    real, fake = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    log_shares = torch.cat([real, fake]).log_softmax(0)
    d_target = torch.tensor([1 / 5] * 5 + [0.0] * 5, dtype=torch.float64)
    torch.testing.assert_close(
        softmax_d_loss(real_logits=real, fake_logits=fake).mean(), -(d_target * log_shares).sum()
    )
    torch.testing.assert_close(softmax_g_loss(real_logits=real, fake_logits=fake).mean(), -log_shares.mean())


def test_at_its_best_the_discriminator_pays_log_n_and_the_generator_log_2_n():
    apart, same = torch.full((4,), 30.0), torch.zeros(4)
    torch.testing.assert_close(softmax_d_loss(real_logits=apart, fake_logits=-apart), torch.full((4,), math.log(4)))
    torch.testing.assert_close(softmax_g_loss(real_logits=same, fake_logits=same), torch.full((4,), math.log(8)))


@quick
@given(st.lists(st.floats(-20, 20), min_size=6, max_size=6), st.floats(-50, 50))
def test_only_differences_count(values, level):
    real, fake = torch.tensor(values, dtype=torch.float64).split(3)
    for loss in (softmax_d_loss, softmax_g_loss):
        torch.testing.assert_close(
            loss(real_logits=real + level, fake_logits=fake + level), loss(real_logits=real, fake_logits=fake)
        )
        assert (loss(real_logits=real, fake_logits=fake).mean() >= math.log(3) - 1e-9).all()
