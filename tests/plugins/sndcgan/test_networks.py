"""SNDCGAN against table 3 of its paper (arXiv:1802.05957)."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.nn import ConditionalBatchNorm2d
from ganzoo.sizes import longest_ladder
from ganzoo_sndcgan import SNDCGANOptions, check
from ganzoo_sndcgan.networks import Discriminator, Generator

PAPER = SNDCGANOptions(norm_d="none")  # on the meta device, power iterations take their time for nothing


def request(height=8, width=None, channels=3, z_dim=5, num_classes=0, options=None, **chosen):
    options = options or SNDCGANOptions(**{"width_g": 4, "width_d": 4, "embedding_dim": 3} | chosen)
    shape = ImageShape(channels, height, width or height)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=options)


def build(config):
    """Both players."""
    return Generator(config), Discriminator(config)


def make(player, *arguments, seed=0, **more):
    torch.manual_seed(seed)
    return player(request(*arguments, **more))


def count(player, *arguments, **more):
    with torch.device("meta"):
        return sum(p.numel() for p in player(request(*arguments, **more)).parameters())


def convolutions(player):
    kinds = nn.Conv2d | nn.ConvTranspose2d
    return [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0]) for m in player.modules() if isinstance(m, kinds)
    ]


def test_the_networks_are_those_of_table_3():
    with torch.device("meta"):
        G, D = build(request(32, z_dim=128, options=PAPER))
    assert convolutions(G) == [
        (128, 512, 4, 1),  # the dense layer, onto 4x4
        (512, 256, 4, 2),
        (256, 128, 4, 2),
        (128, 64, 4, 2),
        (64, 3, 3, 1),
    ]
    assert convolutions(D) == [
        (3, 64, 3, 1),
        (64, 64, 4, 2),
        (64, 128, 3, 1),
        (128, 128, 4, 2),
        (128, 256, 3, 1),
        (256, 256, 4, 2),
        (256, 512, 3, 1),
    ]
    assert D.to_logit.in_features == 4 * 4 * 512
    assert {m.negative_slope for m in D.modules() if isinstance(m, nn.LeakyReLU)} == {0.1}


@pytest.mark.parametrize(("resolution", "side"), [(32, 4), (48, 6)])
def test_they_have_as_many_parameters_as_the_first_authors_own(resolution, side):
    """github.com/pfnet-research/chainer-gan-lib, common/net.py: DCGANGenerator and SNDCGANDiscriminator, bottom_width 4 and 6.

    3,828,739 and, with table 3's widths, 2,935,873 at 32 pixels. What differs is written out.
    """
    places = side * side
    theirs = 128 * places * 512 + places * 512  # dense
    theirs += sum(16 * wide * wide // 2 + wide // 2 for wide in (512, 256, 128)) + 9 * 64 * 3 + 3  # (de)convolutions
    theirs += 2 * (places * 512 + 256 + 128 + 64)  # batch norms, the first one over every unit of the dense layer
    assert side != 4 or theirs == 3_828_739
    biases = places * 512 + 256 + 128 + 64  # which batch norm takes away again
    by_channel = 2 * (places * 512 - 512)  # a norm of 512 channels, not of every unit
    assert count(Generator, resolution, z_dim=128, options=PAPER) == theirs - biases - by_channel

    # In their code the strided layers widen, in table 3 the others do: 64-128-128-256-256-512-512.
    table = [(3, 64, 9), (64, 64, 16), (64, 128, 9), (128, 128, 16), (128, 256, 9), (256, 256, 16), (256, 512, 9)]
    expected = sum(a * b * kernel + b for a, b, kernel in table) + places * 512 + 1
    assert side != 4 or expected == 2_935_873
    assert count(Discriminator, resolution, options=PAPER) == expected


@pytest.mark.parametrize(
    ("height", "width", "first"),
    [
        (8, 8, (4, 4)),
        (12, 12, (6, 6)),
        (16, 16, (4, 4)),
        (28, 28, (7, 7)),
        (32, 48, (4, 6)),
        (48, 16, (12, 4)),
        (64, 64, (4, 4)),
    ],
)
@pytest.mark.parametrize("num_classes", [0, 2])
def test_every_size_that_comes_down_to_4_to_7_places_is_made_and_judged(height, width, first, num_classes):
    G, D = (make(player, height, width, num_classes=num_classes) for player in (Generator, Discriminator))
    c = torch.tensor([0, 1]) if num_classes else None
    images = G(torch.randn(2, 5), c)
    assert images.shape == (2, 3, height, width)
    assert G.layers[0].kernel_size == first == longest_ladder(ImageShape(3, height, width), "sndcgan")[:2]
    assert D(images, c).logits.shape == (2,)


@pytest.mark.parametrize(
    ("height", "width", "nearest"), [(4, 4, 8), (33, 33, 32), (100, 100, 128), (28, 30, 28), (5, 5, 10)]
)
def test_another_size_is_declined_with_the_nearest_that_works(height, width, nearest):
    with pytest.raises(
        ConfigError, match=rf"^sndcgan cannot make images of {height}x{width}[^$]*'--resolution {nearest}'"
    ):
        check(request(height, width))
    check(request(nearest, nearest))


def test_no_layer_is_wider_than_the_widest():
    G, D = (make(player, 64, max_width=8) for player in (Generator, Discriminator))
    assert [outputs for _, outputs, _, _ in convolutions(G)] == [8, 8, 8, 8, 4, 3]
    assert max(outputs for _, outputs, _, _ in convolutions(D)) == 8


def test_weights_start_from_a_normal_of_deviation_0_02():
    for player in build(request(32, z_dim=128, num_classes=10, options=SNDCGANOptions(width_g=16, width_d=16))):
        drawn = {name: p for name, p in player.named_parameters() if p.dim() > 1}
        for name, weight in drawn.items():
            if ".scale." in name or ".shift." in name:
                assert not weight.any()  # conditional norms begin as plain ones
                continue
            error = 4 / weight.numel() ** 0.5  # four standard errors
            torch.testing.assert_close(weight.std().item(), 0.02, rtol=error, atol=0)
            assert abs(weight.mean().item()) < 0.02 * error


def test_every_weight_of_the_discriminator_has_norm_1_by_default():
    D = make(Discriminator, 16, num_classes=4)
    for _ in range(200):
        D(torch.zeros(2, 3, 16, 16), torch.tensor([0, 1]))
    layers = [m for m in D.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.Embedding)]
    assert len(layers) == 5 + 2
    for layer in layers:
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        torch.testing.assert_close(norm, torch.tensor(1.0), rtol=1e-3, atol=0)


NORM_LAYERS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "layer": nn.GroupNorm}


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "spectral", "none"])
def test_the_norm_that_was_asked_for_is_the_only_one(norm):
    players = make(Generator, 16, norm_g=norm, norm_d="none"), make(Discriminator, 16, norm_g="none", norm_d=norm)
    for player, layers in zip(players, (3, 4), strict=True):
        for name, kind in NORM_LAYERS.items():
            assert len([m for m in player.modules() if isinstance(m, kind)]) == (layers if name == norm else 0)
        weights = [m for m in player.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        assert {parametrize.is_parametrized(m, "weight") for m in weights} == {norm == "spectral"}


def test_a_class_is_a_scale_and_a_shift_of_every_norm():
    """Against an unconditional generator whose batch norms are those of one class."""
    G, plain = make(Generator, 16, num_classes=3).eval(), make(Generator, 16).eval()
    assert all(isinstance(norm, ConditionalBatchNorm2d) for norm in G.norms)
    plain.layers.load_state_dict(G.layers.state_dict())
    plain.to_image.load_state_dict(G.to_image.state_dict())
    for norm, simple in zip(G.norms, plain.norms, strict=True):
        for part in (norm.scale, norm.shift):
            nn.init.normal_(part.weight)
        simple.weight.data, simple.bias.data = 1 + norm.scale.weight[:, 2].data, norm.shift.weight[:, 2].data
    z = torch.randn(4, 5)
    torch.testing.assert_close(G(z, torch.full((4,), 2)), plain(z))
    assert not torch.allclose(G(z, torch.full((4,), 1)), plain(z))


@pytest.mark.parametrize("chosen", [{"conditioning": "concat"}, {"conditioning": "concat", "norm_g": "layer"}])
def test_else_the_class_stands_beside_the_latent_as_an_embedding(chosen):
    G = make(Generator, num_classes=3, **chosen)
    assert G.told.embedding.weight.shape == (3, 3)
    assert G.layers[0].in_channels == 5 + 3
    assert not any(isinstance(m, ConditionalBatchNorm2d) for m in G.modules())
    z = torch.randn(1, 5).expand(2, -1)
    one, other = G.eval()(z, torch.tensor([0, 1]))
    assert not torch.allclose(one, other)


def test_the_class_is_projected_onto_the_features():
    # Miyato & Koyama 2018, equation 3: the classes' logits differ by <e_c - e_c', phi(x)>.
    D = make(Discriminator, 16, num_classes=3).eval()
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    first, second = (D(x, torch.full((4,), c)) for c in (0, 2))
    expected = (D.projection.embedding.weight[2] - D.projection.embedding.weight[0]) @ first.features.T
    torch.testing.assert_close(second.logits - first.logits, expected)
    torch.testing.assert_close(first.features, D.layers(x).sum((2, 3)))
    assert first.features.shape == (4, 16)


def test_recipes_play_the_papers_game(registry):
    from ganzoo.config import resolve

    config = resolve("sndcgan", registry, []).config
    assert (config.loss, config.n_critic, config.arch["norm_d"], config.z_dim) == ("hinge", 1, "spectral", 128)
    assert (config.optimizer_g.lr, config.optimizer_d.betas) == (2e-4, (0.5, 0.999))
    assert config.kimg * 1000 / config.batch_size == 100_000  # generator updates
    small = resolve("sndcgan-small", registry, []).config
    assert small.arch["width_g"] < config.arch["width_g"]
    assert (small.loss, small.n_critic, small.optimizer_g.lr) == (config.loss, config.n_critic, 1e-3)
