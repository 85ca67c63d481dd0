"""Blocks against closed forms and independent implementations."""

import math

import pytest
import scipy.signal
import torch
import torch.nn.functional as F
from torch import nn

from ganzoo.nn import (
    ConditionalBatchNorm2d,
    EqualisedConv2d,
    EqualisedLinear,
    ModulatedConv2d,
    NoiseInjection,
    PixelNorm,
    Resample2d,
    SelfAttention2d,
    downsample2d,
    upsample2d,
)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def twice(module, *inputs):
    """A gradient penalty through ``module`` gives finite gradients of its parameters."""
    inputs = [value.clone().requires_grad_() for value in inputs]
    (gradient,) = torch.autograd.grad(module(*inputs).square().sum(), inputs[0], create_graph=True)
    gradient.square().sum().backward()
    found = [p.grad for p in module.parameters() if p.grad is not None]
    assert found
    assert all(g.isfinite().all() for g in found)


def test_conditional_batch_norm_is_a_norm_and_a_table_of_scales_and_shifts():
    norm = ConditionalBatchNorm2d(3, 4)
    nn.init.normal_(norm.scale.weight)
    nn.init.normal_(norm.shift.weight)
    x, c = 5 + 2 * torch.randn(6, 3, 2, 2), torch.tensor([0, 1, 2, 3, 0, 1])
    y = norm(x, F.one_hot(c, 4).float())
    for channel in range(3):
        part = x[:, channel]
        mean, deviation = part.mean(), (part.var(correction=0) + 1e-5).sqrt()
        for i, k in enumerate(c.tolist()):
            scale, shift = 1 + norm.scale.weight[channel, k], norm.shift.weight[channel, k]
            torch.testing.assert_close(y[i, channel], scale * (part[i] - mean) / deviation + shift)


def test_conditional_batch_norm_begins_as_a_plain_one():
    x = torch.randn(8, 3, 4, 4)
    torch.testing.assert_close(ConditionalBatchNorm2d(3, 5)(x, torch.randn(8, 5)), nn.BatchNorm2d(3)(x))


def test_conditional_batch_norm_under_spectral_norm_is_steered_from_the_start():
    norm = ConditionalBatchNorm2d(6, 4, norm="spectral")
    for steering in (norm.scale, norm.shift):
        torch.testing.assert_close(torch.linalg.svdvals(steering.weight), torch.ones(4))  # and not 0 / 0


def test_self_attention_is_torch_s_attention_without_its_scale():
    layer, x = SelfAttention2d(16), torch.randn(2, 16, 4, 6)
    assert torch.equal(layer(x), x)  # gamma begins at 0
    nn.init.constant_(layer.gamma, 0.5)
    rows = [
        part.flatten(2).transpose(1, 2)
        for part in (layer.query(x), *(F.max_pool2d(p(x), 2) for p in (layer.key, layer.value)))
    ]
    seen = F.scaled_dot_product_attention(*rows, scale=1.0).transpose(1, 2).unflatten(2, (4, 6))
    torch.testing.assert_close(layer(x), x + 0.5 * layer.out(seen))
    twice(layer, x)


def test_self_attention_of_few_channels_is_refused():
    with pytest.raises(ValueError, match="at least 8"):
        SelfAttention2d(4)


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_equalised_layers_begin_at_unit_variance_whatever_their_learning_rate(lr_multiplier):
    layer = EqualisedLinear(512, 256, bias=1.0, lr_multiplier=lr_multiplier)
    y = layer(torch.randn(2000, 512))
    assert y.var().item() == pytest.approx(1, rel=0.05)
    assert y.mean().item() == pytest.approx(1, abs=0.05)
    assert layer.weight.std().item() == pytest.approx(1 / lr_multiplier, rel=0.05)


def test_an_equalised_convolution_is_a_convolution_with_scaled_weights():
    layer, x = EqualisedConv2d(8, 4, 3, stride=2, padding=1, gain=2.0), torch.randn(2, 8, 6, 6)
    nn.init.normal_(layer.bias)
    expected = F.conv2d(x, layer.weight * 2 / math.sqrt(8 * 9), layer.bias, 2, 1)
    torch.testing.assert_close(layer(x), expected)
    assert EqualisedConv2d(8, 4, 3, bias=False).bias is None


def test_noise_is_drawn_in_training_and_fixed_in_evaluation():
    noise, x = NoiseInjection(2, 3), torch.randn(4, 5, 2, 3)
    torch.testing.assert_close(noise(x), x, rtol=0, atol=0)  # of strength 0 at first
    with torch.no_grad():
        noise.strength.fill_(2)
        added = (noise(x) - x) / 2
        torch.testing.assert_close(added, added[:, :1].expand_as(x))  # the same in all channels
        assert len({tuple(row.tolist()) for row in added[:, 0].flatten(1)}) == 4  # another one for each image
        assert not torch.equal(noise(x), noise(x))
        torch.testing.assert_close(noise.eval()(x), x + 2 * noise.constant)


