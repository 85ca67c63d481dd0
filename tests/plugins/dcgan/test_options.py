"""DCGAN beyond its paper: images that are no squares, classes in the norms, dropout, He's weights; and what stays as it was."""

import math

import pytest
import torch
from torch import nn

from ganzoo import ImageShape, NetworkConfig
from ganzoo.nn import ConditionalBatchNorm2d
from ganzoo_dcgan import DCGANOptions
from ganzoo_dcgan.networks import Discriminator, Generator


def request(shape=(3, 8, 8), z_dim=5, num_classes=0, **options):
    chosen = DCGANOptions(**{"width_g": 4, "width_d": 4, "embedding_dim": 3} | options)
    return NetworkConfig(image_shape=ImageShape(*shape), z_dim=z_dim, num_classes=num_classes, options=chosen)


def build(player, seed=0, **asked):
    torch.manual_seed(seed)
    return player(request(**asked))


def shapes(network):
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


# Sizes


@pytest.mark.parametrize(
    ("height", "width", "smallest", "widest"),
    [(8, 16, (4, 8), 4), (16, 8, (8, 4), 4), (16, 24, (4, 6), 8), (64, 32, (8, 4), 16), (32, 96, (4, 12), 16)],
)
def test_images_that_are_no_squares_are_made_and_judged(height, width, smallest, widest):
    shape = (3, height, width)
    G, D = build(Generator, shape=shape), build(Discriminator, shape=shape)
    z = torch.randn(2, 5)
    assert G.layers[0](z[:, :, None, None]).shape == (2, widest, *smallest)
    images = G(z)
    assert images.shape == (2, *shape)
    output = D(images)
    assert output.logits.shape == (2,)
    assert output.features.shape == (2, widest)
    assert D.to_logit.in_features == widest * math.prod(smallest)


def test_a_square_is_made_of_the_parameters_it_always_was():
    # Checkpoints are read by these names.
    norm = {"weight": (4,), "bias": (4,), "running_mean": (4,), "running_var": (4,), "num_batches_tracked": ()}
    asked = {"shape": (3, 16, 16), "num_classes": 2, "max_width": 4}
    assert shapes(build(Generator, **asked)) == {
        "told.embedding.weight": (2, 3),
        "layers.0.weight": (8, 4, 4, 4),
        **{f"layers.1.{name}": shape for name, shape in norm.items()},
        "layers.3.weight": (4, 4, 4, 4),
        **{f"layers.4.{name}": shape for name, shape in norm.items()},
        "to_image.weight": (4, 3, 4, 4),
        "to_image.bias": (3,),
    }
    assert shapes(build(Discriminator, **asked)) == {
        "layers.0.weight": (4, 3, 4, 4),
        "layers.0.bias": (4,),
        "layers.2.weight": (4, 4, 4, 4),
        **{f"layers.3.{name}": shape for name, shape in norm.items()},
        "to_logit.weight": (1, 64),
        "to_logit.bias": (1,),
        "projection.embedding.weight": (2, 4),
    }


def test_a_seed_gives_the_weights_it_always_gave():
    def drawn(layer):
        return nn.init.normal_(layer.weight, 0.0, 0.02)

    def scaled(channels):
        return nn.init.normal_(nn.BatchNorm2d(channels).weight, 1.0, 0.02)

    asked = {"shape": (3, 16, 16), "num_classes": 2}
    torch.manual_seed(7)
    expected = [nn.Embedding(2, 3).weight, drawn(nn.ConvTranspose2d(8, 8, 4, bias=False)), scaled(8)]
    expected += [drawn(nn.ConvTranspose2d(8, 4, 4, bias=False)), scaled(4), drawn(nn.ConvTranspose2d(4, 3, 4))]
    found = [p for name, p in build(Generator, seed=7, **asked).named_parameters() if name.endswith("weight")]
    torch.testing.assert_close(found, expected, rtol=0, atol=0)

    torch.manual_seed(7)
    expected = [drawn(nn.Conv2d(3, 4, 4)), drawn(nn.Conv2d(4, 8, 4, bias=False)), scaled(8)]
    expected += [drawn(nn.Linear(128, 1)), drawn(nn.Embedding(2, 8))]
    found = [p for name, p in build(Discriminator, seed=7, **asked).named_parameters() if name.endswith("weight")]
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


# Classes in the norms


