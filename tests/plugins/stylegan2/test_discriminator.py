"""StyleGAN2's discriminator against the paper."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganzoo.nn import DOutput, PixelNorm, downsample2d, mean_deviation
from ganzoo.training.rectifiers import LeakyReLU, twice_differentiable
from ganzoo_stylegan2.discriminator import Discriminator, Down

WAYS = ["orig", "skip", "resnet"]


@pytest.fixture
def build(request_of):
    return lambda *shape, **options: Discriminator(request_of(*shape, **options))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("height", "width", "channels"), [(8, 8, 1), (16, 16, 4), (64, 64, 3), (8, 24, 3), (32, 16, 3)]
)
def test_every_shape_of_the_ladder_is_judged(build, way, height, width, channels):
    D = build(height, width, channels=channels, d_architecture=way, num_classes=3)
    output = D(torch.randn(4, channels, height, width), torch.tensor([0, 1, 2, 0]))
    assert isinstance(output, DOutput)
    assert output.logits.shape == (4,)
    assert output.features.shape == (4, 8)


def rectified(layer, x, **how):
    """sqrt(2) leaky(w / sqrt(fan-in) * x), as the paper writes an equalised layer without a bias."""
    weight = layer.weight / layer.weight[0].numel() ** 0.5
    return 2**0.5 * F.leaky_relu(F.conv2d(x, weight, **how), 0.2)


@pytest.mark.parametrize("residual", [False, True])
def test_half_the_size_is_a_filter_then_a_convolution_of_stride_two(residual):
    block, x = Down(5, 7, residual=residual), torch.randn(2, 5, 8, 12)
    y = rectified(block.main[0], x, padding=1)
    taps = torch.tensor([1.0, 3, 3, 1]) / 8
    kernel = torch.outer(taps, taps).expand(5, 1, 4, 4)
    y = rectified(block.main[3], F.conv2d(F.pad(y, (2, 2, 2, 2)), kernel, groups=5), stride=2)
    if residual:
        beside = F.conv2d(downsample2d()(x), block.beside[1].weight / 5**0.5)
        y = (y + beside) / 2**0.5
    assert y.shape == (2, 7, 4, 6)
    torch.testing.assert_close(block(x), y, rtol=1e-4, atol=1e-5)


def test_with_skip_connections_every_resolution_sees_the_image(build):
    D, images, seen = build(32, d_architecture="skip"), torch.randn(4, 3, 32, 32), []
    for look in D.from_image:
        look.register_forward_hook(lambda module, inputs, out: seen.append(inputs[0]))
    D(images)
    expected = [images]
    for _ in range(3):
        expected.append(downsample2d()(expected[-1]))
    for found, image in zip(seen, expected, strict=True):
        torch.testing.assert_close(found, image)
    assert len(build(32, d_architecture="orig").from_image) == 1


@pytest.mark.parametrize("way", WAYS)
def test_logits_begin_at_about_the_size_of_one(build, way):
    D = build(32, d_architecture=way, channel_base=2048, max_width=64)
    logits = D(torch.randn(32, 3, 1, 1).expand(-1, -1, 32, 32)).logits  # of fine noise the filters would leave little
    assert 0.3 < logits.square().mean().sqrt() < 3


def test_the_deviation_is_among_as_many_images_as_is_asked_for(build):
    D, images, seen = build(8, minibatch_group=3, d_architecture="orig"), torch.randn(6, 3, 8, 8), []
    D.features[1].register_forward_hook(lambda module, inputs, out: seen.append(inputs[0]))
    D(images)
    x = seen[0]
    assert x.shape == (6, 9, 4, 4)
    torch.testing.assert_close(x[:, 8], mean_deviation(x[:, :8], 3)[:, :, None].expand(-1, 4, 4))


def test_the_logit_of_a_class_is_the_product_with_what_it_is_mapped_to(build):
    D, images, c = build(8, num_classes=3), torch.randn(4, 3, 8, 8), torch.tensor([2, 0, 1, 2])
    output = D(images, c)
    mapped = PixelNorm()(D.mapping.embedding.weight.T[c] / 3**0.5 + D.mapping.embedding.bias)
    for layer in D.mapping.layers[::2]:
        mapped = 2**0.5 * F.leaky_relu(mapped @ layer.weight.T * 0.01 / 8**0.5 + layer.bias * 0.01, 0.2)
    seen = output.features @ D.out.weight.T / 8**0.5
    torch.testing.assert_close(output.logits, (seen * mapped).sum(1) / 8**0.5, rtol=1e-4, atol=1e-5)


def test_its_rectifiers_are_those_that_cost_nothing_to_differentiate_twice(build):
    D = twice_differentiable(build(16, num_classes=3))
    assert not any(type(module) is nn.LeakyReLU for module in D.modules())
    assert len([module for module in D.modules() if isinstance(module, LeakyReLU)]) == 1 + 2 * 2 + 2 + 2
