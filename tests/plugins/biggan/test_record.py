"""What biggan declares, which images and options it declines, and what its recipes are."""

import math

import pytest

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.config import Layer, resolve
from ganzoo_biggan import BigGANDeepOptions, BigGANOptions, check_biggan, check_deep
from ganzoo_biggan.recipes import RECIPES

CHECKS = {"biggan": (check_biggan, BigGANOptions), "biggan-deep": (check_deep, BigGANDeepOptions)}
both = pytest.mark.parametrize("family", sorted(CHECKS))


def ask(family, height, width, z_dim=120, **options):
    check, kind = CHECKS[family]
    check(NetworkConfig(image_shape=ImageShape(3, height, width), z_dim=z_dim, num_classes=0, options=kind(**options)))


@both
@pytest.mark.parametrize("shape", [(8, 8), (32, 32), (512, 512), (32, 16), (8, 12)])
def test_every_power_of_two_from_8_and_longer_images_are_accepted(family, shape):
    ask(family, *shape)


@both
@pytest.mark.parametrize("shape", [(4, 4), (28, 28), (100, 100), (16, 34)])
def test_another_shape_is_declined_by_name(family, shape):
    with pytest.raises(ConfigError, match=rf"^{family} cannot make images of {shape[0]}x{shape[1]}: "):
        ask(family, *shape)


def test_each_place_needs_a_part_of_z():
    ask("biggan", 32, 32, z_dim=4)
    with pytest.raises(
        ConfigError, match=r"^biggan divides z into 4 parts at this resolution, and z_dim is 3: expected at"
    ) as e:
        ask("biggan", 32, 32, z_dim=3)
    assert "arch.hierarchical=false" in str(e.value)
    ask("biggan", 32, 32, z_dim=3, hierarchical=False)
    ask("biggan-deep", 32, 32, z_dim=1)


@pytest.mark.parametrize(
    ("family", "narrow", "message"),
    [
        ("biggan", {"width_g": 3}, "biggan has 6 channels at 64 pixels.*arch.width_g=4'"),
        ("biggan", {"width_d": 7}, "biggan has 7 channels at 64 pixels.*arch.width_d=8'"),
        ("biggan-deep", {"width_g": 3}, "biggan-deep has 6 channels at 64 pixels.*arch.width_g=4'"),
        ("biggan-deep", {"width_d": 3}, "biggan-deep has 6 channels at 64 pixels.*arch.width_d=4'"),
    ],
)
def test_attention_needs_channels_to_look_at(family, narrow, message):
    with pytest.raises(ConfigError, match=rf"(?s)^{message}"):
        ask(family, 128, 128, **narrow)
    ask(family, 128, 128, **narrow, attention_at=0)
    ask(family, 32, 32, **narrow)  # at 16 pixels there are four times as many channels
    key, width = message.rpartition(".")[2].rstrip("'").split("=")
    ask(family, 128, 128, **{key: int(width)})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("width_g", 0),
        ("width_d", 0),
        ("shared_dim", -1),
        ("attention_at", -1),
        ("weights_d", "batch"),
        ("init", "zero"),
    ],
)
def test_options_out_of_range_are_refused_by_name(registry, option, value):
    with pytest.raises(ConfigError, match=rf"^arch\.{option}: "):
        resolve("biggan-hinge", registry, [Layer("test", {f"arch.{option}": value})])


@both
def test_attention_that_both_players_have_no_map_for_is_refused(family):
    with pytest.raises(ConfigError, match=rf"(?s)^{family} has no maps of at most 7 pixels.*at least 8 here"):
        ask(family, 32, 32, attention_at=7)
    for side in (0, 8, 10, 64):
        ask(family, 32, 32, attention_at=side)


@both
def test_latents_can_be_drawn_to_0(registry, family):
    record = registry.architectures.get(family)
    assert record.truncation == "z"
    assert resolve(f"{family}-ns", registry, []).config.z_distribution == "normal"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_resolves_as_a_conditional_hinge_game_that_its_shape_allows(registry, recipe):
    config = resolve(recipe.name, registry, []).config
    assert config.loss == "hinge"
    assert config.conditional
    ask(config.architecture, *(config.resolution or (32, 32)), z_dim=config.z_dim, **config.arch)


@pytest.mark.parametrize(
    ("recipe", "batch", "n_critic", "steps"),
    [
        ("biggan-cifar", 64, 5, 100_000),
        ("biggan-cifar-authors", 50, 4, 125_000),
        ("biggan-128", 2048, 2, 150_000),
        ("reacgan", 128, 5, 100_000),
    ],
)
def test_the_average_has_the_references_decay_and_the_budget_its_steps(registry, recipe, batch, n_critic, steps):
    config = resolve(recipe, registry, []).config
    assert (config.batch_size, config.n_critic) == (batch, n_critic)
    kimg_a_step = batch * n_critic / 1000
    assert config.kimg == pytest.approx(steps * kimg_a_step)
    assert math.exp(math.log(0.5) * kimg_a_step / config.ema_halflife_kimg) == pytest.approx(0.9999, abs=1e-7)


@pytest.mark.parametrize(
    ("recipe", "regularizer"),
    [
        ("biggan-128", "orthogonal"),
        ("biggan-deep-128", "orthogonal"),
        ("biggan-cr", "consistency"),
        ("biggan-icr", "improved-consistency"),
        ("contragan", "2c"),
        ("reacgan", "d2d-ce"),
        ("biggan-cr-small", "consistency"),
        ("contragan-small", "2c"),
        ("reacgan-small", "d2d-ce"),
    ],
)
def test_what_a_recipe_adds_to_biggan_is_named(registry, recipe, regularizer):
    assert list(resolve(recipe, registry, []).config.regularizers) == [regularizer]
