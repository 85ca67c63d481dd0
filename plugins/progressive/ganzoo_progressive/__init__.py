"""Progressive growing for ganzoo (Karras et al. 2018, arXiv:1710.10196)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo_progressive.recipes import ADAM, RECIPES

if TYPE_CHECKING:
    from torch import nn

NAME = "progressive"


class ProgressiveOptions(Options):
    """Widths are the paper's. It grows within the usual budgets; the paper's phases are of 800 kimg, 600 in its comparisons."""

    channel_base: int = Field(16384, ge=1, description="channels times the shorter side of their map")
    max_width: int = Field(512, ge=1, description="most channels anywhere")
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")
    minibatch_group: int = Field(4, ge=2, description="images among which the discriminator sees the deviation")
    phase_kimg: float = Field(30.0, ge=0, description="thousands of real images at each resolution before the next")
    fade_kimg: float = Field(30.0, ge=0, description="thousands of real images over which new layers fade in")


def build_generator(config: NetworkConfig[ProgressiveOptions]) -> "nn.Module":
    from ganzoo_progressive.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[ProgressiveOptions]) -> "nn.Module":
    from ganzoo_progressive.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[ProgressiveOptions]) -> None:
    """Raise ConfigError unless the shorter side is 4 times a power of two, from 8, and the longer one can be halved as often."""
    from ganzoo.sizes import ladder

    ladder(config.image_shape, NAME)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name=NAME,
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=ProgressiveOptions,
            conditional=True,
            # Weights of an equalised learning rate are of size 1, whatever the layer: other rates than these do not carry over.
            defaults={"z_dim": 512, "z_distribution": "normal", **ADAM},
            paper="arXiv:1710.10196",
            summary="Networks that grow from 4x4 pixels to the full resolution while they are trained.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
