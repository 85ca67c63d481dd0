"""BigGAN against its paper: appendix B, figure 15 and tables 4 to 6."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from ganzoo import ImageShape, NetworkConfig
from ganzoo.nn import ConditionalBatchNorm2d, ResidualDown, ResidualUp, SelfAttention2d
from ganzoo_biggan import BigGANDeepOptions, BigGANOptions, deep, networks
from ganzoo_biggan.deep import BottleneckDown, BottleneckUp
from ganzoo_biggan.widths import multiples, parts_of

FAMILIES = {"biggan": (networks, BigGANOptions), "biggan-deep": (deep, BigGANDeepOptions)}
both = pytest.mark.parametrize("family", sorted(FAMILIES))


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


# What takes its time, on a device without values even more.
QUICKLY = {"weights_g": "none", "weights_d": "none", "init": "normal"}


def build(family, *shape, num_classes=0, z_dim=10, **chosen):
    """Both players, small, of (channels, height, width)."""
    module, options = FAMILIES[family]
    small = {"width_g": 4, "width_d": 4, "shared_dim": 6, "attention_at": 0}
    image_shape = ImageShape(*(shape or (3, 16, 16)))
    config = NetworkConfig(
        image_shape=image_shape, z_dim=z_dim, num_classes=num_classes, options=options(**(small | chosen))
    )
    return module.Generator(config), module.Discriminator(config)


def weights(player):
    """(name, trained weight) of all that is drawn at the start."""
    for name, module in player.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
            raw = module.parametrizations.weight.original if parametrize.is_parametrized(module) else module.weight
            yield name, raw.detach()


@both
@pytest.mark.parametrize(
    "shape", [(1, 8, 8), (3, 16, 16), (4, 32, 32), (3, 64, 64), (3, 128, 128), (3, 8, 12), (3, 32, 16), (1, 16, 40)]
)
@pytest.mark.parametrize("num_classes", [0, 3])
def test_every_size_is_made_and_judged(family, shape, num_classes):
    G, D = build(family, *shape, num_classes=num_classes, **QUICKLY)
    c = torch.tensor([0, 2]) if num_classes else None
    images = G(torch.randn(2, 10), c)
    assert images.shape == (2, *shape)
    output = D(images, c)
    assert output.logits.shape == (2,)
    assert output.features.shape == (2, 4 * multiples((min(shape[1:]) // 4).bit_length() - 1)[0])


@pytest.mark.parametrize(
    ("resolution", "made", "seen"),
    [
        (16, [4, 4, 4], [4, 4, 4]),
        (32, [4, 4, 4, 4], [4, 4, 4, 4]),  # the authors' code
        (64, [16, 8, 4, 2, 1], [1, 2, 4, 8, 16]),
        (128, [16, 16, 8, 4, 2, 1], [1, 2, 4, 8, 16, 16]),  # table 4
        (256, [16, 16, 8, 8, 4, 2, 1], [1, 2, 4, 8, 8, 16, 16]),  # table 5
        (512, [16, 16, 8, 8, 4, 2, 1, 1], [1, 1, 2, 4, 8, 8, 16, 16]),  # table 6
    ],
)
def test_the_widths_are_those_of_the_paper(resolution, made, seen):
    with torch.device("meta"):
        chosen = {"width_g": 3, "width_d": 5} | QUICKLY
        G, D = build("biggan", 3, resolution, resolution, **chosen)
        deep, deep_d = build("biggan-deep", 3, resolution, resolution, depth=1, **chosen)
    blocks = [block for block in D.layers if isinstance(block, ResidualDown)]
    assert [G.smallest[0], *(block.conv2.out_channels for block in G.blocks)] == [3 * multiple for multiple in made]
    assert [block.conv2.out_channels for block in blocks] == [5 * multiple for multiple in seen]
    assert [block.conv1.in_channels for block in blocks] == [3, *(5 * multiple for multiple in seen[:-1])]
    assert [deep.smallest[0], *(block.outputs for block in deep.blocks)] == [3 * multiple for multiple in made]
    stem, *bottlenecks = (layer for layer in deep_d.layers if isinstance(layer, nn.Conv2d | BottleneckDown))
    assert [stem.out_channels, *(block.convolutions[3].out_channels for block in bottlenecks)] == [5 * m for m in seen]


@both
@pytest.mark.parametrize(("resolution", "last"), [(8, 4), (16, 8), (32, 8), (64, 4), (128, 4)])
def test_the_discriminator_sees_8x8_maps_last_up_to_32_pixels_and_4x4_ones_beyond(family, resolution, last):
    with torch.device("meta"):
        _, D = build(family, 3, resolution, resolution, **QUICKLY)
        maps = D.layers(torch.empty(1, 3, resolution, resolution))
    assert maps.shape[2:] == (last, last)


@both
def test_features_are_the_rectified_map_summed_over_its_places_and_the_class_is_projected(family):
    _, D = build(family, num_classes=3)
    D.eval()
    x = torch.randn(4, 3, 16, 16)
    first, second = (D(x, torch.full((4,), c)) for c in (0, 2))
    before = nn.Sequential(*list(D.layers)[:-1])(x)
    torch.testing.assert_close(first.features, F.relu(before).sum(dim=(2, 3)))
    table = D.head.projection.embedding.weight
    torch.testing.assert_close(second.logits - first.logits, first.features @ (table[2] - table[0]))


@pytest.mark.parametrize(("z_dim", "places", "parts"), [(120, 6, [20] * 6), (80, 4, [20] * 4), (10, 4, [3, 3, 2, 2])])
def test_z_is_divided_evenly(z_dim, places, parts):
    assert parts_of(z_dim, places) == parts


@pytest.mark.parametrize("num_classes", [0, 3])
def test_each_part_of_z_speaks_from_its_own_block_on(num_classes):
    G, _ = build("biggan", 3, 32, 32, num_classes=num_classes)
    G.eval()
    assert G.parts == [3, 3, 2, 2]
    seen = []
    for block in G.blocks:
        block.register_forward_hook(lambda module, given, made: seen.append(made))
    z, c = torch.randn(1, 10), torch.tensor([1]) if num_classes else None
    G(z, c)
    before = list(seen)
    for part, columns in enumerate([range(3), range(3, 6), range(6, 8), range(8, 10)]):
        for column in columns:
            other = z.clone()
            other[0, column] += 1
            seen.clear()
            G(other, c)
            changed = [not torch.equal(old, new) for old, new in zip(before, seen, strict=True)]
            assert changed == [stage >= part - 1 for stage in range(3)]


def test_without_parts_all_of_z_makes_the_smallest_map():
    G, _ = build("biggan", hierarchical=False, num_classes=3)
    assert G.stem.in_features == 10
    assert {block.norm1.scale.in_features for block in G.blocks} == {6}


def test_without_parts_and_classes_the_norms_are_plain():
    G, _ = build("biggan", hierarchical=False)
    assert not any(isinstance(module, ConditionalBatchNorm2d) for module in G.modules())
    assert all(isinstance(block.norm1, nn.BatchNorm2d) for block in G.blocks)


@pytest.mark.parametrize(("hierarchical", "width", "tables"), [(False, 3, False), (True, 3 + 3, True)])
def test_without_a_shared_embedding_each_norm_has_a_table_of_its_own(hierarchical, width, tables):
    G, _ = build("biggan", shared_dim=0, hierarchical=hierarchical, num_classes=3)
    assert not any(isinstance(module, nn.Embedding) for module in G.modules())
    for steering in (G.blocks[1].norm1.scale, G.blocks[1].norm2.shift):
        assert steering.in_features == width
        # Tables of classes alone are under no spectral norm, as in the authors' code.
        assert parametrize.is_parametrized(steering) == tables


def test_all_of_z_and_the_class_steer_every_norm_of_the_deep_generator():
    G, _ = build("biggan-deep", num_classes=3)
    codes = []
    for block in G.blocks:
        block.register_forward_pre_hook(lambda module, given: codes.append(given[1]))
    z, c = torch.randn(2, 10), torch.tensor([2, 0])
    G(z, c)
    assert len(codes) == 4
    for code in codes:
        assert torch.equal(code, torch.cat([G.code_of_class.embedding(c), z], dim=1))
    assert G.stem.in_features == 16


@both
@pytest.mark.parametrize("num_classes", [0, 3])
def test_the_image_follows_z_and_class_from_the_start(family, num_classes):
    G, _ = build(family, num_classes=num_classes)
    G.eval()
    z, c = torch.randn(1, 10, requires_grad=True), torch.tensor([1]) if num_classes else None
    (gradient,) = torch.autograd.grad(G(z, c).square().sum(), z)
    assert (gradient != 0).all()
    if num_classes:
        assert not torch.allclose(G(z, c), G(z, torch.tensor([2])))


@both
def test_the_embedding_of_classes_is_under_no_spectral_norm_and_all_else_is(family):
    G, D = build(family, num_classes=3, attention_at=16)
    for player in (G, D):
        free = {
            name
            for name, module in player.named_modules()
            if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding) and not parametrize.is_parametrized(module)
        }
        assert free == ({"code_of_class.embedding"} if player is G else set())


@both
def test_without_spectral_norm_nothing_is(family):
    for player in build(family, num_classes=3, weights_g="none", weights_d="none"):
        assert not any(map(parametrize.is_parametrized, player.modules()))


@both
def test_all_weights_begin_orthogonal_and_biases_at_0(family):
    for player in build(family, num_classes=3):
        for name, weight in weights(player):
            values = torch.linalg.svdvals(weight.flatten(1))
            torch.testing.assert_close(values, torch.ones_like(values), msg=name)
        assert not any(p.any() for name, p in player.named_parameters() if name.endswith("bias") and "norm" not in name)


def test_weights_begin_otherwise_if_that_is_asked_for():
    G, D = build("biggan", num_classes=3, width_g=32, width_d=32, init="normal")
    for player in (G, D):
        for name, weight in weights(player):
            if weight.numel() > 1000:
                torch.testing.assert_close(weight.std(), torch.tensor(0.02), rtol=0.1, atol=0, msg=name)


@pytest.mark.parametrize(
    ("family", "side", "of_g", "of_d"),
    [
        ("biggan", 8, [8], [4]),
        ("biggan", 16, [4], [2]),
        ("biggan", 32, [2], [1]),
        ("biggan", 64, [2], [1]),  # below the image's own size
        ("biggan", 31, [4], [2]),
        ("biggan", 4, [16], [8]),
        ("biggan", 0, [], []),
        ("biggan-deep", 8, [8], [8]),
        ("biggan-deep", 16, [4], [4]),
        ("biggan-deep", 32, [2], [2]),
        ("biggan-deep", 64, [2], [2]),
        ("biggan-deep", 10, [8], [8]),
    ],
)
def test_attention_is_at_the_largest_maps_of_at_most_its_side(family, side, of_g, of_d):
    with torch.device("meta"):
        G, D = build(family, 3, 64, 64, width_g=8, width_d=8, attention_at=side, **QUICKLY)
        shown = torch.empty(1, 10), torch.empty(1, 3, 64, 64)
    for player, given, expected in zip((G, D), shown, (of_g, of_d), strict=True):
        looks = [module for module in player.modules() if isinstance(module, SelfAttention2d)]
        maps = []
        for look in looks:
            look.register_forward_hook(lambda module, given, made, maps=maps: maps.append(made.shape[1:]))
        player(given)
        at = max(number for number in (4, 8, 16, 32) if number <= max(side, 4))
        assert maps == [(8 * multiple, at, at) for multiple in expected]
        assert len(looks) == len(expected)


@both
def test_attention_learns_in_both_players(family):
    G, D = build(family, attention_at=8)
    for module in (*G.modules(), *D.modules()):
        if isinstance(module, SelfAttention2d):
            nn.init.ones_(module.gamma)
    (D(G(torch.randn(4, 10))).logits * torch.arange(1.0, 5.0)).sum().backward()
    for player in (G, D):
        silent = [name for name, p in player.named_parameters() if "looks" in name and not p.grad.abs().sum() > 0]
        assert not silent


@pytest.mark.parametrize(("inputs", "outputs"), [(8, 8), (8, 4)])
@pytest.mark.parametrize("up", [True, False])
def test_the_deep_generators_block(inputs, outputs, up):
    block = BottleneckUp(inputs, outputs, up=up, code_dim=3, weights="none").eval()
    for norm in block.norms:
        for steering in (norm.scale, norm.shift):
            nn.init.normal_(steering.weight)
    x, code = torch.randn(2, inputs, 4, 6), torch.randn(2, 3)
    grow = nn.Upsample(scale_factor=2) if up else nn.Identity()
    first, second, third, fourth = block.convolutions
    h = first(F.relu(block.norms[0](x, code)))
    h = second(grow(F.relu(block.norms[1](h, code))))
    h = third(F.relu(block.norms[2](h, code)))
    h = fourth(F.relu(block.norms[3](h, code)))
    torch.testing.assert_close(block(x, code), h + grow(x)[:, :outputs])
    assert [c.kernel_size[0] for c in block.convolutions] == [1, 3, 3, 1]
    assert (first.out_channels, fourth.in_channels) == (2, 2)


@pytest.mark.parametrize(("inputs", "outputs"), [(8, 8), (4, 8), (4, 5)])
@pytest.mark.parametrize("down", [True, False])
def test_the_deep_discriminators_block(inputs, outputs, down):
    block = BottleneckDown(inputs, outputs, down=down, weights="none")
    x = torch.randn(2, inputs, 4, 6)
    shrink = nn.AvgPool2d(2) if down else nn.Identity()
    first, second, third, fourth = block.convolutions
    h = fourth(shrink(F.relu(third(F.relu(second(F.relu(first(F.relu(x)))))))))
    beside = shrink(x)
    made = block(x) - h
    torch.testing.assert_close(made[:, :inputs], beside)
    if outputs > inputs:
        torch.testing.assert_close(made[:, inputs:], block.more(beside))
    else:
        assert block.more is None
    assert first.out_channels == outputs // 4


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_deep_players_have_so_many_blocks_at_each_resolution_of_which_one_resizes(depth):
    G, D = build("biggan-deep", 3, 32, 32, depth=depth, **QUICKLY)
    assert [block.up for block in G.blocks] == ([False] * (depth - 1) + [True]) * 3
    down = [block.down for block in D.layers if isinstance(block, BottleneckDown)]
    rest = [False] * (depth - 1)
    assert down == [True, *rest, True, *rest, False, *rest]


def test_the_plain_generator_has_one_block_at_each_resolution():
    G, _ = build("biggan", 3, 64, 64, **QUICKLY)
    assert [type(block) for block in G.blocks] == [ResidualUp] * 4
