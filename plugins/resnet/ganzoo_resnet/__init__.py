"""The residual networks of WGAN-GP, SNGAN and projection discriminators for ganzoo."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import Init, Norm, check_conditioning
from ganzoo.sizes import longest_ladder
from ganzoo_resnet.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

    from ganzoo import ImageShape


class ResNetOptions(Options):
    """Widths are channels at the image's own size (G) and of the first block (D).

    ``doubling``: twice as many with each halving, up to ``max_width``, as SNGAN has it for STL-10 and ImageNet; ``constant``: as
    many everywhere, as WGAN-GP and SNGAN have it for CIFAR-10.
    """

    width_g: int = Field(64, ge=1, description="channels of the generator's last block")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first block")
    widths: Literal["doubling", "constant"] = Field("doubling", description="how channels change away from the image")
    max_width: int = Field(1024, ge=1, description="most channels anywhere")
    norm_g: Norm = Field("batch", description="normalisation in the generator")
    norm_d: Norm = Field("spectral", description="normalisation in the discriminator")
    pool: Literal["sum", "mean"] = Field("sum", description="features over the places: sum (SNGAN) or mean (WGAN-GP)")
    last_map: int | None = Field(
        None, ge=2, description="D halves maps down to so many places; none: 8 for images up to 32 pixels, else 4"
    )
    plain_blocks: int | None = Field(
        None, ge=0, le=32, description="D's blocks after that; none: 2 for images up to 32 pixels, else 1"
    )
    conditioning: Literal["cbn", "concat"] = Field(
        "cbn",
        description="how a class enters the generator: by its norms, of which norm_g must be batch, or by an embedding beside z",
    )
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")
    init: Init = Field("glorot", description="initial weights")


def build_generator(config: NetworkConfig[ResNetOptions]) -> "nn.Module":
    from ganzoo_resnet.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[ResNetOptions]) -> "nn.Module":
    from ganzoo_resnet.networks import Discriminator

    return Discriminator(config)


def blocks_of_d(image_shape: "ImageShape", options: ResNetOptions) -> tuple[int, int]:
    """How many of the discriminator's blocks halve, and how many follow that do not.

    The defaults are those of SNGAN's tables: 32 pixels end at 8 places, 48 at 3, 128 at 4.
    """
    height, width = image_shape.height, image_shape.width
    small = min(height, width) <= 32
    last = options.last_map or (8 if small else 4)
    plain = options.plain_blocks if options.plain_blocks is not None else (2 if small else 1)
    count = 0
    while height % 2 == 0 and width % 2 == 0 and (min(height, width) > last or count == 0):
        height, width, count = height // 2, width // 2, count + 1
    return count, plain


def check(config: NetworkConfig[ResNetOptions]) -> None:
    """Raise ConfigError for an image that does not come from 4 ... 7 places by doubling, and for norms that know no classes."""
    longest_ladder(config.image_shape, "resnet")
    check_conditioning(config.options.conditioning, config.options.norm_g, config.num_classes)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="resnet",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=ResNetOptions,
            conditional=True,
            paper="arXiv:1802.05957",
            summary="Residual blocks from WGAN-GP's to SNGAN's, with projection of classes; sizes from 8 of any format.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
