"""R3GAN against its paper, section 3 and table 9."""

import math

import pytest
import torch
from scipy.signal import correlate2d
from torch import nn

from ganzoo import ImageShape, NetworkConfig
from ganzoo_r3gan import R3GANOptions
from ganzoo_r3gan.networks import DiscriminativeBasis, Discriminator, GenerativeBasis, Generator, Residual

LEAKY_GAIN = math.sqrt(2 / 1.04)


def request(height=8, across=None, *, channels=3, z_dim=5, num_classes=0, **chosen):
    options = R3GANOptions(**{"width": 4, "max_width": 8, "group_width": 4, "embedding_dim": 3} | chosen)
    shape = ImageShape(channels, height, across or height)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=options)


def build(player, *arguments, seed=0, **more):
    torch.manual_seed(seed)
    return player(request(*arguments, **more))


def images_like(*shape, seed=1):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def latents(n=4, z_dim=5):
    return torch.randn(n, z_dim, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(
    ("resolution", "num_classes", "options", "millions"),
    [
        (32, 0, {"width": 768}, (20.73, 20.68)),
        (32, 10, {"width": 768}, (20.78, 21.28)),
        (256, 0, {}, (23.06, 23.01)),
        (64, 0, {"width": 384}, (22.43, 22.38)),
        (32, 1000, {"width": 1536, "max_width": 1536, "group_width": 32}, (82.91, 86.55)),
        (64, 1000, {"width": 1536, "max_width": 1536, "group_width": 32}, (103.57, 107.21)),
    ],
    ids=["stacked MNIST", "CIFAR-10", "FFHQ-256", "FFHQ-64", "ImageNet-32", "ImageNet-64"],
)
def test_there_are_as_many_parameters_as_in_the_paper(resolution, num_classes, options, millions):
    # Table 9, "G params" and "D params": no difference. Table 2 has 23.058M and 23.010M of the third.
    shape = ImageShape(3, resolution, resolution)
    config = NetworkConfig(
        image_shape=shape, z_dim=64, num_classes=num_classes, options=R3GANOptions.model_validate(options)
    )
    with torch.device("meta"):
        players = Generator(config), Discriminator(config)
    found = [sum(p.numel() for p in player.parameters()) / 1e6 for player in players]
    assert [round(count, 2) for count in found] == list(millions)


@pytest.mark.parametrize(
    ("options", "doublings", "widths", "groups"),
    [
        ({"width": 768}, 3, [768] * 4, [96] * 4),
        ({}, 6, [768, 768, 768, 768, 384, 192, 96], [96, 96, 96, 96, 48, 24, 12]),
        ({"width": 384}, 4, [768, 768, 768, 768, 384], [96, 96, 96, 96, 48]),
        ({"width": 1536, "max_width": 1536, "group_width": 32}, 4, [1536] * 5, [96] * 5),
    ],
)
def test_widths_and_groups_are_those_of_the_papers_table(options, doublings, widths, groups):
    given = R3GANOptions.model_validate(options)
    assert given.widths(doublings) == widths
    assert [given.groups(width) for width in widths] == groups


@pytest.mark.parametrize("num_classes", [0, 3])
@pytest.mark.parametrize(
    ("height", "across"), [(8, 8), (16, 16), (32, 32), (64, 64), (128, 128), (8, 16), (32, 16), (12, 8)]
)
def test_every_size_is_made_and_judged(height, across, num_classes):
    G, D = (build(player, height, across, num_classes=num_classes) for player in (Generator, Discriminator))
    c = torch.arange(2) if num_classes else None
    images = G(latents(2), c)
    assert images.shape == (2, 3, height, across)
    output = D(images, c)
    assert output.logits.shape == (2,)
    assert output.features.shape == (2, 8)


def test_a_residual_block_is_what_the_paper_draws():
    """1x1, leaky ReLU, 3x3 in groups, leaky ReLU, 1x1, by loops over channels; then the sum (figure 2c)."""
    torch.manual_seed(0)
    block = Residual(4, R3GANOptions(group_width=4), depth=1).double()
    for parameter in block.parameters():
        nn.init.normal_(parameter)
    first, _, second, _, third = block.layers
    x = torch.randn(2, 4, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        found = block(x)
        expected = x.clone()
        for n in range(2):
            within = [leaky(mixed(x[n], first, o)) for o in range(8)]
            grouped = []
            for o in range(8):
                inputs = range(0, 4) if o < 4 else range(4, 8)
                kernels = second.weight[o]
                seen = sum(
                    torch.from_numpy(correlate2d(within[i], kernels[k], mode="same")) for k, i in enumerate(inputs)
                )
                grouped.append(leaky(seen + second.bias[o]))
            for o in range(4):
                expected[n, o] += sum(third.weight[o, i, 0, 0] * grouped[i] for i in range(8))
    assert third.bias is None
    torch.testing.assert_close(found, expected)


def mixed(maps, conv, o):
    return sum(conv.weight[o, i, 0, 0] * maps[i] for i in range(len(maps))) + conv.bias[o]


def leaky(x):
    return torch.where(x > 0, x, 0.2 * x)


def test_the_first_maps_are_learned_ones_times_what_z_says():
    basis = GenerativeBasis(5, 6, 4, 3)
    z = latents()
    expected = torch.einsum("chw,ck,nk->nchw", basis.maps, basis.of_z.weight, z)
    torch.testing.assert_close(basis(z), expected)


def test_the_last_maps_are_read_by_a_convolution_of_each_channel():
    basis = DiscriminativeBasis(6, 4, 3)
    x = images_like(5, 6, 4, 3)
    expected = torch.conv2d(x, basis.maps[:, None], groups=6).flatten(1)
    torch.testing.assert_close(basis(x), expected)


def test_weights_begin_as_fix_up_and_the_paper_have_them():
    options = {"width": 64, "max_width": 64, "group_width": 16, "embedding_dim": 64}
    G, D = (build(player, 16, z_dim=64, num_classes=10, **options) for player in (Generator, Discriminator))
    for player in (G, D):
        blocks = [module for module in player.modules() if isinstance(module, Residual)]
        assert len(blocks) == 6  # two at each of 4, 8 and 16 pixels
        for block in blocks:
            first, _, second, _, third = block.layers
            for layer, fan_in in ((first, 64), (second, 16 * 9)):
                assert spread(layer.weight) == pytest.approx(LEAKY_GAIN * 6**-0.25 / math.sqrt(fan_in), rel=0.05)
                assert not layer.bias.any()
            assert spread(third.weight) == pytest.approx(1e-2 / math.sqrt(128), rel=0.05)
        assert {m.negative_slope for m in player.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert spread(G.layers[0].maps) == pytest.approx(1, rel=0.1)
    assert spread(G.layers[0].of_z.weight) == pytest.approx(1 / math.sqrt(128), rel=0.05)
    assert spread(G.to_image.weight) == pytest.approx(1 / 8, rel=0.2)
    assert spread(G.told.embedding.weight) == pytest.approx(1 / math.sqrt(10), rel=0.1)
    assert spread(D.layers[0].weight) == pytest.approx(1 / math.sqrt(3), rel=0.2)
    assert spread(D.layers[-1].maps) == pytest.approx(1 / 4, rel=0.1)
    assert spread(D.to_logit.weight) == pytest.approx(1 / 8, rel=0.05)
    assert spread(D.projection.embedding.weight) == pytest.approx(1 / math.sqrt(10) / 8, rel=0.1)


def spread(weight):
    return weight.detach().square().mean().sqrt().item()


@torch.no_grad()
def test_before_training_blocks_do_next_to_nothing_so_that_both_players_are_all_but_linear():
    G, D = (build(player, 32).eval() for player in (Generator, Discriminator))
    z, x, y = 0.1 * latents(), coarse(1), coarse(3)
    bent = G(2 * z - z.flip(0)) - (2 * G(z) - G(z).flip(0))
    assert bent.norm() < 0.03 * G(z).norm()
    bent = D(2 * x - y).logits - (2 * D(x).logits - D(y).logits)
    assert bent.norm() < 0.03 * D(x).logits.norm()


def coarse(seed):
    """Images of 4x4 squares of one colour: of finer noise, the resampling leaves next to nothing."""
    return images_like(4, 3, 4, 4, seed=seed).repeat_interleave(8, 2).repeat_interleave(8, 3)


def test_channels_change_only_where_widths_do():
    wide = build(Generator, 32, width=8)  # 8, 8, 8, 8
    narrow = build(Generator, 32)  # 8, 8, 8, 4
    kinds = [[type(layer).__name__ for layer in G.layers] for G in (wide, narrow)]
    stage = ["Resample2d", "Residual", "Residual"]
    assert kinds[0] == ["GenerativeBasis", "Residual", "Residual", *stage, *stage, *stage]
    assert kinds[1] == ["GenerativeBasis", "Residual", "Residual", *stage, *stage, "Conv2d", *stage]
    back = [type(layer).__name__ for layer in build(Discriminator, 32).layers]
    assert back == ["Conv2d", "Residual", "Residual", "Resample2d", "Conv2d", *["Residual", "Residual", "Resample2d"] * 2,
                    "Residual", "Residual", "DiscriminativeBasis"]  # fmt: skip


def test_blocks_expansion_and_groups_are_as_asked_for():
    G = build(Generator, 8, blocks=3, expansion=3, group_width=6, width=8)
    blocks = [module for module in G.modules() if isinstance(module, Residual)]
    assert len(blocks) == 2 * 3
    assert {block.layers[2].weight.shape for block in blocks} == {(24, 6, 3, 3)}


def test_a_class_is_known_to_d_by_one_product_alone():
    D = build(Discriminator, 16, num_classes=3)
    x = images_like(4, 3, 16, 16)
    for c in range(3):
        output = D(x, torch.full((4,), c))
        expected = output.features @ D.to_logit.weight.T @ D.projection.embedding.weight[c]
        torch.testing.assert_close(output.logits, expected)


def test_a_class_stands_beside_the_latent():
    G = build(Generator, 16, num_classes=3)
    z = latents()
    assert G.layers[0].of_z.weight.shape == (8, 5 + 3)
    with torch.no_grad():
        G.told.embedding.weight[1] = G.told.embedding.weight[0]
    same, other = (G(z, torch.full((4,), c)) for c in (1, 2))
    torch.testing.assert_close(G(z, torch.zeros(4, dtype=torch.int64)), same)
    assert not torch.allclose(same, other)
