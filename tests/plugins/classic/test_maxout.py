"""The networks of 2014 against the authors' settings."""

import math

import pytest
import torch
from torch import nn

from ganzoo import ImageShape, NetworkConfig
from ganzoo.config import resolve
from ganzoo_classic import MaxoutOptions
from ganzoo_classic.maxout import Discriminator, Generator, Maxout

MNIST = ImageShape(1, 28, 28)


def request(shape=MNIST, z_dim=100, num_classes=0, **options):
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=MaxoutOptions(**options))


@pytest.mark.parametrize(("inputs", "outputs", "pieces"), [(3, 4, 2), (1, 1, 5), (7, 2, 3)])
def test_a_maxout_unit_is_the_largest_of_its_linear_pieces(inputs, outputs, pieces):
    torch.manual_seed(0)
    layer, x = Maxout(inputs, outputs, pieces), torch.randn(6, inputs)
    weight, bias = layer.linear.weight, layer.linear.bias
    expected = torch.empty(6, outputs)
    for sample in range(6):
        for unit in range(outputs):
            values = []
            for piece in range(pieces):
                row = unit * pieces + piece
                values.append(sum(weight[row, i] * x[sample, i] for i in range(inputs)) + bias[row])
            expected[sample, unit] = max(values)
    torch.testing.assert_close(layer(x), expected)


def test_two_opposite_pieces_are_an_absolute_value():
    layer = Maxout(1, 1, 2)
    layer.linear.weight.data = torch.tensor([[1.0], [-1.0]])
    layer.linear.bias.data.zero_()
    torch.testing.assert_close(layer(torch.tensor([[-3.0], [0.0], [2.0]])), torch.tensor([[3.0], [0.0], [2.0]]))


def test_the_papers_networks_have_the_papers_sizes():
    G, D = Generator(request()), Discriminator(request())
    sizes = [sum(p.numel() for p in player.parameters()) for player in (G, D)]
    assert sizes[0] == (100 + 1) * 1200 + (1200 + 1) * 1200 + (1200 + 1) * 784
    assert sizes[1] == (784 + 1) * 240 * 5 + (240 + 1) * 240 * 5 + (240 + 1)


def test_any_shape_of_image_is_made_and_judged():
    shape = ImageShape(4, 5, 7)
    G, D = Generator(request(shape, hidden_g=[3])), Discriminator(request(shape, hidden_d=[3]))
    images = G(torch.randn(2, 100))
    assert images.shape == (2, *shape)
    assert D(images).logits.shape == (2,)


def test_classes_stand_beside_the_inputs_of_both_players():
    plain, classed = request(), request(num_classes=10)
    for player, units in ((Generator, 1200), (Discriminator, 240 * 5)):
        sizes = [sum(p.numel() for p in player(config).parameters()) for config in (plain, classed)]
        assert sizes[1] - sizes[0] == 10 * units


@pytest.mark.parametrize(("player", "limit"), [(Generator, 0.05), (Discriminator, 0.005)])
def test_weights_start_uniform_within_the_authors_limits(player, limit):
    torch.manual_seed(0)
    for module in player(request()).modules():
        if isinstance(module, nn.Linear):
            weight = module.weight.detach()
            assert weight.abs().max() <= limit
            error = 4 / weight.numel() ** 0.5
            torch.testing.assert_close(weight.std(), torch.tensor(limit / math.sqrt(3)), rtol=error, atol=0)
            torch.testing.assert_close(weight.mean(), torch.tensor(0.0), rtol=0, atol=limit * error)
            assert not module.bias.any()


def test_the_sigmoid_is_stretched_over_the_zoos_range():
    torch.manual_seed(0)
    G = Generator(request(ImageShape(1, 4, 4), z_dim=3, hidden_g=[5]))
    z = torch.randn(6, 3)
    expected = torch.tanh(G.layers(z) / 2)  # 2 sigmoid(x) - 1
    torch.testing.assert_close(G(z), expected.view(6, 1, 4, 4))


def test_the_generator_is_rectified_and_takes_no_noise_but_z():
    G = Generator(request())
    kinds = [type(module) for module in G.layers]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]


def test_dropout_is_on_the_inputs_and_on_every_hidden_layer_while_training_only():
    torch.manual_seed(0)
    D = Discriminator(request(ImageShape(1, 8, 8), hidden_d=[6, 4], dropout_input=0.1, dropout_hidden=0.4))
    assert [m.p for m in D.layers if isinstance(m, nn.Dropout)] == [0.1, 0.4, 0.4]
    x = torch.ones(4, 1, 8, 8)
    assert D(x).logits.std() > 0
    logits = D.eval()(x).logits
    torch.testing.assert_close(logits, logits[:1].expand(4), rtol=0, atol=0)


def test_features_are_the_last_hidden_layer():
    D = Discriminator(request(ImageShape(1, 8, 8), hidden_d=[6, 4])).eval()
    output = D(torch.randn(3, 1, 8, 8))
    assert output.features.shape == (3, 4)
    torch.testing.assert_close(D.to_logit(output.features).squeeze(1), output.logits)


def test_latents_are_normal_and_a_hundred_by_default(registry):
    config = resolve("maxout-mm", registry, []).config
    assert (config.z_distribution, config.z_dim) == ("normal", 100)
