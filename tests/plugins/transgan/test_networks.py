"""TransGAN against its authors' code, and by the rules that carry it to other sizes."""

import pytest
import torch
from torch import nn

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo_transgan import TransGANOptions, check
from ganzoo_transgan.blocks import Block
from ganzoo_transgan.networks import Discriminator, Generator, _larger

SMALL = {"width_g": 4, "max_width": 16, "depth_g": (2, 1), "width_d": 16, "depth_d": 1, "embedding_dim": 3}


def request(height=16, width=None, *, channels=3, z_dim=5, num_classes=0, **options):
    shape = ImageShape(channels, height, width or height)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=TransGANOptions(**options))


def pair(*arguments, device="cpu", **more):
    config = request(*arguments, **more)
    check(config)
    torch.manual_seed(0)
    with torch.device(device):
        return Generator(config), Discriminator(config)


def small(*arguments, **more):
    return pair(*arguments, **(SMALL | more))


def block(width, norm, side, heads=4):
    """Weights of a block: two norms, attention without biases on queries, keys and values, a table of distances, an MLP."""
    attention = 4 * width * width + width + ((2 * side - 1) ** 2 * heads if side else 0)
    return 2 * norm * width + attention + 8 * width * width + 5 * width


def players(base, z_dim, depths, norm):
    """Weights of exps/cifar_train.py and exps/stl_train.py: ViT_custom_rp.py plays ViT_custom_scale2_rp_noise.py.

    ``norm`` are the weights of a norm for each channel: 2 of layer norm, 0 of pixel norm. Their discriminator has one more in
    each of its 7 blocks, the strength of a noise, which ours leaves out.
    """
    stages = [(1024, base), (256, 2 * base), (64, 4 * base)]
    of_g = (z_dim + 1) * base**2 * 1024 + 64 * 3 + 3
    for depth, (width, side) in zip(depths, stages, strict=True):
        of_g += side**2 * width + depth * block(width, norm, side)
    of_d = (3 * 2 * 2 + 1) * 288 + (3 * 4 * 4 + 1) * 96 + (2 * base) ** 2 * 288 + base**2 * 384 + 384
    of_d += 3 * block(288, norm, 2 * base) + 3 * block(384, norm, base) + block(384, norm, 0) + norm * 384 + 385
    return of_g, of_d


@pytest.mark.parametrize(
    ("resolution", "z_dim", "options", "numbers"),
    [
        (32, 256, {}, players(8, 256, (5, 4, 2), norm=2)),
        (
            48,
            512,
            {"base": 12, "depth_g": (7, 5, 3), "norm_g": "pixel", "norm_d": "pixel", "max_places": 48},
            players(12, 512, (7, 5, 3), norm=0),
        ),
    ],
    ids=["cifar10", "stl10"],
)
def test_there_are_as_many_weights_as_in_the_authors_code(resolution, z_dim, options, numbers):
    networks = pair(resolution, z_dim=z_dim, device="meta", **options)
    assert tuple(sum(p.numel() for p in network.parameters()) for network in networks) == numbers


def test_the_counts_for_cifar10():
    assert players(8, 256, (5, 4, 2), norm=2) == (83_312_495, 10_210_393)


@pytest.mark.parametrize(
    ("resolution", "width_g", "widths"),
    [
        (32, 64, [1024, 256, 64]),
        (64, 16, [1024, 256, 64, 16]),
        (128, 16, [1024, 1024, 256, 64, 16]),
        (256, 16, [1024, 1024, 1024, 256, 64, 16]),
    ],
)
def test_tokens_are_as_wide_as_published(resolution, width_g, widths):
    G, _ = pair(resolution, width_g=width_g, depth_g=(1,), device="meta")
    assert G.widths == widths


@pytest.mark.parametrize(
    ("height", "width"), [(8, 8), (16, 16), (32, 32), (64, 64), (8, 12), (16, 24), (48, 32), (64, 96)]
)
@pytest.mark.parametrize("num_classes", [0, 3])
def test_every_size_is_made_and_judged(height, width, num_classes):
    G, D = small(height, width, num_classes=num_classes)
    c = torch.tensor([0, 2]) if num_classes else None
    with torch.no_grad():
        images = G(torch.randn(2, 5), c)
        assert images.shape == (2, 3, height, width)
        output = D(images, c)
    assert output.logits.shape == (2,)
    assert output.features.shape == (2, 16)


def test_three_scales_of_patches_share_the_width_as_published():
    # ViT_scale3_local_new_rp.py: 3/4, 7/8 and all of the width at 64, 32 and 16 places a side.
    _, D = pair(256, width_g=16, patch=4, scales=3, depth_g=(1,), device="meta")
    assert [stage.places.shape[1:] for stage in D.stages] == [(64**2, 288), (32**2, 336), (16**2, 384)]
    assert [patch.weight.shape[0] for patch in D.patches] == [288, 48, 48]
    assert D(torch.empty(2, 3, 256, 256, device="meta")).logits.shape == (2,)


