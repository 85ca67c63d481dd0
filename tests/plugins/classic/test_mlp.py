"""The multilayer perceptron against the numbers of the implementations that it stands for."""

import pytest
import torch
from torch import nn

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.config import Layer, resolve
from ganzoo_classic import MLPOptions
from ganzoo_classic.mlp import Discriminator, Generator

MNIST = ImageShape(1, 28, 28)


def request(shape=MNIST, z_dim=100, num_classes=0, **options):
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=MLPOptions(**options))


def size(module):
    return sum(p.numel() for p in module.parameters())


def test_the_networks_have_the_sizes_of_the_layers_they_list():
    hidden, units = 100 * 256 + 256 * 512 + 512 * 1024, 256 + 512 + 1024
    norms = 2 * units  # batch norm's scale and shift; without one, each layer has a bias
    assert size(Generator(request())) == hidden + norms + (1024 + 1) * 784
    assert size(Generator(request(norm_g="none"))) == hidden + units + (1024 + 1) * 784
    assert size(Discriminator(request())) == (784 + 1) * 512 + (512 + 1) * 256 + (256 + 1)


def test_any_shape_of_image_is_made_and_judged():
    shape = ImageShape(4, 5, 7)
    G, D = Generator(request(shape, hidden_g=[3])), Discriminator(request(shape, hidden_d=[3]))
    images = G(torch.randn(2, 100))
    assert images.shape == (2, *shape)
    assert D(images).logits.shape == (2,)


def test_batch_norm_keeps_four_fifths_of_its_statistics_as_keras_counts_momentum():
    torch.manual_seed(0)
    G = Generator(request(z_dim=3, hidden_g=[4]))
    z = torch.randn(50, 3)
    linear, norm = G.layers[0], G.layers[1]
    G(z)
    activations = linear(z).detach()
    torch.testing.assert_close(norm.running_mean, 0.2 * activations.mean(0))
    torch.testing.assert_close(norm.running_var, 0.8 * torch.ones(4) + 0.2 * activations.var(0))


@pytest.mark.parametrize(("norm", "kind"), [("batch", nn.BatchNorm1d), ("layer", nn.LayerNorm), ("none", nn.Identity)])
def test_each_hidden_layer_of_the_generator_is_linear_norm_leaky(norm, kind):
    G = Generator(request(hidden_g=[5, 4], norm_g=norm))
    assert [type(module) for module in G.layers] == [nn.Linear, kind, nn.LeakyReLU] * 2 + [nn.Linear]
    assert {m.negative_slope for m in G.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}


@pytest.mark.parametrize("norm", ["layer", "spectral", "none"])
def test_the_discriminators_norm_is_the_one_asked_for(norm):
    D = Discriminator(request(hidden_d=[5, 4], norm_d=norm))
    assert len([m for m in D.modules() if isinstance(m, nn.LayerNorm)]) == (2 if norm == "layer" else 0)
    linear = [m for m in D.modules() if isinstance(m, nn.Linear)]
    assert {nn.utils.parametrize.is_parametrized(m, "weight") for m in linear} == {norm == "spectral"}


def test_a_class_is_one_more_input_that_is_one():
    torch.manual_seed(0)
    G = Generator(request(ImageShape(1, 2, 2), z_dim=3, num_classes=4, hidden_g=[5], norm_g="none"))
    z, c = torch.randn(2, 3), torch.tensor([0, 3])
    one_hot = torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 1]])
    torch.testing.assert_close(G(z, c), torch.tanh(G.layers(torch.cat([z, one_hot], 1))).view(2, 1, 2, 2))
    assert Discriminator(request(ImageShape(1, 2, 2), num_classes=4)).layers[0].in_features == 4 + 4


def test_features_are_the_last_hidden_layer():
    D = Discriminator(request(ImageShape(1, 8, 8), hidden_d=[6, 4]))
    output = D(torch.randn(3, 1, 8, 8))
    assert output.features.shape == (3, 4)
    torch.testing.assert_close(D.to_logit(output.features).squeeze(1), output.logits)


@pytest.mark.parametrize("name", ["mlp", "maxout"])
@pytest.mark.parametrize(("option", "value"), [("hidden_g", []), ("hidden_d", [4, 0]), ("hidden_g", "wide")])
def test_layers_without_units_are_refused_by_name(registry, name, option, value):
    with pytest.raises(ConfigError, match=rf"^arch\.{option}"):
        resolve(f"{name}-ns", registry, [Layer("test", {f"arch.{option}": value})])
