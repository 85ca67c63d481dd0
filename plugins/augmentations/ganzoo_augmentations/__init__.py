"""Augmentations for ganzoo: transforms of real and generated images before the discriminator."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Augmentation, Options, TechniqueContext, hookimpl

if TYPE_CHECKING:
    from torch import nn


class FlipOptions(Options):
    """At 0.5 the discriminator cannot tell an image from its mirror image, so the generator is free to draw either."""

    p: float = Field(0.5, ge=0, le=1, description="probability that an image is mirrored")


def build_flip(context: TechniqueContext[FlipOptions]) -> "nn.Module":
    from ganzoo_augmentations.flip import Flip  # torch loads here, not at --help

    return Flip(context.options.p)


@hookimpl
def register_augmentations(register: Callable[[Augmentation], None]) -> None:
    register(
        Augmentation(
            name="flip",
            build=build_flip,
            options=FlipOptions,
            paper="arXiv:2006.06676",
            summary="Mirrors images left to right at random; wrong for digits and text.",
        )
    )
