"""The networks against table 2 of the paper, and against convolutions written out."""

import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganzoo import ImageShape, NetworkConfig
from ganzoo_progressive import ProgressiveOptions
from ganzoo_progressive.networks import Discriminator, Generator, width_at

# Table 2: channels of the maps at 4x4, 8x8 ... 1024x1024.
WIDTHS = [512, 512, 512, 512, 256, 128, 64, 32, 16]


def sizes(resolution, **options):
    """Parameters of both players."""
    config = NetworkConfig(
        image_shape=ImageShape(3, resolution, resolution),
        z_dim=512,
        num_classes=0,
        options=ProgressiveOptions(**options),
    )
    with torch.device("meta"):
        return tuple(
            sum(p.numel() for p in player.parameters()) for player in (Generator(config), Discriminator(config))
        )


def generator_size(widths):
    """Of the authors' code: a dense layer with a bias a channel, convolutions of 3x3, and a way to colours at every stage."""
    first = 512 * widths[0] * 16 + widths[0] + 9 * widths[0] ** 2 + widths[0]
    rest = sum(9 * a * b + b + 9 * b * b + b for a, b in pairwise(widths))
    return first + rest + sum(3 * width + 3 for width in widths)


def discriminator_size(widths, features=512):
    """Of the authors' code: a way from colours at every stage, convolutions of 3x3, one map more at 4x4, two dense layers."""
    rest = sum(9 * b * b + b + 9 * b * a + a for a, b in pairwise(widths))
    last = 9 * (widths[0] + 1) * widths[0] + widths[0] + 16 * widths[0] * features + features + features + 1
    return sum(4 * width for width in widths) + rest + last


@pytest.mark.parametrize("resolution", [32, 128, 256, 1024])
def test_the_papers_networks_are_as_large_as_the_authors(resolution):
    widths = WIDTHS[: resolution.bit_length() - 2]
    assert sizes(resolution) == (generator_size(widths), discriminator_size(widths))


def test_at_1024_pixels_they_have_the_papers_23_million_parameters():
    # Table 2 says 23.1M of both. StyleGAN's code, whose discriminator is PGGAN's, prints 23,087,249 for it.
    assert sizes(1024) == (23_079_115, 23_087_249)


def test_at_32_pixels_all_maps_are_of_the_widest():
    # Section 6.5: on CIFAR-10 the networks are those of the other experiments.
    assert sizes(32) == (20_719_628, 20_726_785)


def test_widths_halve_with_each_doubling_from_where_they_fit():
    assert [width_at(stage, ProgressiveOptions()) for stage in range(9)] == WIDTHS
    narrow = ProgressiveOptions(channel_base=128, max_width=24)
    assert [width_at(stage, narrow) for stage in range(-1, 8)] == [24, 24, 16, 8, 4, 2, 1, 1, 1]


def test_a_network_that_never_grows_has_one_way_to_images_and_from_them():
    grows, stays = sizes(64), sizes(64, phase_kimg=0, fade_kimg=0)
    assert grows[0] - stays[0] == 4 * (3 * 512 + 3)
    assert grows[1] - stays[1] == 4 * (3 * 512 + 512)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 16), (32, 32), (64, 64), (128, 128), (8, 16), (24, 16)])
def test_every_size_is_made_and_judged_at_every_stage(pair, height, width, channels):
    G, D = pair(height, width, channels=channels)
    for stage in range(G.last + 1):
        for level in (stage, stage + 0.5):
            G.stand(level)
            D.stand(level)
            images = G(torch.randn(2, 5))
            assert images.shape == (2, channels, height, width)
            assert images.abs().max() <= 1
            output = D(images)
            assert output.logits.shape == (2,)
            assert output.features.shape == (2, 6)


def test_weights_start_from_a_standard_normal_and_biases_at_0(pair):
    for player in pair(32, max_width=64, num_classes=50):
        for name, parameter in player.named_parameters():
            if name.endswith("bias"):
                assert not parameter.any()
            elif parameter.numel() > 500:
                error = 4 / parameter.numel() ** 0.5  # four standard errors
                torch.testing.assert_close(parameter.mean(), torch.tensor(0.0), rtol=0, atol=error)
                torch.testing.assert_close(parameter.std(), torch.tensor(1.0), rtol=0, atol=error)


