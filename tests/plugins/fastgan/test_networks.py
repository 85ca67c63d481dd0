"""FastGAN against its authors' code (models.py) and by the rules that carry it to other sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.nn import NoiseInjection
from ganzoo_fastgan import FastGANOptions, check
from ganzoo_fastgan.blocks import Down, Excitation
from ganzoo_fastgan.networks import width_at

# Weights as models.py of the authors' code defines them: no biases, two numbers a channel for each batch norm, one for a noise.


def up(inputs, outputs):
    return inputs * 2 * outputs * 9 + 2 * 2 * outputs


def thorough_up(inputs, outputs):
    return up(inputs, outputs) + up(outputs, outputs) + 2


def excitation(inputs, outputs):
    return inputs * outputs * 16 + outputs * outputs


def down(inputs, outputs):
    return inputs * outputs * 16 + 2 * outputs


def double_down(inputs, outputs):
    return down(inputs, outputs) + outputs * outputs * 9 + 2 * outputs + inputs * outputs + 2 * outputs


GENERATOR = 256 * 2048 * 16 + 2 * 2048 + thorough_up(1024, 512) + up(512, 256) + thorough_up(256, 128) + up(128, 128)
GENERATOR += thorough_up(128, 64) + up(64, 32) + excitation(1024, 128) + excitation(512, 64) + excitation(256, 32)
LARGER = thorough_up(32, 16) + excitation(128, 16)
# Without its decoders, which are the regularizer's.
DISCRIMINATOR = sum(double_down(16 << i, 32 << i) for i in range(5)) + 512 * 1024 + 2 * 1024 + 1024 * 16
DISCRIMINATOR += excitation(16, 128) + excitation(32, 256) + excitation(64, 512)
DISCRIMINATOR += 3 * 32 * 16 + down(32, 64) + down(64, 128) + down(128, 256) + 256 * 16


@pytest.mark.parametrize(
    ("resolution", "of_generator", "of_discriminator"),
    [
        (256, GENERATOR + 32 * 3 * 9, DISCRIMINATOR + 3 * 16 * 9),
        (1024, GENERATOR + LARGER + up(16, 8) + 8 * 3 * 9, DISCRIMINATOR + 3 * 8 * 16 + down(8, 16)),
    ],
)
def test_there_are_as_many_weights_as_in_the_authors_code(pair, resolution, of_generator, of_discriminator):
    # Theirs are 192 more in G, 64 x 3 of a convolution to a second image at 128 pixels.
    G, D = pair(resolution, z_dim=256, width_g=64, width_d=64, device="meta")
    assert count(G) == of_generator
    assert count(D) == of_discriminator


def test_the_counts_at_256_pixels():
    assert (GENERATOR + 32 * 3 * 9, DISCRIMINATOR + 3 * 16 * 9) == (29_127_654, 8_386_672)


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_maps_have_the_authors_widths():
    multiples = {4: 16, 8: 8, 16: 4, 32: 2, 64: 2, 128: 1, 256: 0.5, 512: 0.25, 1024: 0.125}
    assert [width_at(64, side) for side in multiples] == [64 * times for times in multiples.values()]


def test_a_class_adds_its_projection_to_the_discriminator_and_nothing_else(pair):
    (_, plain), (_, told) = pair(16), pair(16, num_classes=3)
    more = {name: tuple(p.shape) for name, p in told.named_parameters() if name not in dict(plain.named_parameters())}
    features = told(torch.zeros(2, 3, 16, 16), torch.tensor([0, 1])).features.shape[1]
    assert more == {"projection.embedding.parametrizations.weight.original": (3, features)}


@pytest.mark.parametrize(
    ("height", "width"), [(8, 8), (16, 16), (32, 32), (64, 64), (128, 128), (8, 10), (32, 48), (48, 32)]
)
@pytest.mark.parametrize("num_classes", [0, 3])
def test_every_size_is_made_and_judged(pair, height, width, num_classes):
    G, D = pair(height, width, num_classes=num_classes)
    c = torch.tensor([0, 2]) if num_classes else None
    images = G(torch.randn(2, 5), c)
    assert images.shape == (2, 3, height, width)
    output = D(images, c)
    assert output.logits.shape == (2,)
    assert output.features.shape[0] == 2


@torch.no_grad()
def test_larger_images_are_halved_to_256_pixels_first(pair):
    for resolution, widths in ((512, [4]), (1024, [2, 4])):
        G, D = pair(resolution, width_g=1, width_d=16)
        images = G(torch.randn(2, 5))
        assert images.shape == (2, 3, resolution, resolution)
        assert D.stem(images).shape == (2, 4, 256, 256)
        assert [m.out_channels for m in D.stem if isinstance(m, nn.Conv2d)] == widths
        assert D.second_look(D.shrink(images)).shape == (2, 64, 8, 8)


@torch.no_grad()
def test_each_look_ends_in_8x8_places_and_25_judgements(pair):
    _, D = pair(256)
    maps = D.maps(torch.randn(2, 3, 256, 256))
    assert [tuple(x.shape) for x in maps] == [(2, 32, 8, 8), (2, 16, 16, 16), (2, 16, 8, 8)]
    assert D.judge(maps.last).shape == D.judge_small(maps.small).shape == (2, 1, 5, 5)


def test_a_map_is_excited_by_one_four_doublings_below(pair):
    def sources(player):
        return [stage.source if stage.excitation else None for stage in player.stages]

    of_256, of_1024, of_32 = (pair(resolution, width_g=1, width_d=1) for resolution in (256, 1024, 32))
    assert sources(of_256[0]) == [None, None, None, 0, 1, 2]  # 64 by 4, 128 by 8, 256 by 16
    assert sources(of_1024[0]) == [None, None, None, 0, 1, 2, 3, None]  # 512 by 32
    assert sources(of_32[0]) == [None, None, 0]
    assert sources(of_256[1]) == [None, None, 0, 1, 2]  # three halvings apart in D
    assert sources(of_32[1]) == [None, 0]


def test_noise_comes_in_at_every_other_resolution(pair):
    G, _ = pair(64)
    noisy = [[m.constant.shape[-1] for m in stage.modules() if isinstance(m, NoiseInjection)] for stage in G.stages]
    assert noisy == [[8, 8], [], [32, 32], []]


def test_excitation_gates_each_channel_by_a_pooled_map():
    torch.manual_seed(0)
    layer = Excitation(3, 5, pool=2, places=(4, 4)).eval()
    x, other = torch.randn(2, 5, 6, 6), torch.randn(2, 3, 8, 8)
    first, second = (m.weight for m in layer.gate if isinstance(m, nn.Conv2d))
    for n in range(2):
        pooled = torch.stack(
            [other[n, :, i : i + 2, j : j + 2].mean((1, 2)) for i in range(0, 8, 2) for j in range(0, 8, 2)], dim=1
        )
        hidden = first.flatten(1) @ pooled.flatten()
        gate = torch.sigmoid(second.flatten(1) @ (hidden * torch.sigmoid(hidden)))
        torch.testing.assert_close(layer(x, other)[n], x[n] * gate[:, None, None])


def test_a_down_block_is_the_mean_of_two_ways():
    torch.manual_seed(0)
    layer, x = Down(3, 5, "none"), torch.randn(2, 3, 8, 8)
    wide, square, pointwise = (m for m in layer.modules() if isinstance(m, nn.Conv2d))
    deep = F.leaky_relu(F.conv2d(x, wide.weight, wide.bias, 2, 1), 0.2)
    deep = F.leaky_relu(F.conv2d(deep, square.weight, square.bias, 1, 1), 0.2)
    pooled = F.leaky_relu(F.conv2d(F.interpolate(x, (4, 4), mode="area"), pointwise.weight, pointwise.bias), 0.2)
    torch.testing.assert_close(layer.eval()(x), (deep + pooled) / 2, rtol=1e-4, atol=1e-5)


def test_the_second_look_is_at_averages_of_pixels(pair):
    _, D = pair(32)
    images = torch.rand(2, 3, 32, 32)
    checkerboard = torch.ones(32, 32)
    checkerboard[::2, 1::2] = checkerboard[1::2, ::2] = -1
    seen, other = D.eval().maps(images), D.maps(images + checkerboard)
    torch.testing.assert_close(other.small, seen.small)
    assert not torch.allclose(other.last, seen.last)


@torch.no_grad()
def test_every_weight_is_under_spectral_norm(pair):
    for player in pair(16, num_classes=2):
        layers = [m for m in player.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
        assert layers
        for layer in layers:
            assert parametrize.is_parametrized(layer, "weight")
            for _ in range(200):
                layer.weight  # noqa: B018  # each reading in training is a power iteration
            weight = layer.eval().weight
            matrix = (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)
            torch.testing.assert_close(torch.linalg.svdvals(matrix)[0], torch.tensor(1.0), rtol=1e-2, atol=0)


def test_scales_of_batch_norms_begin_around_1(pair):
    for player in pair(32, width_g=64, width_d=64):
        scales = torch.cat([m.weight for m in player.modules() if isinstance(m, nn.BatchNorm2d)])
        torch.testing.assert_close(scales.mean(), torch.tensor(1.0), rtol=0, atol=2e-3)
        torch.testing.assert_close(scales.std(), torch.tensor(0.02), rtol=0.1, atol=0)


@pytest.mark.parametrize(("norm", "kind"), [("batch", nn.BatchNorm2d), ("layer", nn.GroupNorm), ("none", None)])
def test_the_discriminators_norm_is_the_one_asked_for(pair, norm, kind):
    _, D = pair(32, norm_d=norm)
    found = {type(m) for m in D.modules() if isinstance(m, nn.BatchNorm2d | nn.GroupNorm)}
    assert found == ({kind} if kind else set())
    # A norm takes the place of a bias. The last layers say how real, and their level is free anyway.
    assert any(m.bias is not None for m in D.modules() if isinstance(m, nn.Conv2d)) == (norm == "none")


def test_sizes_that_cannot_be_halved_are_refused():
    config = NetworkConfig(image_shape=ImageShape(3, 28, 28), z_dim=5, num_classes=0, options=FastGANOptions())
    with pytest.raises(ConfigError, match=r"fastgan cannot make images of 28x28"):
        check(config)
