"""Residual networks against the tables of WGAN-GP (arXiv:1704.00028) and SNGAN (arXiv:1802.05957)."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.nn import ConditionalBatchNorm2d
from ganzoo_resnet import ResNetOptions, blocks_of_d, check
from ganzoo_resnet.networks import Discriminator, Generator

CONSTANT = {"widths": "constant"}


def request(height=8, width=None, channels=3, z_dim=5, num_classes=0, **chosen):
    options = ResNetOptions(**{"width_g": 4, "width_d": 4, "embedding_dim": 3} | chosen)
    shape = ImageShape(channels, height, width or height)
    return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=options)


def build(config):
    """Both players."""
    return Generator(config), Discriminator(config)


def make(player, *arguments, seed=0, **more):
    torch.manual_seed(seed)
    return player(request(*arguments, **more))


def tables(*arguments, **more):
    """What the papers' tables say of a pair: (places and channels of the dense layer, channels of G's blocks, and of D's as
    (channels, whether it halves))."""
    with torch.device("meta"):  # where power iterations take their time for nothing
        G, D = build(request(*arguments, z_dim=128, norm_d="none", **more))
    places = math.prod(G.first_map)
    dense = *G.first_map, G.stem.out_features // places
    return dense, [b.conv2.out_channels for b in G.blocks], [(b.conv2.out_channels, b.down) for b in D.blocks]


def test_on_cifar_10_it_is_table_4_and_the_appendix_of_wgan_gp():
    down = [(128, True), (128, True), (128, False), (128, False)]
    assert tables(32, width_g=256, width_d=128, **CONSTANT) == ((4, 4, 256), [256, 256, 256], down)
    assert tables(32, width_g=128, width_d=128, **CONSTANT) == ((4, 4, 128), [128, 128, 128], down)


def test_on_stl_10_it_is_table_5():
    down = [(64, True), (128, True), (256, True), (512, True), (1024, False)]
    assert tables(48, width_g=64, width_d=64) == ((6, 6, 512), [256, 128, 64], down)


def test_on_imagenet_it_is_table_6():
    down = [(64, True), (128, True), (256, True), (512, True), (1024, True), (1024, False)]
    assert tables(128, width_g=64, width_d=64) == ((4, 4, 1024), [1024, 512, 256, 128, 64], down)


def test_the_last_map_and_the_blocks_after_it_can_be_chosen():
    # The authors' own discriminator for 64 pixels: five blocks that halve, down to 2 places, and no other.
    down = [(64, True), (128, True), (256, True), (512, True), (1024, True)]
    assert tables(64, width_g=64, width_d=64, last_map=2, plain_blocks=0)[2] == down


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (8, 8, (1, 2)),
        (16, 16, (1, 2)),
        (32, 32, (2, 2)),
        (28, 28, (2, 2)),
        (64, 64, (4, 1)),
        (12, 20, (1, 2)),
        (48, 8, (1, 2)),
    ],
)
def test_where_the_discriminator_halves(height, width, expected):
    assert blocks_of_d(ImageShape(3, height, width), ResNetOptions()) == expected


def size(inputs, outputs, kernel):
    return inputs * outputs * kernel * kernel + outputs


def generator_size(ch, classes):
    """The authors' generators for CIFAR-10: dense, three blocks, a norm and a convolution."""
    norm = 2 * ch * (classes or 1)
    return size(128, 16 * ch, 1) + 3 * (2 * size(ch, ch, 3) + size(ch, ch, 1) + 2 * norm) + 2 * ch + size(ch, 3, 3)


def discriminator_size(ch, classes):
    """Their discriminators: the first block on images, one that halves, two that do not, a linear layer, an embedding."""
    first = size(3, ch, 3) + size(ch, ch, 3) + size(3, ch, 1)
    return first + 2 * size(ch, ch, 3) + size(ch, ch, 1) + 2 * (2 * size(ch, ch, 3)) + ch + 1 + classes * ch


