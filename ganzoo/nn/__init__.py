"""Building blocks that architectures share."""

from ganzoo.nn.norms import NORMS, conv_norm, mixes_samples, spectral
from ganzoo.nn.output import DOutput, as_output

__all__ = ["NORMS", "DOutput", "as_output", "conv_norm", "mixes_samples", "spectral"]
