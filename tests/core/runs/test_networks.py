import pytest
import torch
from torch import nn

from ganzoo.runs.networks import Inputs, as_pixels, settled


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(4, 12, bias=False), nn.BatchNorm1d(12)

    def forward(self, z, c=None):
        return torch.tanh(self.norm(self.linear(z))).view(-1, 3, 2, 2)


INPUTS = Inputs(4, "normal", (), torch.device("cpu"))


def test_settled_statistics_are_those_of_the_weights_at_hand():
    G = Normed()
    G.norm.running_mean.fill_(100.0)
    copy = settled(G, INPUTS)
    z = torch.randn(4000, 4)
    features = G.linear(z)
    torch.testing.assert_close(copy.norm.running_mean, features.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(copy.norm.running_var, features.var(0), atol=0.2, rtol=0.2)
    assert not copy.training
    assert G.training
    assert (G.norm.running_mean == 100.0).all()


def test_settling_is_deterministic_and_draws_nothing_from_the_run():
    G, before = Normed(), torch.get_rng_state()
    first, second = settled(G, INPUTS), settled(G, INPUTS)
    assert torch.equal(first.norm.running_mean, second.norm.running_mean)
    assert torch.equal(before, torch.get_rng_state())


def test_pixels_are_rounded_half_to_even_and_clamped():
    images = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 1 / 255]).view(1, 1, 1, 6)
    assert as_pixels(images).flatten().tolist() == [0, 0, 128, 255, 255, 128]


def test_a_conditional_generator_is_fed_the_classes_of_its_seeds():
    z, classes = Inputs(4, "uniform", (5, 5, 5), torch.device("cpu")).of([0, 1, 2, 3])
    assert z.shape == (4, 4)
    assert z.abs().max() < 1
    assert classes.dtype == torch.int64
    assert 0 <= classes.min() <= classes.max() < 3


def test_settling_sees_classes_as_often_as_training_did():
    _, classes = Inputs(4, "normal", (900, 0, 100), torch.device("cpu")).of(range(4000))
    shares = torch.bincount(classes, minlength=3) / 4000
    torch.testing.assert_close(shares, torch.tensor([0.9, 0.0, 0.1]), atol=0.02, rtol=0)


def test_a_spectral_norm_is_settled_for_the_averaged_weights():
    G = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 12)))
    with torch.no_grad():
        G[0].parametrizations.weight.original.copy_(torch.randn(12, 4))  # as averaging does: the vectors are of others
    copy = settled(G, INPUTS)
    assert torch.linalg.matrix_norm(copy[0].weight, 2).item() == pytest.approx(1.0, abs=1e-3)