def test_pixel_norm_gives_every_place_a_mean_square_of_one():
    y = PixelNorm()(7 * torch.randn(3, 16, 2, 2))
    torch.testing.assert_close(y.square().mean(1), torch.ones(3, 2, 2))
    assert PixelNorm()(torch.zeros(1, 4)).abs().max() == 0
    tokens = PixelNorm(-1)(7 * torch.randn(3, 2, 16))
    torch.testing.assert_close(tokens.square().mean(-1), torch.ones(3, 2))


@pytest.mark.parametrize(
    ("up", "down", "pad"), [(1, 1, (0, 0)), (2, 1, (2, 1)), (1, 2, (1, 1)), (2, 1, (0, 3)), (3, 2, (2, 2))]
)
def test_resampling_is_scipy_s_upfirdn_along_both_sides(up, down, pad):
    taps = [1.0, 3.0, 2.0, 1.0]
    x = torch.randn(2, 3, 7, 5)
    y = Resample2d(taps, up=up, down=down, pad=pad)(x)
    kernel = [up * tap / 7 for tap in taps]
    expected = x.numpy()
    for axis in (2, 3):
        expected = scipy.signal.upfirdn(kernel, expected, up=up, axis=axis)
        # scipy's is the full convolution, without zeros behind the last sample: as if padded by all taps but one.
        size = x.shape[axis] * up + sum(pad) - len(taps) + 1
        first = len(taps) - 1 - pad[0]
        padded = torch.from_numpy(expected.copy())
        whole = F.pad(padded.movedim(axis, -1), (max(-first, 0), size))
        expected = whole[..., max(first, 0) : max(first, 0) + size : down].movedim(-1, axis).numpy()
    torch.testing.assert_close(y, torch.from_numpy(expected.copy()).float())


def test_resampling_keeps_brightness_and_size():
    x = torch.ones(1, 2, 8, 8)
    up, down = upsample2d()(x), downsample2d()(x)
    assert up.shape == (1, 2, 16, 16)
    assert down.shape == (1, 2, 4, 4)
    torch.testing.assert_close(up[..., 2:-2, 2:-2], torch.ones(1, 2, 12, 12))
    torch.testing.assert_close(down[..., 1:-1, 1:-1], torch.ones(1, 2, 2, 2))


def by_sample(layer, x, w):
    """Modulated convolution as the paper writes it: weights of its own for each sample."""
    found = []
    for image, style in zip(x, layer.style(w), strict=True):
        weight = layer.weight * layer.scale * style[None, :, None, None]
        if layer.demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if layer.up:
            raised = upsample2d()(image[None])
            found.append(F.conv2d(raised, weight, padding=1)[0])
        else:
            found.append(F.conv2d(image[None], weight, padding=layer.padding)[0])
    return torch.stack(found)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_a_modulated_convolution_is_one_convolution_for_each_sample(size, demodulate):
    layer = ModulatedConv2d(5, 4, size, 6, demodulate=demodulate)
    x, w = torch.randn(3, 5, 8, 8), torch.randn(3, 6)
    torch.testing.assert_close(layer(x, w), by_sample(layer, x, w), rtol=1e-4, atol=1e-5)
    twice(layer, x, w)


def test_with_up_it_is_a_transposed_convolution_then_the_filter():
    layer = ModulatedConv2d(5, 4, 3, 6, up=True)
    x, w = torch.randn(3, 5, 8, 8), torch.randn(3, 6)
    y = layer(x, w)
    assert y.shape == (3, 4, 16, 16)
    # Both are linear and shift alike, so in the middle their order does not matter: filter first, then convolve (mirrored).
    mirrored = ModulatedConv2d(5, 4, 3, 6, up=True)
    mirrored.load_state_dict(layer.state_dict())
    with torch.no_grad():
        mirrored.weight.copy_(layer.weight.flip(2, 3))
    torch.testing.assert_close(y[..., 3:-3, 3:-3], by_sample(mirrored, x, w)[..., 3:-3, 3:-3], rtol=1e-4, atol=1e-5)
    twice(layer, x, w)


def test_a_demodulated_convolution_keeps_unit_variance_whatever_the_style():
    layer = ModulatedConv2d(64, 64, 3, 8)
    y = layer(torch.randn(4, 64, 16, 16), 30 * torch.randn(4, 8))
    assert y[..., 1:-1, 1:-1].var().item() == pytest.approx(1, rel=0.1)