# WGAN-GP: github.com/igul222/improved_wgan_training, gan_cifar_resnet.py; with classes its critic has a classifier of 1,290 more
# parameters, which is not the architecture's here. SNGAN and PDGAN: github.com/pfnet-research/sngan_projection,
# gen_models/resnet_32.py and dis_models/snresnet_32.py; the bias of the last layer, 1 parameter, is what that code leaves out.
@pytest.mark.parametrize(
    ("recipe", "classes", "g", "d"),
    [
        ("wgangp-resnet", 0, 1_204_483, 1_053_825),
        ("wgangp-resnet-ac", 10, 1_218_307, 1_053_825),
        ("sngan", 0, 4_276_739, 1_053_824 + 1),
        ("pdgan", 10, 4_304_387, 1_055_104 + 1),
    ],
)
def test_recipes_build_networks_of_the_papers_size(recipe, classes, g, d, registry):
    from ganzoo.config import resolve

    config = resolve(recipe, registry, []).config
    assert bool(classes) == config.conditional
    width = config.arch["width_g"]
    projected = 0 if recipe.endswith("-ac") else classes  # the classifier stands in for the projection
    assert (generator_size(width, classes), discriminator_size(128, projected)) == (g, d)
    arch = config.arch | {"norm_d": "none"}  # on the meta device, power iterations take their time for nothing
    with torch.device("meta"):
        players = (
            Generator(request(32, z_dim=128, num_classes=classes, **arch)),
            Discriminator(request(32, z_dim=128, num_classes=projected, **arch)),
        )
    assert tuple(sum(p.numel() for p in player.parameters()) for player in players) == (g, d)


@pytest.mark.parametrize(
    ("height", "width", "first"),
    [
        (8, 8, (4, 4)),
        (12, 12, (6, 6)),
        (28, 28, (7, 7)),
        (32, 48, (4, 6)),
        (24, 16, (6, 4)),
        (48, 48, (6, 6)),
        (64, 64, (4, 4)),
    ],
)
@pytest.mark.parametrize("num_classes", [0, 2])
def test_every_size_that_comes_from_4_to_7_places_is_made_and_judged(height, width, first, num_classes):
    G, D = (make(player, height, width, num_classes=num_classes, max_width=8) for player in (Generator, Discriminator))
    c = torch.tensor([0, 1]) if num_classes else None
    images = G(torch.randn(2, 5), c)
    assert images.shape == (2, 3, height, width)
    assert G.first_map == first
    output = D(images, c)
    assert (output.logits.shape, output.features.shape) == ((2,), (2, D.head.to_logit.in_features))


@pytest.mark.parametrize(("height", "width", "nearest"), [(4, 4, 8), (33, 33, 32), (100, 100, 128), (28, 30, 28)])
def test_another_size_is_declined_with_the_nearest_that_works(height, width, nearest):
    with pytest.raises(
        ConfigError, match=rf"^resnet cannot make images of {height}x{width}[^$]*'--resolution {nearest}'"
    ):
        check(request(height, width))
    check(request(nearest, nearest))


def test_no_block_is_wider_than_the_widest():
    dense, g, d = tables(64, width_g=4, width_d=4, max_width=16)
    assert (dense[2], g, [n for n, _ in d]) == (16, [16, 16, 8, 4], [4, 8, 16, 16, 16])


def test_the_discriminator_is_the_papers_sum_over_places_written_out():
    D, x = make(Discriminator, 16, norm_d="none"), torch.randn(2, 3, 16, 16)
    h = x
    for index, block in enumerate(D.blocks):
        beside = h if block.skip is None else block.skip(h)
        h = block.conv2(F.relu(block.conv1(F.relu(h) if index else h)))
        h, beside = (F.avg_pool2d(part, 2) if block.down else part for part in (h, beside))
        h = h + beside
    features = torch.stack([F.relu(image).flatten(1).sum(1) for image in h])
    output = D(x)
    torch.testing.assert_close(output.features, features)
    torch.testing.assert_close(output.logits, features @ D.head.to_logit.weight[0] + D.head.to_logit.bias)


def test_the_mean_is_the_sum_by_the_number_of_places():
    x = torch.randn(2, 3, 16, 16)
    total, mean = (make(Discriminator, 16, pool=pool, norm_d="none")(x).features for pool in ("sum", "mean"))
    torch.testing.assert_close(total, 64 * mean)  # 16 pixels end at 8x8 places


def test_the_first_block_goes_to_its_width_at_once_and_the_others_late():
    D = make(Discriminator, 64)
    assert [(b.conv1.in_channels, b.conv1.out_channels, b.conv2.out_channels) for b in D.blocks] == [
        (3, 4, 4),
        (4, 4, 8),
        (8, 8, 16),
        (16, 16, 32),
        (32, 32, 64),
    ]


