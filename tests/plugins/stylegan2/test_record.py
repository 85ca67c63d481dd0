"""What stylegan2 declares: options, shapes, recipes and their networks."""

import pytest
import torch

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.config import Layer, options_of, resolve
from ganzoo_stylegan2 import StyleGAN2Options, check
from ganzoo_stylegan2.discriminator import Discriminator
from ganzoo_stylegan2.generator import Generator

RECIPES = ["stylegan2", "stylegan2-ada-cifar", "stylegan2-small", "stylegan2-ada-small"]


def sizes(architecture, resolution, num_classes=0, **options):
    """Parameters of both players, for colour images and z of 512 numbers."""
    shape = ImageShape(3, resolution, resolution)
    chosen = architecture.options(**options)
    request = NetworkConfig(image_shape=shape, z_dim=512, num_classes=num_classes, options=chosen)
    with torch.device("meta"):
        return tuple(
            sum(p.numel() for p in player.parameters()) for player in (Generator(request), Discriminator(request))
        )


# Of the authors' code: the parameters of stylegan2-ada-pytorch's Generator and Discriminator (training/networks.py) under the
# options that its train.py derives. Not counted are buffers, there and here: constant noise, filters, the mean w.
@pytest.mark.parametrize(
    ("recipe", "resolution", "num_classes", "expected"),
    [
        ("stylegan2", 256, 0, (30_034_338, 28_864_129)),  # cfg=stylegan2
        ("stylegan2", 1024, 0, (30_370_060, 29_012_513)),
        ("stylegan2-ada-cifar", 32, 0, (19_947_539, 20_720_641)),  # cfg=cifar
        # There D has 512 weights more: the bias of what is compared with a class (see discriminator.py).
        ("stylegan2-ada-cifar", 32, 10, (20_215_315, 23_089_664 - 512)),
    ],
)
def test_the_recipes_networks_have_as_many_weights_as_the_authors(registry, recipe, resolution, num_classes, expected):
    architecture = registry.architectures.get("stylegan2")
    arch = resolve(recipe, registry, []).config.arch
    assert sizes(architecture, resolution, num_classes, **arch) == expected


@pytest.mark.parametrize(
    ("way", "expected"),
    [("orig", (1_896_300, 1_140_129)), ("skip", (2_127_480, 1_141_921)), ("resnet", (1_939_308, 1_183_137))],
)
def test_so_have_all_three_ways(registry, way, expected):
    architecture = registry.architectures.get("stylegan2")
    options = {"mapping_depth": 2, "channel_base": 2048, "max_width": 128}
    assert sizes(architecture, 64, g_architecture=way, d_architecture=way, **options) == expected


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1024, 1024), (3, 8, 24), (4, 96, 32)])
def test_what_can_be_halved_down_to_4_is_accepted(shape):
    check(NetworkConfig(image_shape=ImageShape(*shape), z_dim=4, num_classes=0, options=StyleGAN2Options()))


@pytest.mark.parametrize(("side", "nearest"), [(4, 8), (28, 32), (100, 128)])
def test_another_shape_is_declined_with_the_nearest_that_works(side, nearest):
    request = NetworkConfig(image_shape=ImageShape(3, side, side), z_dim=4, num_classes=0, options=StyleGAN2Options())
    with pytest.raises(ConfigError, match=rf"^stylegan2 cannot make images of {side}x{side}.*\n.*{nearest}'\.$"):
        check(request)


@pytest.mark.parametrize(
    ("option", "value"),
    [("w_dim", 0), ("mapping_depth", 0), ("mixing", 1.1), ("minibatch_group", 1), ("g_architecture", "plain")],
)
def test_options_out_of_range_are_refused_by_name(registry, option, value):
    with pytest.raises(ConfigError, match=rf"^arch\.{option}: "):
        resolve("stylegan2-ns", registry, [Layer("test", {f"arch.{option}": value})])


def test_few_channels_at_high_resolutions_are_one_at_least(request_of):
    G = Generator(request_of(32, channel_base=20))
    assert G(torch.randn(1, 6)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_a_game_that_can_be_built(registry, name):
    config = resolve(name, registry, []).config
    architecture = registry.architectures.get(config.architecture)
    assert config.loss == "ns"
    for table in ("regularizers", "augmentations"):
        for key, given in getattr(config, table).items():
            assert options_of(getattr(registry, table).get(key).options, given, key)
    request = NetworkConfig(
        image_shape=ImageShape(3, *(config.resolution or (32, 32))),
        z_dim=config.z_dim,
        num_classes=10 if config.conditional else 0,
        options=architecture.options(**config.arch),
    )
    with torch.device("meta"):
        G = Generator(request)
    assert G.styles.w_avg.shape == (config.arch["w_dim"],)


def test_stylegan2_is_the_papers_config_f(registry):
    config = resolve("stylegan2", registry, []).config
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.lr, optimizer.betas, optimizer.eps) == (2e-3, (0.0, 0.99), 1e-8)
    assert set(config.regularizers) == {"r1", "path-length"}
    assert config.regularizers["r1"].items() >= {"gamma": 10.0, "interval": 16}.items()
    assert config.regularizers["path-length"].items() >= {"weight": 2.0, "interval": 4, "shrink": 2}.items()
    assert (config.batch_size, config.ema_halflife_kimg, config.ema_rampup, config.kimg) == (32, 10, None, 25_000)
    assert config.arch == StyleGAN2Options().model_dump()


def test_ada_for_cifar_is_the_papers_tuning(registry):
    config = resolve("stylegan2-ada-cifar", registry, []).config
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.lr, optimizer.betas, optimizer.eps) == (2.5e-3, (0.0, 0.99), 1e-8)
    assert set(config.regularizers) == {"r1"}
    assert config.regularizers["r1"].items() >= {"gamma": 0.01, "interval": 16}.items()
    assert (config.augmentations["ada"]["target"], config.augmentations["ada"]["kimg"]) == (0.6, 500)
    assert (config.batch_size, config.ema_halflife_kimg, config.ema_rampup) == (64, 500, 0.05)
    assert config.conditional
    tuned = {"mapping_depth": 2, "d_architecture": "orig", "mixing": 0.0, "minibatch_group": 32}
    assert config.arch == StyleGAN2Options().model_dump() | tuned
