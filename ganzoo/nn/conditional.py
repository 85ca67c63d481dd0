"""Norms that a class, or a code made of it, steers."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.layers import Norm
from ganzoo.nn.norms import spectral


class ConditionalBatchNorm2d(nn.Module):
    """Batch norm whose scale and shift are linear in a code: x (N, C, H, W), code (N, code_dim) -> (N, C, H, W).

    x' = (1 + A code) (x - mean) / std + B code. Of one-hot classes A and B are a table each (Dumoulin et al. 2017,
    arXiv:1610.07629; Miyato & Koyama 2018, arXiv:1802.05637); BigGAN's code is a part of z beside an embedding of the class
    that all layers share (Brock et al. 2019, arXiv:1809.11096, section 3). A and B begin at 0: a plain norm; under spectral norm,
    which would divide 0 by 0, they begin orthogonal, as BigGAN's do. While they are 0 no gradient reaches the code, nor an
    embedding that it is made of: that learns from the second step on.
    """

    def __init__(self, channels: int, code_dim: int, *, norm: Norm = "none") -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        scale, shift = (nn.Linear(code_dim, channels, bias=False) for _ in range(2))
        for layer in (scale, shift):
            (nn.init.orthogonal_ if norm == "spectral" else nn.init.zeros_)(layer.weight)
        self.scale, self.shift = spectral(norm, scale), spectral(norm, shift)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = (part(code)[:, :, None, None] for part in (self.scale, self.shift))
        steered: Tensor = self.norm(x) * (1 + scale) + shift
        return steered