NORM_LAYERS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "layer": nn.GroupNorm}


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "spectral", "none"])
def test_the_norm_that_was_asked_for_is_the_only_one(norm):
    players = make(Generator, 16, norm_g=norm, norm_d="none"), make(Discriminator, 16, norm_g="none", norm_d=norm)
    # Two of each of G's two blocks and one before the image; two of each of D's blocks but the first, which sees images.
    for player, layers in zip(players, (5, 4), strict=True):
        for name, kind in NORM_LAYERS.items():
            assert len([m for m in player.modules() if isinstance(m, kind)]) == (layers if name == norm else 0)
        weights = [m for m in player.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert {parametrize.is_parametrized(m, "weight") for m in weights} == {norm == "spectral"}


def test_under_spectral_norm_every_weight_has_norm_1():
    D = make(Discriminator, 16, num_classes=4, norm_d="spectral")
    for _ in range(300):
        D(torch.zeros(2, 3, 16, 16), torch.tensor([0, 1]))
    for layer in (m for m in D.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.Embedding)):
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        torch.testing.assert_close(norm, torch.tensor(1.0), rtol=1e-2, atol=0)


@pytest.mark.parametrize("norm", ["none", "spectral"])
def test_weights_start_as_the_authors(norm):
    """Uniform of variance 2 / (fan_in + fan_out), of twice that for the convolutions of 3x3 within blocks."""
    for player in build(request(32, z_dim=64, width_g=32, width_d=32, norm_g=norm, norm_d=norm, **CONSTANT)):
        inner = {conv for block in player.blocks for conv in (block.conv1, block.conv2)}
        for m in player.modules():
            if isinstance(m, nn.Conv2d | nn.Linear):
                weight = m.parametrizations.weight.original if norm == "spectral" else m.weight
                outputs, inputs, *kernel = weight.shape
                deviation = math.sqrt((4 if m in inner else 2) / ((inputs + outputs) * math.prod(kernel)))
                torch.testing.assert_close(weight.std().item(), deviation, rtol=4 / weight.numel() ** 0.5, atol=0)
                assert weight.abs().max() <= deviation * 3**0.5 * (1 + 1e-5)
                assert not m.bias.any()


def test_a_class_is_a_scale_and_a_shift_of_the_blocks_norms():
    """Against an unconditional generator whose batch norms are those of one class."""
    G, plain = make(Generator, 16, num_classes=3).eval(), make(Generator, 16).eval()
    weights = {name: value for name, value in G.state_dict().items() if name in plain.state_dict()}
    plain.load_state_dict(weights, strict=False)
    for block, simple in zip(G.blocks, plain.blocks, strict=True):
        for norm, other in ((block.norm1, simple.norm1), (block.norm2, simple.norm2)):
            assert isinstance(norm, ConditionalBatchNorm2d)
            for part in (norm.scale, norm.shift):
                nn.init.normal_(part.weight)
            other.weight.data, other.bias.data = 1 + norm.scale.weight[:, 2].data, norm.shift.weight[:, 2].data
    z = torch.randn(4, 5)
    torch.testing.assert_close(G(z, torch.full((4,), 2)), plain(z))
    assert not torch.allclose(G(z, torch.full((4,), 1)), plain(z))
    assert isinstance(G.to_image[0], nn.BatchNorm2d)


@pytest.mark.parametrize("norm", ["batch", "layer", "spectral"])
def test_else_the_class_stands_beside_the_latent_as_an_embedding(norm):
    G = make(Generator, num_classes=3, conditioning="concat", norm_g=norm).eval()
    assert G.told.embedding.weight.shape == (3, 3)
    assert G.stem.in_features == 5 + 3
    assert not any(isinstance(m, ConditionalBatchNorm2d) for m in G.modules())
    one, other = G(torch.randn(1, 5).expand(2, -1), torch.tensor([0, 1]))
    assert not torch.allclose(one, other)


def test_the_class_is_projected_onto_the_features():
    # Miyato & Koyama 2018, equation 3: the classes' logits differ by <e_c - e_c', phi(x)>.
    D = make(Discriminator, 16, num_classes=3).eval()
    x = torch.randn(4, 3, 16, 16)
    first, second = (D(x, torch.full((4,), c)) for c in (0, 2))
    expected = (D.head.projection.embedding.weight[2] - D.head.projection.embedding.weight[0]) @ first.features.T
    torch.testing.assert_close(second.logits - first.logits, expected)
