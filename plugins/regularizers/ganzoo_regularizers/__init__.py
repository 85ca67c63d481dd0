"""Regularizers for ganzoo: gradient penalty, R1, R2 and weight clipping."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field, FiniteFloat

from ganzoo import Options, Regularizer, TechniqueContext, hookimpl

if TYPE_CHECKING:
    from ganzoo.techniques import Technique


class GradientPenaltyOptions(Options):
    """Lambda and the norm of the paper: 10 and 1, two-sided, at every step."""

    weight: FiniteFloat = Field(10.0, ge=0, description="lambda, the weight of the penalty")
    target: FiniteFloat = Field(1.0, ge=0, description="norm that the critic's gradient is drawn to")
    one_sided: bool = Field(False, description="punish norms above the target only")
    interval: int = Field(1, ge=1, description="critic steps from one penalty to the next")


class ZeroCentredOptions(Options):
    """Gamma of the paper: 10, at every step."""

    gamma: FiniteFloat = Field(10.0, ge=0, description="gamma / 2 is the weight of the penalty")
    interval: int = Field(1, ge=1, description="discriminator steps from one penalty to the next")


class WeightClippingOptions(Options):
    """The box of the paper: [-0.01, 0.01]."""

    limit: FiniteFloat = Field(0.01, gt=0, description="largest absolute value of a critic's parameter")


def build_gradient_penalty(context: TechniqueContext[GradientPenaltyOptions]) -> "Technique":
    from ganzoo_regularizers.gradient_penalty import GradientPenalty  # torch loads here, not at --help

    return GradientPenalty(context)


def build_r1(context: TechniqueContext[ZeroCentredOptions]) -> "Technique":
    from ganzoo_regularizers.zero_centred import R1

    return R1(context)


def build_r2(context: TechniqueContext[ZeroCentredOptions]) -> "Technique":
    from ganzoo_regularizers.zero_centred import R2

    return R2(context)


def build_weight_clipping(context: TechniqueContext[WeightClippingOptions]) -> "Technique":
    from ganzoo_regularizers.weight_clipping import WeightClipping

    return WeightClipping(context.options.limit)


@hookimpl
def register_regularizers(register: Callable[[Regularizer], None]) -> None:
    register(
        Regularizer(
            name="gradient-penalty",
            build=build_gradient_penalty,
            options=GradientPenaltyOptions,
            paper="arXiv:1704.00028",
            summary="Draws the norm of the critic's gradient to 1 between real and generated images.",
        )
    )
    register(
        Regularizer(
            name="r1",
            build=build_r1,
            options=ZeroCentredOptions,
            paper="arXiv:1801.04406",
            summary="Draws the discriminator's gradient at real images to 0.",
        )
    )
    register(
        Regularizer(
            name="r2",
            build=build_r2,
            options=ZeroCentredOptions,
            paper="arXiv:1801.04406",
            summary="Draws the discriminator's gradient at generated images to 0.",
        )
    )
    register(
        Regularizer(
            name="weight-clipping",
            build=build_weight_clipping,
            options=WeightClippingOptions,
            paper="arXiv:1701.07875",
            summary="Clips the critic's parameters to a box after each of its steps.",
        )
    )
