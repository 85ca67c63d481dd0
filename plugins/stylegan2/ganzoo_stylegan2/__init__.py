"""StyleGAN2 for ganzoo (Karras et al. 2020, arXiv:1912.04958; with adaptive augmentation arXiv:2006.06676)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, both_players, hookimpl
from ganzoo.sizes import ladder
from ganzoo_stylegan2.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

Connections = Literal["orig", "skip", "resnet"]


class StyleGAN2Options(Options):
    """Config F. A map whose shorter side is r has ``channel_base`` / r channels, ``max_width`` at most."""

    w_dim: int = Field(512, ge=1, description="size of the mapped latent and of class embeddings")
    mapping_depth: int = Field(8, ge=1, le=32, description="layers from z to w")
    channel_base: int = Field(32768, ge=1, description="channels times the shorter side of their map")
    max_width: int = Field(512, ge=1, description="most channels anywhere")
    g_architecture: Connections = Field("skip", description="how the generator's resolutions make the image")
    d_architecture: Connections = Field("resnet", description="how the discriminator's resolutions see the image")
    noise: bool = Field(True, description="noise added after each of the generator's 3x3 convolutions")
    mixing: float = Field(0.9, ge=0, le=1, description="share of training images made of the styles of two latents")
    minibatch_group: int = Field(4, ge=2, description="images among which the discriminator sees the deviation")
    d_mapping_depth: int = Field(8, ge=1, le=32, description="layers from the class to what D compares features with")


def build_generator(config: NetworkConfig[StyleGAN2Options]) -> "nn.Module":
    from ganzoo_stylegan2.generator import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[StyleGAN2Options]) -> "nn.Module":
    from ganzoo_stylegan2.discriminator import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[StyleGAN2Options]) -> None:
    """Raise ConfigError unless the image can be halved down to a map whose shorter side is 4."""
    ladder(config.image_shape, "stylegan2")


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="stylegan2",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=StyleGAN2Options,
            conditional=True,
            truncation="w",
            # An equalised learning rate is ten times what other layers take.
            defaults={"z_dim": 512, "z_distribution": "normal"} | both_players({"lr": 2e-3, "betas": (0.0, 0.99)}),
            paper="arXiv:1912.04958",
            summary="A mapped latent scales the generator's convolutions; at every power-of-two resolution from 8.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
