import math

import pytest
import torch
from torch import nn

from ganzoo.nn import ConditionalBatchNorm2d, initialise, spectral


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def layers(norm="none"):
    return nn.Sequential(
        *(spectral(norm, layer) for layer in (nn.Conv2d(64, 32, 3), nn.Linear(300, 200), nn.Embedding(300, 100)))
    )


def weights(network):
    for layer in network:
        found = getattr(layer, "parametrizations", None)
        yield found.weight.original if found else layer.weight


@pytest.mark.parametrize(
    ("how", "deviation"),
    [
        ("he", lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
        ("glorot", lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
        ("normal", lambda fan_in, fan_out: 0.02),
    ],
)
def test_weights_have_the_spread_of_their_papers(how, deviation):
    fans = ((64 * 9, 32 * 9), (300, 200), (100, 300))
    for weight, (fan_in, fan_out) in zip(weights(initialise(layers(), how)), fans, strict=True):
        torch.testing.assert_close(weight.std().item(), deviation(fan_in, fan_out), rtol=0.05, atol=0)
        assert abs(weight.mean().item()) < 0.1 * weight.std().item()


def test_orthogonal_weights_have_singular_values_of_1():
    for weight in weights(initialise(layers(), "orthogonal")):
        values = torch.linalg.svdvals(weight.flatten(1))
        torch.testing.assert_close(values, torch.ones_like(values))


def test_below_spectral_norm_it_is_the_trained_weight_that_is_drawn():
    network = layers("spectral")
    before = [weight.clone() for weight in weights(network)]
    for weight, old in zip(weights(initialise(network, "normal")), before, strict=True):
        assert not torch.equal(weight, old)
        torch.testing.assert_close(weight.std().item(), 0.02, rtol=0.05, atol=0)


@pytest.mark.parametrize("how", ["he", "glorot", "normal"])
def test_below_spectral_norm_it_has_norm_1_from_the_start(how):
    for layer in initialise(layers("spectral"), how).eval():
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        torch.testing.assert_close(norm, torch.tensor(1.0), rtol=0.05, atol=0)


def test_biases_begin_at_0_and_conditional_norms_as_plain_ones():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), ConditionalBatchNorm2d(4, 5), nn.Embedding(3, 4))
    initialise(network, "orthogonal")
    assert not network[0].bias.any()
    assert not network[1].scale.weight.any()
    assert not network[1].shift.weight.any()
