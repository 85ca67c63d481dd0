"""Building blocks that architectures share."""

from ganzoo.layers import Init, Norm
from ganzoo.nn.attention import SelfAttention2d
from ganzoo.nn.classes import ClassBesideLatent, Projection, given, one_hot, one_hot_beside
from ganzoo.nn.conditional import ConditionalBatchNorm2d
from ganzoo.nn.equalised import EqualisedConv2d, EqualisedLinear, PixelNorm
from ganzoo.nn.features import look_at_zeros, norm_of_weights, width_of_features
from ganzoo.nn.growing import Growing, coarse
from ganzoo.nn.heads import ProjectionHead
from ganzoo.nn.initialise import initialise
from ganzoo.nn.judges import equalised_features, equalised_from_image
from ganzoo.nn.minibatch import MinibatchCloseness, MinibatchDeviation2d, mean_deviation
from ganzoo.nn.modulated import ModulatedConv2d
from ganzoo.nn.noise import NoiseInjection
from ganzoo.nn.norms import conv_norm, forbids_penalties, mixes_samples, needs_bias, spectral
from ganzoo.nn.output import DOutput, as_output
from ganzoo.nn.resample import Resample2d, downsample2d, upsample2d
from ganzoo.nn.residual import ResidualDown, ResidualUp
from ganzoo.nn.styled import StyleBased
from ganzoo.ranks import gather_samples

__all__ = [
    "ClassBesideLatent",
    "ConditionalBatchNorm2d",
    "DOutput",
    "EqualisedConv2d",
    "EqualisedLinear",
    "Growing",
    "Init",
    "MinibatchCloseness",
    "MinibatchDeviation2d",
    "ModulatedConv2d",
    "NoiseInjection",
    "Norm",
    "PixelNorm",
    "Projection",
    "ProjectionHead",
    "Resample2d",
    "ResidualDown",
    "ResidualUp",
    "SelfAttention2d",
    "StyleBased",
    "as_output",
    "coarse",
    "conv_norm",
    "downsample2d",
    "equalised_features",
    "equalised_from_image",
    "forbids_penalties",
    "gather_samples",
    "given",
    "initialise",
    "look_at_zeros",
    "mean_deviation",
    "mixes_samples",
    "needs_bias",
    "norm_of_weights",
    "one_hot",
    "one_hot_beside",
    "spectral",
    "upsample2d",
    "width_of_features",
]
