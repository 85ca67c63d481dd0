"""What can be set of each regularizer, with the values of its paper as defaults. Imports no torch."""

from typing import Literal

from pydantic import Field, FiniteFloat

from ganzoo import Options


class LazyOptions(Options):
    """What every penalty can be spared of."""

    interval: int = Field(1, ge=1, description="updates from one penalty to the next, which is that much stronger")


class GradientPenaltyOptions(LazyOptions):
    """Lambda and the norm of the paper: 10 and 1, two-sided, at every step."""

    weight: FiniteFloat = Field(10.0, ge=0, description="lambda, the weight of the penalty")
    target: FiniteFloat = Field(1.0, ge=0, description="norm that the critic's gradient is drawn to")
    one_sided: bool = Field(False, description="punish norms above the target only")


class ZeroCentredOptions(LazyOptions):
    """Gamma of the paper: 10, at every step. With a ``gamma_end`` it moves there along half a cosine (arXiv:2501.05441)."""

    gamma: FiniteFloat = Field(10.0, ge=0, description="gamma / 2 is the weight of the penalty")
    gamma_end: FiniteFloat | None = Field(None, ge=0, description="gamma at the end; none: it stays")
    anneal_kimg: FiniteFloat = Field(20_000.0, gt=0, description="thousands of real images until gamma_end")


class DraganOptions(LazyOptions):
    """Lambda, k and noise of the authors' experiments."""

    weight: FiniteFloat = Field(10.0, ge=0, description="lambda, the weight of the penalty")
    target: FiniteFloat = Field(1.0, ge=0, description="k, the norm that the gradient is drawn to")
    spread: FiniteFloat = Field(0.5, gt=0, description="size of the noise, in standard deviations of the batch")


class MaxGradientOptions(LazyOptions):
    """Lambda as the largest zoo has it; the paper searches it for each game."""

    weight: FiniteFloat = Field(10.0, ge=0, description="lambda, the weight of the penalty")


class DivergenceOptions(LazyOptions):
    """k and p of the paper: 2 and 6."""

    weight: FiniteFloat = Field(2.0, ge=0, description="k, the weight of the penalty")
    power: FiniteFloat = Field(6.0, gt=1, description="p, the power of the gradient's norm")


class DriftOptions(Options):
    """Epsilon of the paper."""

    weight: FiniteFloat = Field(1e-3, ge=0, description="epsilon_drift, the weight of the penalty")


class WeightClippingOptions(Options):
    """The box of the paper: [-0.01, 0.01]."""

    limit: FiniteFloat = Field(0.01, gt=0, description="largest absolute value of a critic's parameter")


class OrthogonalOptions(LazyOptions):
    """Beta of BigGAN, which regularizes the generator."""

    weight: FiniteFloat = Field(1e-4, ge=0, description="beta, the weight of the penalty")
    player: Literal["generator", "discriminator", "both"] = Field("generator", description="whose weights")


class LecamOptions(Options):
    """Lambda for CIFAR-10 with BigGAN, and the authors' averages."""

    weight: FiniteFloat = Field(0.3, ge=0, description="lambda, the weight of the penalty")
    decay: float = Field(0.99, ge=0, lt=1, description="of the moving averages of the logits")
    first: int = Field(1000, ge=0, description="discriminator steps before the penalty begins")


class ViewOptions(LazyOptions):
    """How another view of an image differs: by CR's mirroring and shifts of up to 4 of 32 pixels."""

    shift: float = Field(0.125, ge=0, lt=1, description="largest shift, as a share of the side")
    flip: bool = Field(True, description="mirror half of the images; wrong for digits and text")


class ConsistencyOptions(ViewOptions):
    """Lambda of CR."""

    weight: FiniteFloat = Field(10.0, ge=0, description="lambda, the weight of the penalty")


class BalancedConsistencyOptions(ViewOptions):
    """Both lambdas of bCR."""

    weight_real: FiniteFloat = Field(10.0, ge=0, description="lambda_real, for real images")
    weight_fake: FiniteFloat = Field(10.0, ge=0, description="lambda_fake, for generated images")


class LatentConsistencyOptions(LazyOptions):
    """Both lambdas and the noise of zCR."""

    weight_g: FiniteFloat = Field(0.5, ge=0, description="lambda_gen: how much G keeps neighbours apart")
    weight_d: FiniteFloat = Field(5.0, ge=0, description="lambda_dis: how much D says the same of them")
    noise: FiniteFloat = Field(0.05, gt=0, description="standard deviation of the step to a neighbour")


class ImprovedConsistencyOptions(BalancedConsistencyOptions, LatentConsistencyOptions):
    """bCR and zCR together, as the largest zoo trains them on CIFAR-10."""

    weight_d: FiniteFloat = Field(20.0, ge=0, description="lambda_dis: how much D says the same of neighbours")


class ModeSeekingOptions(LazyOptions):
    """Lambda of the paper."""

    weight: FiniteFloat = Field(1.0, ge=0, description="lambda, the weight of the loss")


class FeatureMatchingOptions(Options):
    """The paper trains the generator by it alone."""

    weight: FiniteFloat = Field(1.0, ge=0, description="of the squared distance")
    alone: bool = Field(False, description="in place of the generator's loss, as in the paper")


class HistoricalOptions(LazyOptions):
    """The paper names no weight."""

    weight: FiniteFloat = Field(1e-3, ge=0, description="of the squared distance to the mean of past weights")


class TopKOptions(Options):
    """Gamma and nu of the paper."""

    least: float = Field(0.5, gt=0, le=1, description="nu, the smallest share of a batch")
    decay: float = Field(0.99, gt=0, le=1, description="gamma, by which the share shrinks after each epoch")
    epoch_kimg: FiniteFloat = Field(50.0, gt=0, description="thousands of real images in an epoch")


class LabelNoiseOptions(Options):
    """The tip names no probability."""

    p: float = Field(
        0.05, gt=0, lt=0.5, description="share of pairs of a real and a generated image that change places"
    )


class PathLengthOptions(LazyOptions):
    """StyleGAN2's: weight 2 at every fourth update, on half of the batch."""

    interval: int = Field(4, ge=1, description="updates from one penalty to the next, which is that much stronger")
    weight: FiniteFloat = Field(2.0, ge=0, description="of the squared deviation")
    decay: float = Field(0.99, ge=0, lt=1, description="of the moving average of lengths")
    shrink: int = Field(2, ge=1, description="images of a batch for each that is measured")


class LatentOptimisationOptions(Options):
    """Alpha, beta, the share of z and w_r, as the largest zoo trains it on CIFAR-10."""

    alpha: FiniteFloat = Field(0.9, gt=0, description="size of the step")
    beta: FiniteFloat = Field(0.1, gt=0, description="damping")
    share: float = Field(0.8, gt=0, le=1, description="c, the share of z that is moved")
    weight: FiniteFloat = Field(0.1, ge=0, description="w_r, the price of the squared length of a step")


class PackingOptions(Options):
    """PacGAN2."""

    size: int = Field(2, ge=2, le=16, description="m, images that are judged together")


class MinibatchDiscriminationOptions(Options):
    """B and C of the authors' experiments."""

    kernels: int = Field(100, ge=1, le=4096, description="B, statistics of the batch")
    width: int = Field(5, ge=1, le=256, description="C, numbers that each compares")


class MinibatchDeviationOptions(Options):
    """The group of PGGAN."""

    group: int = Field(4, ge=2, description="images among which the deviation is taken")