def test_a_class_steers_every_norm_and_enters_nowhere_else():
    G = build(Generator, shape=(3, 32, 32), num_classes=6, conditioning="cbn")
    assert G.told.embedding is None
    assert G.layers[0].in_channels == 5
    assert [type(module) for module in G.layers] == [nn.ConvTranspose2d, ConditionalBatchNorm2d, nn.ReLU] * 3
    assert [module.scale.weight.shape for module in G.layers[1::3]] == [(16, 6), (8, 6), (4, 6)]


def test_each_class_has_a_scale_and_a_shift_of_its_own():
    asked = {"shape": (3, 16, 16), "num_classes": 3, "conditioning": "cbn"}
    G, plain = build(Generator, **asked), build(Generator, **asked | {"num_classes": 0})
    norms, theirs = ([m for m in net.layers if not isinstance(m, nn.ConvTranspose2d | nn.ReLU)] for net in (G, plain))
    for norm in norms:
        nn.init.normal_(norm.scale.weight)
        nn.init.normal_(norm.shift.weight)
    z = torch.randn(4, 5)
    for c in range(3):
        plain.load_state_dict({k: v for k, v in G.state_dict().items() if k in plain.state_dict()}, strict=False)
        for norm, their in zip(norms, theirs, strict=True):
            their.weight.data, their.bias.data = 1 + norm.scale.weight[:, c], norm.shift.weight[:, c]
        torch.testing.assert_close(G(z, torch.full((4,), c)), plain(z))


def test_a_gradient_reaches_the_norms_of_the_classes_that_came():
    G = build(Generator, num_classes=4, conditioning="cbn")
    G(torch.randn(6, 5), torch.tensor([0, 2, 0, 2, 0, 2]))[:, 0, 1:3, 2:5].sum().backward()
    for part in (G.layers[1].scale, G.layers[1].shift):
        assert (part.weight.grad.abs().sum(dim=0) > 0).tolist() == [True, False, True, False]


def test_without_classes_the_norms_are_plain_ones():
    networks = [build(Generator, conditioning=way) for way in ("cbn", "concat")]
    torch.testing.assert_close(networks[0].state_dict(), networks[1].state_dict(), rtol=0, atol=0)


# Dropout and initial weights


def test_dropout_follows_each_layer_of_the_discriminator_and_rests_in_evaluation():
    D = build(Discriminator, shape=(3, 16, 16), dropout_d=0.5)
    kinds = [type(module) for module in D.layers]
    assert kinds == [nn.Conv2d, nn.LeakyReLU, nn.Dropout, nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.Dropout]
    assert {module.p for module in D.modules() if isinstance(module, nn.Dropout)} == {0.5}
    images = torch.randn(1, 3, 16, 16).expand(8, -1, -1, -1)
    assert D(images).logits.std() > 0
    logits = D.eval()(images).logits
    torch.testing.assert_close(logits, logits[:1].expand(8), rtol=0, atol=0)


def test_he_weights_have_variance_two_over_the_summands_of_an_output():
    asked = {"shape": (3, 32, 32), "z_dim": 100, "width_g": 64, "width_d": 64, "init": "he"}
    # A place of a layer that doubles the size is reached by 2x2 of the 4x4 weights, one of the first by a single one.
    summands = {Generator: (100, 4 * 256, 4 * 128, 4 * 64), Discriminator: (16 * 3, 16 * 64, 16 * 128, 16 * 256)}
    for player, fans in summands.items():
        network = build(player, **asked, norm_g="none", norm_d="none")
        layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        for layer, fan in zip(layers, fans, strict=True):
            weight = layer.weight.detach()
            error = 4 / weight.numel() ** 0.5
            torch.testing.assert_close(weight.std(), torch.tensor(math.sqrt(2 / fan)), rtol=error, atol=0)
            assert not layer.bias.any()


@pytest.mark.parametrize(("init", "low", "high"), [("he", 1.5, 2.5), ("normal", 0.0, 1e-3)])
def test_he_weights_carry_a_signal_through_layers_without_norms(init, low, high):
    G = build(Generator, shape=(3, 32, 32), z_dim=100, width_g=64, norm_g="none", init=init)
    before_tanh = G.to_image(G.layers(torch.randn(64, 100, 1, 1)))[:, :, 8:24, 8:24]
    assert low < before_tanh.square().mean() < high  # of rectified summands with He's weights: 2
