"""A hinge loss whose margins are drawn, by way of logits that are moved."""

import torch
import torch.nn.functional as F

from ganzoo.techniques import Random
from ganzoo_fastgan.margin import RandomMargin


def test_a_hinge_loss_of_moved_logits_has_margins_below_1():
    real, fake = torch.linspace(-2, 2, 1000), torch.linspace(-2, 2, 1000)
    moved_real, moved_fake = RandomMargin(0.2).d_logits(real, fake, Random(torch.device("cpu"), 0))
    drawn = Random(torch.device("cpu"), 0)
    of_real, of_fake = 1 - 0.2 * drawn.uniform(1000), 1 - 0.2 * drawn.uniform(1000)
    torch.testing.assert_close(F.relu(1 - moved_real), F.relu(of_real - real))
    torch.testing.assert_close(F.relu(1 + moved_fake), F.relu(of_fake + fake))
    for margins in (of_real, of_fake):
        assert 0.8 <= margins.min() < 0.81
        assert 0.99 < margins.max() <= 1
    assert not torch.equal(of_real, of_fake)


def test_the_generators_loss_has_no_margin():
    losses = torch.randn(4)
    assert RandomMargin(0.2).g_losses(losses, None) is losses
