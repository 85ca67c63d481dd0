"""Regularizers for ganzoo: what is added around a game, as penalties, as constraints, or as another discriminator."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganzoo import Options, Regularizer, TechniqueContext, hookimpl
from ganzoo_regularizers import options

if TYPE_CHECKING:
    from torch import nn

    from ganzoo import DiscriminatorBuild, ImageShape
    from ganzoo.techniques import Technique


def of_networks(module: str, name: str) -> Callable[[TechniqueContext[Any]], Technique]:
    """What builds the technique ``name`` of a module of this package, which is loaded, torch and all, only then."""

    def build(context: TechniqueContext[Any]) -> Technique:
        built: Technique = getattr(import_module(f"ganzoo_regularizers.{module}"), name)(context)
        return built

    return build


def of_options(module: str, name: str) -> Callable[[TechniqueContext[Any]], Technique]:
    """The same for a technique that does not look at the networks beforehand."""

    def build(context: TechniqueContext[Any]) -> Technique:
        built: Technique = getattr(import_module(f"ganzoo_regularizers.{module}"), name)(context.options)
        return built

    return build


def wrap_packing(given: options.PackingOptions, build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    from ganzoo_regularizers.packing import packed

    return packed(build, given.size, num_classes)


def wrap_spectral(given: Options, build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    from ganzoo_regularizers.spectral import normalised

    return lambda shape: normalised(build(shape))


def wrap_discrimination(
    given: options.MinibatchDiscriminationOptions, build: DiscriminatorBuild, num_classes: int
) -> DiscriminatorBuild:
    from ganzoo.nn import width_of_features
    from ganzoo_regularizers.minibatch import MinibatchDiscrimination

    def build_wrapped(shape: ImageShape) -> nn.Module:
        inner = build(shape)
        features = width_of_features(inner, shape, num_classes, "minibatch-discrimination")
        return MinibatchDiscrimination(inner, features, kernels=given.kernels, width=given.width)

    return build_wrapped


def wrap_deviation(
    given: options.MinibatchDeviationOptions, build: DiscriminatorBuild, num_classes: int
) -> DiscriminatorBuild:
    from ganzoo.nn import width_of_features
    from ganzoo_regularizers.minibatch import MinibatchDeviation

    def build_wrapped(shape: ImageShape) -> nn.Module:
        inner = build(shape)
        width_of_features(inner, shape, num_classes, "minibatch-deviation")
        return MinibatchDeviation(inner, group=given.group)

    return build_wrapped


REGULARIZERS = (
    # The critic's slope
    Regularizer(
        name="gradient-penalty",
        build=of_networks("gradient_penalty", "GradientPenalty"),
        options=options.GradientPenaltyOptions,
        paper="arXiv:1704.00028",
        summary="Draws the norm of the critic's gradient to 1 between real and generated images.",
    ),
    Regularizer(
        name="dragan",
        build=of_networks("dragan", "Dragan"),
        options=options.DraganOptions,
        paper="arXiv:1705.07215",
        summary="Draws the norm of the discriminator's gradient to 1 around real images.",
    ),
    Regularizer(
        name="r1",
        build=of_networks("zero_centred", "R1"),
        options=options.ZeroCentredOptions,
        paper="arXiv:1801.04406",
        summary="Draws the discriminator's gradient at real images to 0.",
    ),
    Regularizer(
        name="r2",
        build=of_networks("zero_centred", "R2"),
        options=options.ZeroCentredOptions,
        paper="arXiv:1801.04406",
        summary="Draws the discriminator's gradient at generated images to 0.",
    ),
    Regularizer(
        name="max-gradient-penalty",
        build=of_networks("max_gradient", "MaxGradientPenalty"),
        options=options.MaxGradientOptions,
        paper="arXiv:1902.05687",
        summary="Lowers the largest gradient of a batch, between real and generated images.",
    ),
    Regularizer(
        name="wasserstein-divergence",
        build=of_networks("wasserstein_divergence", "WassersteinDivergence"),
        options=options.DivergenceOptions,
        paper="arXiv:1712.01026",
        summary="WGAN-div: a price on the sixth power of the critic's gradient, and no constraint.",
    ),
    Regularizer(
        name="weight-clipping",
        build=of_options("weight_clipping", "WeightClipping"),
        options=options.WeightClippingOptions,
        paper="arXiv:1701.07875",
        summary="Clips the critic's parameters to a box after each of its steps.",
    ),
    Regularizer(
        name="spectral-norm",
        wrap=wrap_spectral,
        paper="arXiv:1802.05957",
        summary="Divides each weight of the discriminator by its largest singular value.",
    ),
    # What the discriminator says
    Regularizer(
        name="drift",
        build=of_options("drift", "Drift"),
        options=options.DriftOptions,
        paper="arXiv:1710.10196",
        summary="Keeps the critic's outputs for real images from wandering off.",
    ),
    Regularizer(
        name="lecam",
        build=of_options("lecam", "Lecam"),
        options=options.LecamOptions,
        paper="arXiv:2104.03310",
        summary="Holds logits at the other side's average of the past, for small data sets.",
    ),
    Regularizer(
        name="consistency",
        build=of_options("consistency", "Consistency"),
        options=options.ConsistencyOptions,
        paper="arXiv:1910.12027",
        summary="CR: the discriminator says the same of a real image and of another view of it.",
    ),
    Regularizer(
        name="balanced-consistency",
        build=of_options("consistency", "BalancedConsistency"),
        options=options.BalancedConsistencyOptions,
        paper="arXiv:2002.04724",
        summary="bCR: consistency on real and on generated images.",
    ),
    Regularizer(
        name="latent-consistency",
        build=of_options("consistency", "LatentConsistency"),
        options=options.LatentConsistencyOptions,
        paper="arXiv:2002.04724",
        summary="zCR: the discriminator says the same of neighbouring latents' images, the generator keeps them apart.",
    ),
    Regularizer(
        name="improved-consistency",
        build=of_options("consistency", "ImprovedConsistency"),
        options=options.ImprovedConsistencyOptions,
        paper="arXiv:2002.04724",
        summary="ICR: balanced and latent consistency together.",
    ),
    Regularizer(
        name="label-noise",
        build=of_options("label_noise", "LabelNoise"),
        options=options.LabelNoiseOptions,
        paper="https://github.com/soumith/ganhacks",
        summary="Now and then tells the discriminator the opposite.",
    ),
    # What it sees of a batch
    Regularizer(
        name="minibatch-discrimination",
        wrap=wrap_discrimination,
        options=options.MinibatchDiscriminationOptions,
        paper="arXiv:1606.03498",
        summary="Shows the discriminator how close an image is to the others of its batch.",
    ),
    Regularizer(
        name="minibatch-deviation",
        wrap=wrap_deviation,
        options=options.MinibatchDeviationOptions,
        paper="arXiv:1710.10196",
        summary="Shows the discriminator the standard deviation of a group's features.",
    ),
    Regularizer(
        name="packing",
        wrap=wrap_packing,
        options=options.PackingOptions,
        paper="arXiv:1712.04086",
        summary="PacGAN: the discriminator judges several images at once.",
    ),
    # The generator
    Regularizer(
        name="feature-matching",
        build=of_networks("feature_matching", "FeatureMatching"),
        options=options.FeatureMatchingOptions,
        paper="arXiv:1606.03498",
        summary="Draws the mean features of generated images to those of real ones.",
    ),
    Regularizer(
        name="mode-seeking",
        build=of_options("mode_seeking", "ModeSeeking"),
        options=options.ModeSeekingOptions,
        paper="arXiv:1903.05628",
        summary="Latents that lie apart are to give images that do.",
    ),
    Regularizer(
        name="top-k",
        build=of_options("top_k", "TopK"),
        options=options.TopKOptions,
        paper="arXiv:2002.06224",
        summary="Lets the generator learn from its better images only, fewer and fewer of a batch.",
    ),
    Regularizer(
        name="latent-optimisation",
        build=of_networks("latent_optimisation", "LatentOptimisation"),
        options=options.LatentOptimisationOptions,
        paper="arXiv:1912.00953",
        summary="LOGAN: moves latents along the discriminator's gradient, and both players learn through the move.",
    ),
    Regularizer(
        name="path-length",
        build=of_networks("path_length", "PathLength"),
        options=options.PathLengthOptions,
        paper="arXiv:1912.04958",
        summary="A step in latent space is to be a step of one size in images.",
    ),
    # Weights of either
    Regularizer(
        name="orthogonal",
        build=of_options("orthogonal", "Orthogonal"),
        options=options.OrthogonalOptions,
        paper="arXiv:1809.11096",
        summary="Draws the rows of weights apart, as BigGAN does its generator's.",
    ),
    Regularizer(
        name="historical-averaging",
        build=of_networks("historical", "HistoricalAveraging"),
        options=options.HistoricalOptions,
        paper="arXiv:1606.03498",
        summary="Holds each player's weights near the mean of their past.",
    ),
)


@hookimpl
def register_regularizers(register: Callable[[Regularizer], None]) -> None:
    for regularizer in REGULARIZERS:
        register(regularizer)
