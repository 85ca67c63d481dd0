"""Weight normalisation and its data-dependent start."""

import pytest
import torch
from torch import nn

from ganzoo import ImageShape
from ganzoo_semisupervised.networks import Discriminator, Noise
from ganzoo_semisupervised.weight_norm import WeightNorm, initialise


def layers():
    return [WeightNorm(nn.Linear(6, 4)), WeightNorm(nn.Conv2d(3, 4, 3, stride=2, padding=1))]


def batch_for(layer, count=64):
    shape = (count, 6) if isinstance(layer.layer, nn.Linear) else (count, 3, 8, 8)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 3 + 5


@pytest.mark.parametrize("layer", layers(), ids=["linear", "convolution"])
def test_the_first_batch_leaves_with_mean_0_and_variance_1(layer):
    returned = layer.initialise(batch_for(layer))
    y = layer(batch_for(layer)).transpose(0, 1).flatten(1)
    torch.testing.assert_close(y.mean(dim=1), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(y.var(dim=1, correction=0), torch.ones(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(returned, layer(batch_for(layer)))


@pytest.mark.parametrize("layer", layers(), ids=["linear", "convolution"])
def test_every_outputs_weight_has_the_norm_g(layer):
    with torch.no_grad():
        layer.g.copy_(torch.tensor([0.5, 1.0, 2.0, 3.0]))
        layer.layer.weight.mul_(17)
    torch.testing.assert_close(layer.weight.flatten(1).norm(dim=1), layer.g)


@pytest.mark.parametrize("layer", layers(), ids=["linear", "convolution"])
def test_before_any_initialisation_it_is_the_layer_without_its_bias(layer):
    x, inner = batch_for(layer), layer.layer
    torch.testing.assert_close(layer(x), inner(x))  # the inner layer has lost its bias, ours is 0


def test_a_constant_output_stays_finite():
    layer = WeightNorm(nn.Linear(6, 4))
    assert layer.initialise(torch.ones(8, 6)).isfinite().all()


def test_hidden_scales_are_not_trained_and_the_last_one_is():
    D = Discriminator(ImageShape(1, 8, 8), 3)
    scales = [module.g.requires_grad for module in D.modules() if isinstance(module, WeightNorm)]
    assert scales == [False] * (len(scales) - 1) + [True]


def test_a_sequence_is_initialised_layer_by_layer():
    first, second = WeightNorm(nn.Linear(6, 5)), WeightNorm(nn.Linear(5, 4))
    x = batch_for(first)
    initialise([first, nn.ReLU(), second], x)
    y = second(first(x).relu())
    torch.testing.assert_close(y.std(dim=0, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_the_discriminators_logits_start_with_mean_0_and_variance_1():
    torch.manual_seed(0)
    D, images = Discriminator(ImageShape(1, 16, 16), 5).eval(), torch.rand(200, 1, 16, 16)
    D.initialise(images)
    logits = D(images).logits
    torch.testing.assert_close(logits.mean(dim=0), torch.zeros(5), atol=1e-3, rtol=0)
    torch.testing.assert_close(logits.std(dim=0, correction=0), torch.ones(5), atol=1e-2, rtol=0)


def test_noise_has_its_sigma_in_training_and_is_absent_otherwise():
    torch.manual_seed(0)
    noise, x = Noise(0.3), torch.zeros(20, 1_000)
    torch.testing.assert_close(noise(x).std(), torch.tensor(0.3), atol=0.01, rtol=0)
    assert noise.eval()(x) is x
