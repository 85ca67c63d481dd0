"""What dcgan declares, and which images it declines."""

import pytest

from ganzoo import ConfigError, ImageShape, NetworkConfig, Size
from ganzoo.config import Layer, resolve
from ganzoo_dcgan import DCGANOptions, check


def ask(height, width, **options):
    shape = ImageShape(3, height, width)
    check(NetworkConfig(image_shape=shape, z_dim=4, num_classes=0, options=DCGANOptions(**options)))


@pytest.mark.parametrize("side", [8, 16, 32, 64, 128, 256, 512, 1024])
def test_every_power_of_two_from_8_is_accepted(side):
    ask(side, side)


@pytest.mark.parametrize(("height", "width"), [(8, 16), (32, 16), (16, 24), (64, 80), (128, 1024)])
def test_a_longer_side_that_can_be_halved_as_often_is_accepted(height, width):
    ask(height, width)


@pytest.mark.parametrize(
    ("height", "width", "nearest"),
    [
        (4, 4, 8),
        (1, 1, 8),
        (9, 9, 8),
        (13, 13, 16),
        (28, 28, 32),
        (33, 33, 32),
        (100, 100, 128),
        (16, 30, "16x28"),
        (36, 32, 32),
        (28, 64, "32x72"),
    ],
)
def test_another_shape_is_declined_with_the_nearest_that_works(height, width, nearest):
    with pytest.raises(ConfigError) as caught:
        ask(height, width)
    assert str(caught.value) == (
        f"dcgan cannot make images of {height}x{width}: expected a shorter side of 8, 16, 32 ..., and a longer one "
        f"that can be halved as often.\nThe nearest is '--resolution {nearest}'."
    )
    ask(*Size.of(nearest))


def test_quick_is_a_game_of_small_batches_under_a_lazy_r1(registry):
    config = resolve("quick", registry, []).config
    assert (config.architecture, config.loss, config.n_critic, config.batch_size) == ("dcgan", "ns", 1, 32)
    assert config.regularizers.keys() == {"r1"}
    assert (config.regularizers["r1"]["gamma"], config.regularizers["r1"]["interval"]) == (1.0, 4)
    assert config.arch["norm_d"] == "none"  # batch norm would mix the samples that R1 takes one by one
    assert config.precision == "auto"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("width_g", 0),
        ("width_d", 0),
        ("max_width", 0),
        ("embedding_dim", 0),
        ("norm_g", "group"),
        ("dropout_d", 1.0),
        ("init", "xavier"),
        ("conditioning", "projection"),
    ],
)
def test_options_out_of_range_are_refused_by_name(registry, option, value):
    with pytest.raises(ConfigError, match=rf"^arch\.{option}: "):
        resolve("dcgan-ns", registry, [Layer("test", {f"arch.{option}": value})])


@pytest.mark.parametrize(
    ("loss", "norm"), [("ns", "batch"), ("wgan", "batch"), ("wgangp", "none"), ("hinge", "spectral")]
)
def test_the_discriminators_norm_is_the_papers_of_the_loss(registry, loss, norm):
    arch = resolve(f"dcgan-{loss}", registry, []).config.arch
    assert (arch["norm_g"], arch["norm_d"]) == ("batch", norm)
