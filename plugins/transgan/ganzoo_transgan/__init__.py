"""TransGAN for ganzoo (Jiang, Chang & Wang 2021, arXiv:2102.07074): two transformers play."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ganzoo import Architecture, ConfigError, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.sizes import Ladder, ladder
from ganzoo_transgan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

Depths = Annotated[tuple[Annotated[int, Field(ge=1, le=32)], ...], Field(min_length=1, max_length=8)]
TokenNorm = Literal["layer", "pixel"]


class TransGANOptions(Options):
    """The generator's tokens are four times as wide at each halving of the resolution, as long as ``max_width`` allows.

    The defaults are those for CIFAR-10; beyond 64 pixels the paper has a ``width_g`` of 16, a ``depth_g`` of 5, 4, 4 ..., a
    ``patch`` of 4 and three ``scales``.
    """

    width_g: int = Field(64, ge=1, description="width of the generator's tokens at the image's resolution")
    max_width: int = Field(1024, ge=1, description="most width of a token in the generator")
    depth_g: Depths = Field((5, 4, 2), description="blocks at each resolution, from the smallest; the last goes on")
    base: int = Field(8, ge=2, description="side of the smallest map of tokens, or half the image's if that is less")
    width_d: int = Field(384, ge=4, description="width of the discriminator's tokens at its last scale")
    depth_d: int = Field(3, ge=1, le=32, description="blocks at each of the discriminator's scales")
    patch: int = Field(2, ge=1, le=64, description="side in pixels of the patches that its first tokens are made of")
    scales: int = Field(2, ge=2, le=8, description="sizes of patches, each of twice the side")
    heads: int = Field(4, ge=1, le=64, description="attention heads; fewer where they do not divide the width")
    norm_g: TokenNorm = Field("layer", description="normalisation of the generator's tokens")
    norm_d: TokenNorm = Field("layer", description="normalisation of the discriminator's tokens")
    max_places: int = Field(32, ge=1, description="largest side of a map whose places all attend to each other")
    grid: int = Field(16, ge=1, description="largest side of the grid cells within which those of larger maps do")
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")

    def widths(self, doublings: int) -> list[int]:
        """The generator's width at each resolution, from the smallest: four times as wide, or as wide, as the next."""
        widths = [self.width_g]
        for _ in range(doublings):
            widths.append(widths[-1] * 4 if widths[-1] * 4 <= self.max_width else widths[-1])
        return widths[::-1]


def rungs(config: NetworkConfig[TransGANOptions]) -> Ladder:
    """From the generator's smallest map to the image. Raises ConfigError for a size that it cannot do."""
    _, height, width = config.image_shape
    base = min(config.options.base, min(height, width) // 2)
    return ladder(config.image_shape, "transgan", smallest=max(base, 4))


def build_generator(config: NetworkConfig[TransGANOptions]) -> nn.Module:
    from ganzoo_transgan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[TransGANOptions]) -> nn.Module:
    from ganzoo_transgan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[TransGANOptions]) -> None:
    """Raise ConfigError for a size that the generator cannot double up to, or that patches do not divide."""
    rungs(config)
    _, height, width = config.image_shape
    largest = config.options.patch << (config.options.scales - 1)
    if height % largest or width % largest:
        raise ConfigError(
            f"transgan's discriminator cannot divide images of {height}x{width} into patches of {largest}x{largest}, the "
            f"largest of its {config.options.scales} sizes.\nExpected sides that it divides, or '--set arch.patch=1'."
        )


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="transgan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=TransGANOptions,
            conditional=True,
            defaults={"z_dim": 256},
            paper="arXiv:2102.07074",
            summary="Transformers without convolutions, attending within grid cells at high resolutions; from 8 pixels on.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
