"""BigGAN and BigGAN-deep for ganzoo (Brock, Donahue & Simonyan 2019, arXiv:1809.11096)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Architecture, ConfigError, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import LEAST_FOR_ATTENTION, Init, Weights, check_attention
from ganzoo.sizes import Ladder, ladder
from ganzoo_biggan.recipes import RECIPES
from ganzoo_biggan.widths import multiples, sides_down, sides_up, where_attention_is

if TYPE_CHECKING:
    from torch import nn


class SharedOptions(Options):
    """Widths are ch of the paper: next to the image, from 64 pixels on; below that maps have four times as many channels."""

    width_g: int = Field(64, ge=1, description="ch of the generator, in channels")
    width_d: int = Field(64, ge=1, description="ch of the discriminator, in channels")
    shared_dim: int = Field(
        128, ge=0, description="size of the class embedding that all norms share; 0: each has its own"
    )
    attention_at: int = Field(
        64,
        ge=0,
        description="attention in both players, at the largest maps below the image's size of at most so many pixels; 0: none",
    )
    weights_g: Weights = Field("spectral", description="what the generator's weights are under, beside batch norm")
    weights_d: Weights = Field("spectral", description="what the discriminator's weights are under")
    init: Init = Field("orthogonal", description="how weights begin")


class BigGANOptions(SharedOptions):
    """One block a resolution."""

    hierarchical: bool = Field(True, description="each block of the generator gets a part of z of its own")


class BigGANDeepOptions(SharedOptions):
    """Several blocks a resolution, each with a bottleneck."""

    depth: int = Field(2, ge=1, le=32, description="blocks at each resolution")


def build_generator(config: NetworkConfig[BigGANOptions]) -> "nn.Module":
    from ganzoo_biggan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[BigGANOptions]) -> "nn.Module":
    from ganzoo_biggan.networks import Discriminator

    return Discriminator(config)


def build_deep_generator(config: NetworkConfig[BigGANDeepOptions]) -> "nn.Module":
    from ganzoo_biggan.deep import Generator

    return Generator(config)


def build_deep_discriminator(config: NetworkConfig[BigGANDeepOptions]) -> "nn.Module":
    from ganzoo_biggan.deep import Discriminator

    return Discriminator(config)


def check_biggan(config: NetworkConfig[BigGANOptions]) -> None:
    """Raise ConfigError for a shape, or a z, that cannot be divided, and for attention where there are too few channels."""
    rungs = ladder(config.image_shape, "biggan")
    _check_attention("biggan", config.options, rungs)
    parts = rungs.doublings + 1
    if config.options.hierarchical and config.z_dim < parts:
        raise ConfigError(
            f"biggan divides z into {parts} parts at this resolution, and z_dim is {config.z_dim}: expected at least {parts}.\n"
            "Or leave z whole: '--set arch.hierarchical=false'."
        )


def check_deep(config: NetworkConfig[BigGANDeepOptions]) -> None:
    """Raise ConfigError for a shape that cannot be divided, and for attention where there are too few channels."""
    _check_attention("biggan-deep", config.options, ladder(config.image_shape, "biggan-deep"))


def _check_attention(name: str, options: SharedOptions, rungs: Ladder) -> None:
    side = where_attention_is(name, options.attention_at, rungs)
    up, down = multiples(rungs.doublings), multiples(rungs.doublings)[::-1]
    if name == "biggan-deep":  # its first convolution leaves the size as it is
        down = down[1:]
    for player, ch, sides, widths in (
        ("g", options.width_g, sides_up(rungs), up),
        ("d", options.width_d, sides_down(rungs), down),
    ):
        if side is not None:
            multiple = widths[sides.index(side)]
            check_attention(name, side, ch * multiple, f"arch.width_{player}={-(-LEAST_FOR_ATTENTION // multiple)}")


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="biggan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check_biggan,
            options=BigGANOptions,
            conditional=True,
            truncation="z",
            # 20 latents for each of six places, as at 128 pixels.
            defaults={"z_dim": 120, "z_distribution": "normal"},
            paper="arXiv:1809.11096",
            summary="Wide residual networks; class and parts of z steer every norm of the generator.",
        )
    )
    register(
        Architecture(
            name="biggan-deep",
            generator=build_deep_generator,
            discriminator=build_deep_discriminator,
            check=check_deep,
            options=BigGANDeepOptions,
            conditional=True,
            truncation="z",
            defaults={"z_dim": 128, "z_distribution": "normal"},
            paper="arXiv:1809.11096",
            summary="BigGAN of more blocks, with bottlenecks and skips that leave what they can as it is.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