def he(weight):
    """He's constant over the fan-in of a convolution, by which weights are multiplied as they are used (section 4.1)."""
    return weight * math.sqrt(2 / weight[0].numel())


def normed(x):
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


def test_the_generator_is_the_papers_chain_of_convolutions(pair, z):
    G, _ = pair(16)
    start, weights = G.blocks[0], dict(G.named_parameters())
    # "Conv 4x4" of table 2: a transposed convolution of a latent of 1x1. Its fan-in is that of the convolution it transposes.
    kernel = weights["blocks.0.spread.weight"].T.unflatten(1, (6, 4, 4))
    x = F.conv_transpose2d(normed(z)[:, :, None, None], kernel * math.sqrt(2 / (5 * 16)))
    x = normed(F.leaky_relu(x + start.bias[:, None, None], 0.2))
    for name in ("blocks.0.rest.2", "blocks.1.1", "blocks.1.4", "blocks.2.1", "blocks.2.4"):
        if name.endswith(".1"):
            x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
        x = F.conv2d(x, he(weights[f"{name}.weight"]), weights[f"{name}.bias"], padding=1)
        x = normed(F.leaky_relu(x, 0.2))
    colours = weights["to_image.2.weight"] / math.sqrt(6)
    torch.testing.assert_close(G(z), torch.tanh(F.conv2d(x, colours, weights["to_image.2.bias"])))


def test_the_discriminator_is_the_papers_chain_of_convolutions(pair, images):
    _, D = pair(16)
    w = dict(D.named_parameters())

    def conv(x, name, padding=1):
        return F.leaky_relu(F.conv2d(x, he(w[f"{name}.weight"]), w[f"{name}.bias"], padding=padding), 0.2)

    x = conv(images, "from_image.2.0", padding=0)
    for stage in (1, 0):
        x = conv(conv(x, f"blocks.{stage}.0"), f"blocks.{stage}.2")
        x = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).mean((3, 5))
    # Section 3: the mean over features and places of their deviation in a group of 4, everywhere in one map more.
    deviation = x.unflatten(0, (2, 4)).var(1, correction=0).add(1e-8).sqrt().flatten(1).mean(1)
    x = torch.cat([x, deviation.repeat_interleave(4).view(8, 1, 1, 1).expand(8, 1, 4, 4)], dim=1)
    x = conv(x, "to_features.1").flatten(1)
    features = F.leaky_relu(F.linear(x, he(w["to_features.4.weight"]), w["to_features.4.bias"]), 0.2)
    logits = F.linear(features, w["to_logit.weight"] / math.sqrt(6), w["to_logit.bias"]).squeeze(1)
    output = D(images)
    torch.testing.assert_close(output.features, features)
    torch.testing.assert_close(output.logits, logits)


def test_only_the_direction_of_a_latent_matters(pair, z):
    G, _ = pair()
    torch.testing.assert_close(G(7 * z), G(z))


def test_a_class_stands_beside_the_latent_as_large_as_it_component_by_component(pair, z):
    G, _ = pair(num_classes=3)
    seen = []
    G.blocks[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    c = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    G(z, c)
    torch.testing.assert_close(seen[0][:, :5], normed(z))
    torch.testing.assert_close(seen[0][:, 5:], normed(G.told.embedding(c)))
    assert not torch.allclose(G(z, c), G(z, (c + 1) % 3))


def test_the_class_is_projected_onto_the_features(pair, images):
    # Miyato & Koyama 2018, equation 3; divided by the root of the features, as equalised weights are.
    D = pair(num_classes=3)[1]
    first, second = (D(images, torch.full((8,), c)) for c in (0, 2))
    expected = first.features @ (D.projection.embedding.weight[2] - D.projection.embedding.weight[0]) / math.sqrt(6)
    torch.testing.assert_close(second.logits - first.logits, expected)


def test_an_image_is_judged_beside_those_of_its_group(pair, images):
    _, D = pair()
    before = D(images).logits
    changed = images.clone()
    changed[5] = -changed[5]
    after = D(changed).logits
    torch.testing.assert_close(after[:4], before[:4], rtol=0, atol=1e-6)
    assert (after[4:] != before[4:]).all()


def test_the_rectifiers_slope_is_the_papers_and_nothing_is_normalised_by_the_batch(pair):
    for player in pair():
        assert {m.negative_slope for m in player.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
        assert not [m for m in player.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
