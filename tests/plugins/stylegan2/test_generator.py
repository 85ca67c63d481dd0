"""StyleGAN2's generator against the paper, and its styles."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from ganzoo.nn import ModulatedConv2d, NoiseInjection, PixelNorm, StyleBased, upsample2d
from ganzoo.training.ema import update_ema
from ganzoo_stylegan2.generator import Generator, Up

WAYS = ["orig", "skip", "resnet"]


@pytest.fixture
def build(request_of):
    return lambda *shape, **options: Generator(request_of(*shape, **options))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("height", "width", "channels"), [(8, 8, 1), (16, 16, 4), (64, 64, 3), (8, 24, 3), (32, 16, 3)]
)
def test_every_shape_of_the_ladder_is_made(build, way, height, width, channels):
    G = build(height, width, channels=channels, g_architecture=way)
    for training in (True, False):
        images = G.train(training)(torch.randn(2, 6))
        assert images.shape == (2, channels, height, width)
        assert images.abs().max() <= 1


def test_it_has_two_styles_a_resolution_and_is_its_two_halves(build):
    G, z = build(32).eval(), torch.randn(3, 6)
    w = G.mapping(z)
    assert isinstance(G, StyleBased)
    assert w.shape == (3, 2 * 4, 5)
    assert torch.equal(w, w[:, :1].expand_as(w))
    torch.testing.assert_close(G.synthesis(w), G(z), rtol=0, atol=0)


def test_the_mapping_is_that_of_the_paper(build):
    G, z, c = build(num_classes=4), 7 * torch.randn(3, 6), torch.tensor([2, 0, 3])
    mapping = G.styles.mapping
    weight, bias = mapping.embedding.weight, mapping.embedding.bias
    x = torch.cat([PixelNorm()(z), PixelNorm()(weight.T[c] / 2 + bias)], 1)  # 2 is the root of the number of classes
    for layer in mapping.layers[::2]:
        x = x @ (layer.weight * 0.01).T / layer.weight.shape[1] ** 0.5 + layer.bias * 0.01
        x = 2**0.5 * torch.where(x > 0, x, 0.2 * x)
    torch.testing.assert_close(G.eval().mapping(z, c)[:, 0], x)
    torch.testing.assert_close(G.mapping(3 * z, c), G.mapping(z, c))  # a latent's length says nothing
    deviation = torch.cat([layer.weight.flatten() for layer in mapping.layers[::2]]).std()
    torch.testing.assert_close(deviation, torch.tensor(100.0), rtol=0.2, atol=0)


@pytest.mark.parametrize("way", WAYS)
def test_each_layer_has_its_own_style_and_an_image_that_of_the_convolution_after_it(build, way):
    G, w, heard = build(32, g_architecture=way).eval(), torch.randn(1, 8, 5), {}
    for name, module in G.named_modules():
        if isinstance(module, ModulatedConv2d):
            module.style.register_forward_hook(lambda layer, inputs, out, name=name: heard.update({name: inputs[0]}))
    G.synthesis(w)
    index = {name: next(i for i in range(8) if torch.equal(style, w[:, i])) for name, style in heard.items()}
    convolutions = ["first", *(f"blocks.{i}.conv{j}" for i in range(3) for j in range(2))]
    assert [index.pop(f"{name}.conv") for name in convolutions] == list(range(7))
    assert list(index.values()) == ([1, 3, 5, 7] if way == "skip" else [7])


def test_with_skip_connections_the_image_is_the_sum_of_all_resolutions(build):
    G, w = build(16, g_architecture="skip").eval(), torch.randn(2, 6, 5)
    seen = []
    for layer in G.to_image:
        torch.nn.init.normal_(layer.bias)
        layer.register_forward_hook(lambda layer, inputs, image: seen.append(image))
    images = G.synthesis(w)
    smallest, middle, largest = seen
    up = upsample2d()
    assert [image.shape[2] for image in seen] == [4, 8, 16]
    torch.testing.assert_close(images, torch.tanh(up(up(smallest)) + up(middle) + largest))


@pytest.mark.parametrize("way", WAYS)
def test_what_passes_through_a_resolution_keeps_its_size(build, way):
    G = build(32, g_architecture=way, channel_base=2048, max_width=64, w_dim=32, z_dim=32).eval()
    sizes = []
    for block in G.blocks:
        block.register_forward_hook(lambda module, inputs, out: sizes.append((inputs[0], out)))
    G(torch.randn(16, 32))
    for x, y in sizes:
        assert 0.4 < y.square().mean() / x.square().mean() < 1.6


def test_a_residual_resolution_is_the_mean_of_two_ways_times_the_root_of_two(request_of):
    residual, plain = (Up(5, 7, (8, 12), request_of(g_architecture=way).options) for way in ("resnet", "skip"))
    plain.load_state_dict(residual.state_dict(), strict=False)
    x, styles = torch.randn(2, 5, 4, 6), torch.randn(2, 2, 5)
    beside = upsample2d()(F.conv2d(x, residual.beside[0].weight / 5**0.5))
    torch.testing.assert_close(residual(x, *styles), (plain(x, *styles) + beside) / 2**0.5)


def test_truncation_draws_all_images_to_the_one_of_the_mean_w(build):
    G, z = build(num_classes=2).eval(), torch.randn(3, 6)
    G.styles.w_avg.normal_()
    c = torch.tensor([0, 1, 1])
    mean = G.synthesis(G.styles.w_avg.expand(1, 6, -1))
    none = G(z, c, torch.tensor(0.0))
    torch.testing.assert_close(none, mean.expand(3, -1, -1, -1))
    assert torch.equal(G.mapping(z, c, torch.tensor(1.0)), G.mapping(z, c))
    torch.testing.assert_close(G(z, c, torch.tensor(1.0)), G(z, c))  # other strides may take other kernels
    half = G.mapping(z, c, torch.tensor(0.5))
    torch.testing.assert_close(half, (G.mapping(z, c) + G.styles.w_avg) / 2)


def test_the_mean_w_is_followed_in_training_only(build):
    G, z = build(mixing=0.9), torch.randn(64, 6)
    expected = 0.005 * G.styles.mapping(z).mean(0)
    G(z)
    torch.testing.assert_close(G.styles.w_avg, expected.detach())
    assert not G.styles.w_avg.requires_grad
    kept = G.styles.w_avg
    G.eval()(z)
    assert G.styles.w_avg is kept
    torch.testing.assert_close(kept, expected.detach())
    for _ in range(2000):
        G.train().mapping(torch.randn(64, 6))
    assert G.styles.w_avg is kept
    mean = G.eval().mapping(torch.randn(20_000, 6))[:, 0].mean(0)
    torch.testing.assert_close(kept, mean.detach(), rtol=0, atol=0.1)


def test_the_averaged_generator_has_the_mean_w_too(build):
    G, average, z = build(), build(), torch.randn(4, 6)
    G(z)
    update_ema(average, G, 0.0)
    half = torch.tensor(0.5)
    assert average.styles.w_avg.abs().max() > 0
    torch.testing.assert_close(average.eval()(z, None, half), G.eval()(z, None, half), rtol=0, atol=0)


def test_mixing_takes_another_latents_styles_from_a_layer_on(build, monkeypatch):
    G, z, other = build(mixing=0.9), torch.randn(3, 6), torch.randn(3, 6)
    asked = []

    def randint(low, high, size, *, device):
        asked.append((low, high))
        return torch.tensor([[1], [4], [5]])

    monkeypatch.setattr(torch, "randn_like", lambda like: other)
    monkeypatch.setattr(torch, "randint", randint)
    monkeypatch.setattr(torch, "rand", lambda *size, device: torch.tensor([[0.0], [0.89], [0.9]]))
    own, others = (G.styles.mapping(latents) for latents in (z, other))
    w = G.mapping(z)
    assert asked == [(1, 6)]  # the first layer is always its own
    for i, crossover in enumerate([1, 4, 6]):  # the last image is not mixed
        torch.testing.assert_close(w[i, :crossover], own[i].expand(crossover, -1))
        torch.testing.assert_close(w[i, crossover:], others[i].expand(6 - crossover, -1))
    torch.testing.assert_close(G.styles.w_avg, (0.005 * own.mean(0)).detach())


@pytest.mark.parametrize("mixing", [0.0, 0.5, 1.0])
def test_as_many_images_are_mixed_as_is_asked_for(build, mixing):
    G = build(mixing=mixing)
    w = G.mapping(torch.randn(2000, 6))
    mixed = (w[:, -1] != w[:, 0]).any(1).float().mean()
    torch.testing.assert_close(mixed, torch.tensor(mixing), rtol=0, atol=0.05)
    w = G.eval().mapping(torch.randn(50, 6))
    assert torch.equal(w[:, -1], w[:, 0])


def test_noise_is_drawn_in_training_and_always_the_same_else(build):
    G, z = build(mixing=0.0), torch.randn(2, 6)
    layers = [module for module in G.modules() if isinstance(module, NoiseInjection)]
    assert len(layers) == 5
    torch.testing.assert_close(G(z), G(z), rtol=0, atol=0)  # its strength begins at 0
    for layer in layers:
        torch.nn.init.ones_(layer.strength)
    assert not torch.allclose(G(z), G(z))
    G.eval()
    before = torch.get_rng_state()
    torch.testing.assert_close(G(z), G(z), rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), before)
    x = torch.zeros(2, 3, 4, 4)
    torch.testing.assert_close(layers[0](x), layers[0].constant.expand(2, 3, -1, -1))
    drawn = layers[0].train()(torch.zeros(2, 3, 4, 4))
    assert torch.equal(drawn[:, 0], drawn[:, 2])  # the same for all channels
    assert not torch.allclose(drawn[0], drawn[1])  # of each image its own


def test_without_noise_there_is_none(build):
    G, z = build(noise=False, mixing=0.0), torch.randn(2, 6)
    assert not any("noise" in name for name in G.state_dict())
    torch.testing.assert_close(G(z), G(z), rtol=0, atol=0)


@pytest.mark.parametrize("way", WAYS)
def test_images_are_differentiated_twice_by_their_styles(build, way):
    G = build(g_architecture=way)
    w = G.mapping(torch.randn(2, 6))
    (slope,) = torch.autograd.grad(G.synthesis(w).sum(), w, create_graph=True)
    assert (slope.abs().sum(2) > 0).all()  # by each layer's
    slope.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in G.styles.parameters())


def test_widths_are_those_of_the_paper(request_of):
    paper = {"channel_base": 32768, "max_width": 512}
    with torch.device("meta"):
        G = Generator(request_of(1024, **paper))
        wide = Generator(request_of(64, 192, **paper | {"channel_base": 8192}))
    widths = [512, 512, 512, 512, 512, 256, 128, 64, 32]  # at 4x4 ... 1024x1024
    shapes = [tuple(block.conv0.conv.weight.shape) for block in G.blocks]
    assert shapes == [(outputs, inputs, 3, 3) for inputs, outputs in pairwise(widths)]
    assert G.constant.shape == (512, 4, 4)
    # Of a lying image the shorter side counts.
    assert [block.conv1.conv.weight.shape[0] for block in wide.blocks] == [512, 512, 256, 128]
    assert wide.constant.shape == (512, 4, 12)
