"""SAGAN against its paper (arXiv:1805.08318) and its authors' code."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.nn import ConditionalBatchNorm2d, SelfAttention2d
from ganzoo_sagan import SAGANOptions, check
from ganzoo_sagan.networks import Discriminator, Generator

PAPER = SAGANOptions(
    weights_g="none", weights_d="none"
)  # on the meta device, power iterations take their time for nothing
LAYERS = nn.Conv2d | nn.Linear | nn.Embedding


def request(height=8, width=None, channels=3, z_dim=5, num_classes=0, options=None, **chosen):
    options = options or SAGANOptions(**{"width_g": 8, "width_d": 8, "max_width": 16} | chosen)
    shape = ImageShape(channels, height, width or height)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=options)


def build(config):
    """Both players."""
    return Generator(config), Discriminator(config)


def make(player, *arguments, seed=0, **more):
    torch.manual_seed(seed)
    return player(request(*arguments, **more))


def attention(player):
    return [m for m in player.modules() if isinstance(m, SelfAttention2d)]


def maps_seen(player, *inputs):
    """The shapes (C, H, W) of what attention stands at."""
    seen = []
    hooks = [m.register_forward_hook(lambda _, x, y: seen.append(tuple(x[0].shape[1:]))) for m in attention(player)]
    player(*inputs)
    for hook in hooks:
        hook.remove()
    return seen


def size(inputs, outputs, kernel, bias=True):
    return inputs * outputs * kernel * kernel + (outputs if bias else 0)


def attention_size(channels):
    """Queries and keys of an eighth, values of a half, back from these; no biases; and the weight of it all."""
    parts = (channels, channels // 8), (channels, channels // 8), (channels, channels // 2), (channels // 2, channels)
    return sum(size(a, b, 1, bias=False) for a, b in parts) + 1


def test_at_128_pixels_they_have_as_many_parameters_as_the_authors():
    """github.com/brain-research/self-attention-gan, generator_test and discriminator_test, 1000 classes: no difference."""
    classes, ch = 1000, 64
    g = size(128, 4 * 4 * 16 * ch, 1)
    for a, b in ((16, 16), (16, 8), (8, 4), (4, 2), (2, 1)):
        a, b = a * ch, b * ch
        g += size(a, b, 3) + size(b, b, 3) + size(a, b, 1) + 2 * classes * (a + b)
    g += attention_size(4 * ch) + 2 * ch + size(ch, 3, 3)
    d = size(3, ch, 3) + size(ch, ch, 3) + size(3, ch, 1)
    for a, b in ((1, 2), (2, 4), (4, 8), (8, 16)):
        a, b = a * ch, b * ch
        d += size(a, b, 3) + size(b, b, 3) + size(a, b, 1)
    d += 2 * size(16 * ch, 16 * ch, 3) + attention_size(2 * ch) + size(16 * ch, 1, 1) + classes * 16 * ch
    assert (g, d) == (42_078_852, 39_463_618)
    with torch.device("meta"):
        players = build(request(128, z_dim=128, num_classes=classes, options=PAPER))
    assert tuple(sum(p.numel() for p in player.parameters()) for player in players) == (g, d)


def test_at_128_pixels_both_attend_to_maps_of_32():
    with torch.device("meta"):
        G, D = build(request(128, z_dim=128, num_classes=2, options=PAPER))
        assert maps_seen(G, torch.zeros(2, 128), torch.zeros(2, dtype=torch.int64)) == [(256, 32, 32)]
        assert maps_seen(D, torch.zeros(2, 3, 128, 128), torch.zeros(2, dtype=torch.int64)) == [(128, 32, 32)]


@pytest.mark.parametrize(
    ("height", "width", "asked", "expected"),
    [
        (32, 32, 8, (8, 8)),
        (32, 32, 15, (8, 8)),
        (32, 32, 32, (16, 16)),  # below the image's own size, which the discriminator has no map of
        (32, 32, 4, (4, 4)),
        (32, 32, 0, None),
        (16, 32, 8, (8, 16)),
    ],
)
def test_attention_stands_at_the_same_map_of_both(height, width, asked, expected):
    G, D = (make(player, height, width, attention_at=asked) for player in (Generator, Discriminator))
    for seen in (maps_seen(G, torch.randn(2, 5)), maps_seen(D, torch.randn(2, 3, height, width))):
        assert [shape[1:] for shape in seen] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("narrow", "message"),
    [
        ({"width_g": 3}, "sagan has 6 channels at 16 pixels.*arch.width_g=4'"),
        ({"width_d": 7}, "sagan has 7 channels at 16 pixels.*arch.width_d=8'"),
        ({"attention_at": 4, "width_g": 1}, "sagan has 4 channels at 4 pixels.*arch.width_g=2'"),
        ({"max_width": 6}, "sagan has 6 channels at 16 pixels.*arch.max_width=8'"),
    ],
)
def test_maps_too_narrow_for_attention_are_refused_with_a_setting_that_helps(narrow, message):
    with pytest.raises(ConfigError, match=rf"(?s)^{message}"):
        check(request(32, **narrow))
    check(request(32, **narrow | {"attention_at": 0}))
    key, value = message.rpartition(".")[2].rstrip("'").split("=")
    check(request(32, **narrow | {key: int(value)}))


def test_attention_that_finds_no_map_is_refused():
    with pytest.raises(
        ConfigError, match=r"(?s)^sagan has no maps of at most 3 pixels.*at least 4 here.*attention_at=0"
    ):
        check(request(32, attention_at=3))
    check(request(32, attention_at=0))


def test_attention_begins_as_nothing_and_every_weight_of_it_is_reached_once_it_is_something():
    G, D = (make(player, 16, num_classes=3).eval() for player in (Generator, Discriminator))
    z, c, x = torch.randn(4, 5), torch.tensor([0, 1, 2, 0]), torch.randn(4, 3, 16, 16)
    before = G(z, c), D(x, c).logits
    for part in (*attention(G), *attention(D)):
        assert part.gamma == 0
        nn.init.normal_(part.query.parametrizations.weight.original)
    torch.testing.assert_close((G(z, c), D(x, c).logits), before)
    for part in (*attention(G), *attention(D)):
        nn.init.constant_(part.gamma, 0.5)
    images = G(z, c)
    assert not torch.allclose(images, before[0])
    (D(images, c).logits * torch.arange(1.0, 5)).sum().backward()
    for player in (G, D):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in player.parameters())


def test_a_gradient_penalty_reaches_through_attention():
    """Its derivative along a direction, against the difference of two evaluations."""
    D = make(Discriminator, 16, weights_d="none").double()
    (part,) = attention(D)
    nn.init.constant_(part.gamma, 0.5)
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64, requires_grad=True)

    def penalty():
        (gradient,) = torch.autograd.grad(D(x).logits.sum(), x, create_graph=True)
        return gradient.square().sum()

    (slope,) = torch.autograd.grad(penalty(), part.gamma)
    up, down = 0.5 + 1e-5, 0.5 - 1e-5
    values = []
    for gamma in (up, down):
        nn.init.constant_(part.gamma, gamma)
        values.append(penalty().item())
    torch.testing.assert_close(slope.item(), (values[0] - values[1]) / (up - down), rtol=1e-5, atol=1e-8)
    assert abs(slope.item()) > 0


def test_all_layers_of_both_are_under_spectral_norm_and_the_classes_norms_are_not():
    G, D = (make(player, 16, num_classes=3) for player in (Generator, Discriminator))
    tables = {part for m in G.modules() if isinstance(m, ConditionalBatchNorm2d) for part in (m.scale, m.shift)}
    assert len(tables) == 2 * 2 * 2  # of two blocks
    for player in (G, D):
        layers = [m for m in player.modules() if isinstance(m, LAYERS)]
        assert {parametrize.is_parametrized(m, "weight") for m in layers if m not in tables} == {True}
    assert {parametrize.is_parametrized(m, "weight") for m in tables} == {False}
    bare = make(Generator, 16, weights_g="none"), make(Discriminator, 16, weights_d="none")
    assert not any(parametrize.is_parametrized(m) for player in bare for m in player.modules())


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 16), (16, 24), (32, 8), (64, 64)])
@pytest.mark.parametrize("num_classes", [0, 2])
def test_every_size_that_comes_down_to_4_places_is_made_and_judged(height, width, num_classes):
    G, D = (make(player, height, width, num_classes=num_classes) for player in (Generator, Discriminator))
    c = torch.tensor([0, 1]) if num_classes else None
    images = G(torch.randn(2, 5), c)
    assert images.shape == (2, 3, height, width)
    output = D(images, c)
    assert (output.logits.shape, output.features.shape) == ((2,), (2, D.head.to_logit.in_features))


def test_another_size_is_declined_with_the_nearest_that_works():
    with pytest.raises(ConfigError, match=r"^sagan cannot make images of 48x48[^$]*'--resolution 32'"):
        check(request(48))


def test_layers_start_as_glorots():
    for player in build(request(32, num_classes=10, options=SAGANOptions(width_g=32, width_d=32, max_width=64))):
        for m in player.modules():
            if isinstance(m, nn.Conv2d):
                weight = m.parametrizations.weight.original
                fans = (weight.shape[0] + weight.shape[1]) * weight[0, 0].numel()
                error = 4 / weight.numel() ** 0.5
                torch.testing.assert_close(weight.std().item(), (2 / fans) ** 0.5, rtol=error, atol=0)
                assert m.bias is None or not m.bias.any()


def test_the_class_steers_the_blocks_and_not_the_last_norm():
    G = make(Generator, 16, num_classes=3).eval()
    assert isinstance(G.to_image[0], nn.BatchNorm2d)
    z = torch.randn(1, 5).expand(3, -1)
    images = G(z, torch.arange(3))
    torch.testing.assert_close(images[0], images[1])  # all classes begin alike
    for m in G.modules():
        if isinstance(m, ConditionalBatchNorm2d):
            nn.init.normal_(m.scale.weight)
    images = G(z, torch.arange(3))
    assert not torch.allclose(images[0], images[1])


def test_recipes_play_the_papers_game(registry):
    from ganzoo.config import resolve

    config = resolve("sagan", registry, []).config
    assert (config.loss, config.n_critic, config.batch_size, config.resolution) == ("hinge", 1, 256, (128, 128))
    assert (config.optimizer_g.lr, config.optimizer_d.lr) == (1e-4, 4e-4)
    assert config.optimizer_g.betas == config.optimizer_d.betas == (0.0, 0.9)
    assert config.conditional
    assert config.ema_halflife_kimg == 0
    small = resolve("sagan-small", registry, []).config
    assert (small.optimizer_g.lr, small.optimizer_d.lr, small.loss) == (5e-4, 1e-3, "hinge")
    assert small.arch["attention_at"] == 16
