"""Building blocks that architectures share."""

from ganzoo.nn.norms import NORMS, conv_norm, mixes_samples, spectral
from ganzoo.nn.output import DOutput, as_output
from ganzoo.ranks import gather_samples

__all__ = ["NORMS", "DOutput", "as_output", "conv_norm", "gather_samples", "mixes_samples", "spectral"]