def test_places_attend_to_all_others_up_to_32_a_side_and_in_cells_of_16_beyond():
    G, D = pair(128, width_g=16, patch=1, depth_g=(1,), depth_d=1, device="meta")
    assert [stage.grid.cell for stage in G.stages] == [(8, 8), (16, 16), (32, 32), (16, 16), (16, 16)]
    assert [stage.grid.cell for stage in D.stages] == [(16, 16), (16, 16)]
    assert D.last[0].attend[1].positions is None


def test_maps_get_twice_the_sides_by_shuffling_channels_into_places():
    x = torch.arange(2 * 8 * 3 * 5.0).view(2, 8, 3, 5)
    larger = _larger(x, 2)
    assert larger.shape == (2, 2, 6, 10)
    for channel in range(8):
        out, row, column = channel // 4, channel // 2 % 2, channel % 2
        torch.testing.assert_close(larger[:, out, row::2, column::2], x[:, channel], rtol=0, atol=0)


def test_where_no_width_is_to_spare_they_are_interpolated():
    torch.manual_seed(0)
    row = torch.randn(8)
    larger = _larger(row.view(1, 1, 1, 8).expand(1, 2, 8, 8), 2)
    assert larger.shape == (1, 2, 16, 16)

    def cubic(t, a=-0.75):  # Keys' kernel, with torch's a
        t = abs(t)
        return (a + 2) * t**3 - (a + 3) * t**2 + 1 if t <= 1 else a * (t**3 - 5 * t**2 + 8 * t - 4)

    for place in range(4, 12):
        at = (place + 0.5) / 2 - 0.5
        near = [int(at) - 1 + i for i in range(4)]
        expected = sum(cubic(at - i) * row[i] for i in near)
        torch.testing.assert_close(larger[0, 1, 5, place], expected)


def test_the_smallest_map_has_half_the_images_side_at_most():
    for resolution, base in ((8, 4), (16, 8), (32, 8)):
        G, _ = small(resolution)
        assert G.base == (base, base)


def test_the_last_depth_goes_on():
    G, _ = small(64, depth_g=(3, 2, 1))
    assert [len(stage.blocks) for stage in G.stages] == [3, 2, 1, 1]


def test_weights_begin_as_in_the_authors_code():
    G, D = pair(16, width_g=16, max_width=64, width_d=64)
    linear = torch.cat([m.weight.flatten() for m in D.modules() if isinstance(m, nn.Linear)])
    torch.testing.assert_close(linear.std(), torch.tensor(0.02), rtol=0.05, atol=0)
    assert not any(m.bias.any() for m in D.modules() if isinstance(m, nn.Linear) and m.bias is not None)
    for stage in (*G.stages, *D.stages):
        torch.testing.assert_close(stage.places.std(), torch.tensor(0.02), rtol=0.2, atol=0)
    # Of the generator's, torch's own: uniform up to 1 / sqrt(inputs).
    mlp = next(m for m in G.modules() if isinstance(m, Block)).think[1].weight
    torch.testing.assert_close(mlp.abs().max(), torch.tensor(64**-0.5), rtol=0.05, atol=0)
    patch = D.patches[0].weight  # Glorot's: uniform up to sqrt(6 / (inputs + outputs))
    torch.testing.assert_close(patch.abs().max(), torch.tensor((6 / (4 * (3 + 48))) ** 0.5), rtol=0.05, atol=0)


def test_features_are_what_became_of_the_class_token():
    _, D = small(16)
    output = D(torch.randn(2, 3, 16, 16))
    # Layer norm comes last: every feature vector has a mean of 0 and a variance of 1.
    torch.testing.assert_close(output.features.mean(1), torch.zeros(2), rtol=0, atol=1e-5)
    torch.testing.assert_close(output.features.var(1, correction=0), torch.ones(2), rtol=0.05, atol=0)
    with torch.no_grad():
        D.class_token.add_(torch.randn_like(D.class_token))
    assert not torch.allclose(D(torch.zeros(2, 3, 16, 16)).features, output.features)


def test_sizes_that_cannot_be_doubled_up_to_are_refused():
    with pytest.raises(ConfigError, match=r"transgan cannot make images of 28x28"):
        check(request(28))


@pytest.mark.parametrize(("size", "options"), [((8, 10), {}), ((16, 16), {"patch": 16}), ((32, 32), {"patch": 3})])
def test_sizes_that_patches_do_not_divide_are_refused(size, options):
    with pytest.raises(ConfigError, match=r"into patches of \d+x\d+(.|\n)*arch\.patch"):
        check(request(*size, **options))
