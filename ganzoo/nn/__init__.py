"""Building blocks that architectures share."""

from ganzoo.nn.attention import SelfAttention2d
from ganzoo.nn.conditional import ConditionalBatchNorm2d
from ganzoo.nn.equalised import EqualisedConv2d, EqualisedLinear, PixelNorm, ScaledLeakyReLU
from ganzoo.nn.modulated import ModulatedConv2d
from ganzoo.nn.norms import NORMS, conv_norm, mixes_samples, spectral
from ganzoo.nn.output import DOutput, as_output
from ganzoo.nn.resample import Resample2d, downsample2d, upsample2d
from ganzoo.ranks import gather_samples

__all__ = [
    "NORMS",
    "ConditionalBatchNorm2d",
    "DOutput",
    "EqualisedConv2d",
    "EqualisedLinear",
    "ModulatedConv2d",
    "PixelNorm",
    "Resample2d",
    "ScaledLeakyReLU",
    "SelfAttention2d",
    "as_output",
    "conv_norm",
    "downsample2d",
    "gather_samples",
    "mixes_samples",
    "spectral",
    "upsample2d",
]
