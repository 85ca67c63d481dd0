"""DCGAN against its paper, section 4 and figure 1."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from ganzoo import ImageShape, NetworkConfig
from ganzoo_dcgan import DCGANOptions
from ganzoo_dcgan.networks import Discriminator, Generator

PAPER = DCGANOptions(width_g=128, width_d=128)


def request(resolution=8, channels=3, z_dim=5, num_classes=0, options=None, **chosen):
    options = options or DCGANOptions(**{"width_g": 4, "width_d": 4, "embedding_dim": 3} | chosen)
    shape = ImageShape(channels, resolution, resolution)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=options)


def build(player, *arguments, seed=0, **more):
    torch.manual_seed(seed)
    return player(request(*arguments, **more))


def count(player, *arguments, **more):
    with torch.device("meta"):
        return sum(p.numel() for p in player(request(*arguments, **more)).parameters())


def generator_size(widths, z, channels):
    """4x4 kernels without bias, a scale and a shift each channel; the last layer has a bias and no norm."""
    layers = sum(16 * wide * narrow for wide, narrow in pairwise([z, *widths]))
    return layers + 2 * sum(widths) + 16 * widths[-1] * channels + channels


def discriminator_size(widths, channels):
    """The first layer has a bias and no norm, the others no bias; then one logit from the 4x4 map."""
    layers = sum(16 * narrow * wide for narrow, wide in pairwise(widths))
    return 16 * channels * widths[0] + widths[0] + layers + 2 * sum(widths[1:]) + 16 * widths[-1] + 1


def test_the_papers_networks_have_the_papers_widths():
    # Figure 1: z of 100, then 1024, 512, 256 and 128 channels, to 64x64 pixels.
    widths = [1024, 512, 256, 128]
    assert count(Generator, 64, z_dim=100, options=PAPER) == generator_size(widths, 100, 3)
    assert count(Discriminator, 64, options=PAPER) == discriminator_size(widths[::-1], 3)


def test_at_width_64_they_are_those_of_the_well_known_example():
    # PyTorch's DCGAN tutorial: 3,576,704 and 2,765,568, without the biases of the layers that have no norm.
    assert count(Generator, 64, z_dim=100, options=DCGANOptions()) == 3_576_704 + 3
    assert count(Discriminator, 64, options=DCGANOptions()) == 2_765_568 + 64 + 1


@pytest.mark.parametrize(
    ("resolution", "widths"),
    [(8, [4]), (16, [8, 4]), (64, [32, 16, 8, 4]), (256, [128, 64, 32, 16, 8, 4])],
)
def test_each_doubling_adds_a_layer_of_half_the_width(resolution, widths):
    assert count(Generator, resolution) == generator_size(widths, 5, 3)
    assert count(Discriminator, resolution) == discriminator_size(widths[::-1], 3)


def test_no_layer_is_wider_than_the_widest():
    assert count(Generator, 128, max_width=16) == generator_size([16, 16, 16, 8, 4], 5, 3)
    assert count(Discriminator, 128, max_width=16) == discriminator_size([4, 8, 16, 16, 16], 3)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("resolution", [8, 16, 32, 64, 128])
def test_every_power_of_two_and_number_of_channels_is_made_and_judged(resolution, channels):
    G, D = build(Generator, resolution, channels), build(Discriminator, resolution, channels)
    images = G(torch.randn(2, 5))
    assert images.shape == (2, channels, resolution, resolution)
    assert D(images).logits.shape == (2,)


def test_weights_start_from_a_normal_of_deviation_0_02():
    for player in (build(Generator, 32, options=DCGANOptions()), build(Discriminator, 32, options=DCGANOptions())):
        for module in player.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                weight = module.weight.detach()
                error = 4 / weight.numel() ** 0.5  # four standard errors
                torch.testing.assert_close(weight.mean(), torch.tensor(0.0), rtol=0, atol=0.02 * error)
                torch.testing.assert_close(weight.std(), torch.tensor(0.02), rtol=error, atol=0)
                assert module.bias is None or not module.bias.any()
            if isinstance(module, nn.BatchNorm2d):
                torch.testing.assert_close(module.weight.mean(), torch.tensor(1.0), rtol=0, atol=0.015)
                torch.testing.assert_close(module.weight.std(), torch.tensor(0.02), rtol=0.5, atol=0)
                assert not module.bias.any()


def test_neither_the_image_nor_the_first_look_at_it_is_normalised():
    G, D = build(Generator, 32), build(Discriminator, 32)
    assert len([m for m in G.modules() if isinstance(m, nn.BatchNorm2d)]) == 3
    assert len([m for m in D.modules() if isinstance(m, nn.BatchNorm2d)]) == 2
    assert isinstance(G.to_image, nn.ConvTranspose2d)
    assert [type(module) for module in list(D.layers)[:3]] == [nn.Conv2d, nn.LeakyReLU, nn.Conv2d]
    assert {m.negative_slope for m in D.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}


NORM_LAYERS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "layer": nn.GroupNorm}


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "spectral", "none"])
def test_the_norm_that_was_asked_for_is_the_only_one(norm):
    players = build(Generator, 16, norm_g=norm, norm_d="none"), build(Discriminator, 16, norm_g="none", norm_d=norm)
    for player, layers in zip(players, (2, 1), strict=True):
        for name, kind in NORM_LAYERS.items():
            assert len([m for m in player.modules() if isinstance(m, kind)]) == (layers if name == norm else 0)
        convolutions = [m for m in player.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        assert {nn.utils.parametrize.is_parametrized(m, "weight") for m in convolutions} == {norm == "spectral"}


@pytest.mark.parametrize(("norm", "bias"), [("batch", False), ("instance", False), ("layer", True), ("none", True)])
def test_a_bias_that_the_norm_would_take_away_is_left_out(norm, bias):
    G = build(Generator, 16, norm_g=norm)
    convolutions = [m for m in G.layers if isinstance(m, nn.ConvTranspose2d)]
    assert {m.bias is not None for m in convolutions} == {bias}
    assert G.to_image.bias is not None


def test_under_spectral_norm_the_class_embedding_is_bounded_too():
    D = build(Discriminator, num_classes=4, norm_d="spectral")
    for _ in range(100):
        D(torch.zeros(2, 3, 8, 8), torch.tensor([0, 1]))
    torch.testing.assert_close(
        torch.linalg.matrix_norm(D.projection.embedding.weight, 2), torch.tensor(1.0), rtol=1e-3, atol=0
    )


def test_the_class_is_projected_onto_the_features():
    # Miyato & Koyama 2018, equation 3: the classes' logits differ by <e_c - e_c', phi(x)>.
    D = build(Discriminator, 16, num_classes=3).eval()
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    first, second = (D(x, torch.full((4,), c)) for c in (0, 2))
    expected = (D.projection.embedding.weight[2] - D.projection.embedding.weight[0]) @ first.features.T
    torch.testing.assert_close(second.logits - first.logits, expected)
    torch.testing.assert_close(first.features, D.layers(x).sum((2, 3)))
    assert first.features.shape == (4, 8)


def test_the_class_stands_beside_the_latent_as_an_embedding():
    G = build(Generator, num_classes=3)
    assert G.told.embedding.weight.shape == (3, 3)
    assert G.layers[0].in_channels == 5 + 3
    extra = count(Generator, num_classes=3) - count(Generator)
    assert extra == 3 * 3 + 16 * 3 * 4
    assert count(Discriminator, num_classes=3) - count(Discriminator) == 3 * 4
