"""Numbers of parameters, against those of the reference implementations: none differs.

``brock``: ajbrock/BigGAN-PyTorch, commit 9845943, counted as its train.py does; ``studio``: POSTECH-CVLab/PyTorch-StudioGAN,
commit 947b35e, models/big_resnet.py and big_resnet_deep_legacy.py. The paper has about 70 and 88 million at 128 pixels, and in
BigGAN-deep about 50 and 34.
"""

import pytest
import torch
from small_networks import players

from ganzoo import ImageShape, NetworkConfig
from ganzoo.config import resolve

# Spectral norm has no parameter, and takes its time, on a device without values even more; so does an orthogonal start.
QUICKLY = {"weights_g": "none", "weights_d": "none", "init": "normal"}


def count(registry, name, resolution, classes, z_dim, options):
    architecture = registry.architectures.get(name)
    config = NetworkConfig(
        image_shape=ImageShape(3, resolution, resolution),
        z_dim=z_dim,
        num_classes=classes,
        options=architecture.options(**options),
    )
    architecture.check(config)
    with torch.device("meta"):
        return [sum(p.numel() for p in player.parameters()) for player in players(architecture, config)]


@pytest.mark.parametrize(
    ("recipe", "classes", "of_g", "of_d"),
    [
        # studio, CIFAR10/BigGAN.yaml: z 80, shared 128, g_conv_dim and d_conv_dim 96, attention after G's 2nd and D's 1st block
        ("biggan-cifar", 10, 9_416_196, 2_415_170),
        # brock, launch_cifar_ema.sh: G_ch and D_ch 64, dim_z 128, G_attn and D_attn 0, neither G_shared nor hier
        ("biggan-cifar-authors", 10, 4_304_387, 4_207_361),
        # brock, launch_BigGAN_bs256x8.sh and launch_BigGAN_deep.sh
        ("biggan-128", 1000, 70_433_988, 87_982_370),
        ("biggan-deep-128", 1000, 50_244_484, 34_590_210),
    ],
)
def test_the_full_recipes_players_have_as_many_parameters_as_the_references(registry, recipe, classes, of_g, of_d):
    config = resolve(recipe, registry, []).config
    side = config.resolution.height if config.resolution else 32
    found = count(registry, config.architecture, side, classes, config.z_dim, config.arch | QUICKLY)
    assert found == [of_g, of_d]


@pytest.mark.parametrize(
    ("name", "resolution", "classes", "z_dim", "options", "of_g", "of_d"),
    [
        # studio, CIFAR10/BigGAN-Uncond.yaml
        ("biggan", 32, 0, 80, {"width_g": 96, "width_d": 48, "attention_at": 16}, 8_825_092, 2_413_250),
        # studio, img_size 64 of 200 classes: z 100, shared 128, conv_dim 96, attention at 32 pixels
        ("biggan", 64, 200, 100, {"width_g": 96, "width_d": 96, "attention_at": 32}, 24_591_044, 44_283_170),
        # brock, as for 128 pixels with dim_z 140
        ("biggan", 256, 1000, 140, {"width_g": 96, "width_d": 96}, 82_235_844, 99_225_890),
        # studio, img_size 512: z 160, shared 128, conv_dim 96, attention at 64 pixels
        ("biggan", 512, 1000, 160, {"width_g": 96, "width_d": 96}, 82_468_068, 99_401_282),
        # studio, CIFAR10/BigGAN-Deep.yaml; brock's at 32 pixels, of the same widths, without attention
        ("biggan-deep", 32, 10, 128, {"width_g": 128, "width_d": 128, "attention_at": 16}, 7_762_948, 2_908_930),
        ("biggan-deep", 32, 10, 128, {"width_g": 128, "width_d": 128, "attention_at": 0}, 7_435_267, 2_581_249),
        # brock, as for 128 pixels
        ("biggan-deep", 256, 1000, 128, {"width_g": 128, "width_d": 128}, 55_736_708, 38_247_426),
    ],
)
def test_so_have_they_at_other_sizes(registry, name, resolution, classes, z_dim, options, of_g, of_d):
    assert count(registry, name, resolution, classes, z_dim, options | QUICKLY) == [of_g, of_d]
