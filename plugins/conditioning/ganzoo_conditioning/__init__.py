"""Ways to tell a discriminator of classes, for ganzoo: each in place of the architecture's own, on any discriminator."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganzoo import Options, Regularizer, TechniqueContext, hookimpl
from ganzoo_conditioning import options

if TYPE_CHECKING:
    from ganzoo import DiscriminatorBuild
    from ganzoo.techniques import Technique


def technique(module: str, name: str) -> Callable[[TechniqueContext[Any]], Technique]:
    """What builds the technique ``name`` of a module of this package, which is loaded, torch and all, only then."""

    def build(context: TechniqueContext[Any]) -> Technique:
        built: Technique = getattr(import_module(f"ganzoo_conditioning.{module}"), name)(context)
        return built

    return build


def wrap_projection(given: Options, build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    from ganzoo_conditioning.projection import projected

    return projected(build, num_classes)


def wrap_concat(given: options.ConcatOptions, build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    from ganzoo_conditioning.planes import with_planes

    return with_planes(given, build, num_classes)


REGULARIZERS = (
    # At the discriminator's input or output
    Regularizer(
        name="projection",
        wrap=wrap_projection,
        conditions=True,
        paper="arXiv:1802.05637",
        summary="Adds to the logit how well the features go with the class's vector.",
    ),
    Regularizer(
        name="concat",
        wrap=wrap_concat,
        conditions=True,
        options=options.ConcatOptions,
        paper="arXiv:1411.1784",
        summary="Shows the discriminator the class as planes beside the image.",
    ),
    # By a classifier on its features
    Regularizer(
        name="ac",
        build=technique("classifiers", "AuxiliaryClassifier"),
        conditions=True,
        options=options.AuxiliaryOptions,
        paper="arXiv:1610.09585",
        summary="ACGAN: a classifier beside the discriminator, which both players want to be right.",
    ),
    Regularizer(
        name="tac",
        build=technique("classifiers", "TwinClassifiers"),
        conditions=True,
        options=options.WeightOptions,
        paper="arXiv:1907.02690",
        summary="TAC-GAN: a second classifier, of generated images, keeps the first from making classes narrow.",
    ),
    Regularizer(
        name="adc",
        build=technique("classifiers", "DiscriminativeClassifier"),
        conditions=True,
        options=options.WeightOptions,
        paper="arXiv:2107.10060",
        summary="ADC-GAN: a classifier that tells each class's real images from its generated ones.",
    ),
    Regularizer(
        name="multi-hinge",
        build=technique("multi_hinge", "MultiHinge"),
        conditions=True,
        options=options.MultiHingeOptions,
        paper="arXiv:1912.04216",
        summary="One hinge loss of K + 1 classes, generated images being the last, in place of the game's loss.",
    ),
    # By comparing images
    Regularizer(
        name="2c",
        build=technique("contrastive", "Contrastive"),
        conditions=True,
        options=options.ContrastiveOptions,
        paper="arXiv:2006.12681",
        summary="ContraGAN: images of a class are drawn together, and to the class's vector.",
    ),
    Regularizer(
        name="d2d-ce",
        build=technique("contrastive", "DataToData"),
        conditions=True,
        options=options.DataToDataOptions,
        paper="arXiv:2111.01118",
        summary="ReACGAN: images are drawn to their class's vector and off other classes' images, up to margins.",
    ),
    # Without classes of the data
    Regularizer(
        name="infogan",
        build=technique("info", "InfoGAN"),
        conditions=True,
        codes=lambda given: int(given.categories),
        options=options.InfoOptions,
        paper="arXiv:1606.03657",
        summary="InfoGAN: codes that can be read off the images; best with uniform latents.",
    ),
)


@hookimpl
def register_regularizers(register: Callable[[Regularizer], None]) -> None:
    for regularizer in REGULARIZERS:
        register(regularizer)
