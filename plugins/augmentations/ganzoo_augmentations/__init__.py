"""Augmentations for ganzoo: what real and generated images go through before the discriminator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field, FiniteFloat

from ganzoo import Augmentation, Options, TechniqueContext, hookimpl

if TYPE_CHECKING:
    from ganzoo.techniques import Transform
    from ganzoo_augmentations.overfitting import AdaptiveProbability, ScheduledProbability


class FlipOptions(Options):
    """At 0.5 the discriminator cannot tell an image from its mirror image, so the generator is free to draw either."""

    p: float = Field(0.5, ge=0, le=1, description="probability that an image is mirrored")


class NoiseOptions(Options):
    """A little noise that has gone before details matter."""

    deviation: FiniteFloat = Field(0.1, gt=0, description="standard deviation of the noise at the beginning")
    kimg: FiniteFloat = Field(100.0, gt=0, description="thousands of real images until there is none")


class DiffAugmentOptions(Options):
    """All three kinds of change, as for small data."""

    colour: bool = Field(True, description="brightness, saturation and contrast")
    translation: bool = Field(True, description="moved by up to 1/8")
    cutout: bool = Field(True, description="a square of half the side is cut out")


class AdaptiveOptions(Options):
    """Target and pace of ADA; a ``kimg`` of 0 keeps the probability where it begins, an ``end`` moves it along half a cosine."""

    begin: float = Field(0.0, ge=0, le=1, description="probability at the beginning")
    target: float = Field(0.6, gt=-1, lt=1, description="r_t, the mean sign of real logits, that is aimed at")
    kimg: FiniteFloat = Field(
        500.0, ge=0, description="thousands of real images in which p could go from 0 to 1; 0: p stays"
    )
    end: float | None = Field(
        None, ge=0, le=1, description="probability at the end, whatever r_t; none: it follows r_t"
    )
    ramp_kimg: FiniteFloat = Field(20_000.0, gt=0, description="thousands of real images until the end")


class AdaOptions(AdaptiveOptions):
    """The pipeline that the paper trains with: bgc. R3GAN's (arXiv:2501.05441) has a ``colour_rate`` of 0.5, and ``cutout``."""

    blit: bool = Field(True, description="mirrored, turned by quarters, moved by pixels; wrong for digits and text")
    geometry: bool = Field(True, description="scaled, turned, stretched and moved")
    colour: bool = Field(True, description="brightness, contrast, luma flip, hue and saturation")
    colour_rate: float = Field(1.0, ge=0, le=1, description="of p, the probability of each change of colour")
    cutout: bool = Field(False, description="a square of half the side is cut out")


def build_flip(context: TechniqueContext[FlipOptions]) -> Transform:
    from ganzoo_augmentations.flip import Flip  # torch loads here, not at --help

    return Flip(context.options.p)


def build_noise(context: TechniqueContext[NoiseOptions]) -> Transform:
    from ganzoo_augmentations.noise import InstanceNoise

    return InstanceNoise(context.options.deviation, context.options.kimg)


def build_diffaugment(context: TechniqueContext[DiffAugmentOptions]) -> Transform:
    from ganzoo_augmentations.differentiable import DiffAugment

    options = context.options
    return DiffAugment(colour=options.colour, translation=options.translation, cutout=options.cutout)


def build_ada(context: TechniqueContext[AdaOptions]) -> Transform:
    from ganzoo_augmentations.adaptive import AdaptiveAugment

    options = context.options
    return AdaptiveAugment(
        _probability(options),
        blit=options.blit,
        geometry=options.geometry,
        colour_rate=options.colour_rate if options.colour else 0.0,
        cutout=options.cutout,
    )


def build_apa(context: TechniqueContext[AdaptiveOptions]) -> Transform:
    from ganzoo_augmentations.pseudo import PseudoAugment

    return PseudoAugment(_probability(context.options))


def _probability(options: AdaptiveOptions) -> AdaptiveProbability | ScheduledProbability:
    from ganzoo_augmentations.overfitting import AdaptiveProbability, ScheduledProbability

    if options.end is not None:
        return ScheduledProbability(begin=options.begin, end=options.end, kimg=options.ramp_kimg)
    return AdaptiveProbability(begin=options.begin, target=options.target, kimg=options.kimg)


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
    register(
        Augmentation(
            name="diffaugment",
            build=build_diffaugment,
            options=DiffAugmentOptions,
            paper="arXiv:2006.10738",
            summary="Colour, translation and cutout, for small data sets.",
        )
    )
    register(
        Augmentation(
            name="ada",
            build=build_ada,
            options=AdaOptions,
            paper="arXiv:2006.06676",
            summary="Pixel moves, geometry and colour, as often as the discriminator's overfitting asks for.",
        )
    )
    register(
        Augmentation(
            name="apa",
            build=build_apa,
            options=AdaptiveOptions,
            paper="arXiv:2111.06849",
            summary="Passes generated images off as real ones, as often as the discriminator's overfitting asks for.",
        )
    )
    register(
        Augmentation(
            name="instance-noise",
            build=build_noise,
            options=NoiseOptions,
            paper="arXiv:1610.04490",
            summary="Adds noise to all images, less and less of it.",
        )
    )
