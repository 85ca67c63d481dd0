"""Residual blocks as the families from WGAN-GP to BigGAN have them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo.layers import Norm
from ganzoo.nn.conditional import ConditionalBatchNorm2d
from ganzoo.nn.norms import conv_norm, spectral


class ResidualUp(nn.Module):
    """x (N, inputs, H, W)[, code (N, code_dim)] -> (N, outputs, 2H, 2W), or (N, outputs, H, W) without ``up``.

    Norm, ReLU, nearest upsampling, convolution of 3x3; norm, ReLU, convolution of 3x3; beside it a convolution of 1x1 where size
    or channels change. With a ``code_dim`` the norms are conditional batch norms, else ``norm`` ones; ``weights`` is what the
    weights are under, those of the conditional norms too unless ``code_weights`` says otherwise. Source: Gulrajani et al. 2017,
    arXiv:1704.00028, appendix F; Miyato et al. 2018, arXiv:1802.05957, table 4; with a code Brock et al. 2019, arXiv:1809.11096,
    figure 15.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        up: bool = True,
        code_dim: int = 0,
        norm: Norm = "batch",
        weights: Norm = "none",
        code_weights: Norm | None = None,
    ) -> None:
        super().__init__()

        def before(channels: int) -> nn.Module:
            if code_dim:
                return ConditionalBatchNorm2d(channels, code_dim, norm=code_weights or weights)
            return conv_norm(norm, channels)

        self.up, self.steered = up, code_dim > 0
        self.norm1, self.norm2 = before(inputs), before(outputs)
        self.conv1 = spectral(weights, nn.Conv2d(inputs, outputs, 3, padding=1))
        self.conv2 = spectral(weights, nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip = spectral(weights, nn.Conv2d(inputs, outputs, 1)) if up or inputs != outputs else None
        self.relu = nn.ReLU()

    def forward(self, x: Tensor, code: Tensor | None = None) -> Tensor:
        codes = (code,) if self.steered else ()
        h = self._larger(self.relu(self.norm1(x, *codes)))
        h = self.conv2(self.relu(self.norm2(self.conv1(h), *codes)))
        # The convolution of 1x1 first: nearest upsampling commutes with it, and there is a quarter of the places.
        beside = self._larger(x if self.skip is None else self.skip(x))
        total: Tensor = h + beside
        return total

    def _larger(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="nearest") if self.up else x


class ResidualDown(nn.Module):
    """x (N, inputs, H, W) -> (N, outputs, H / 2, W / 2), or (N, outputs, H, W) without ``down``.

    ReLU, convolution of 3x3, ReLU, convolution of 3x3, average pooling; beside it pooling and a convolution of 1x1 where size or
    channels change. The ``first`` block of a discriminator sees images and leaves the first ReLU out. ``hidden`` are the channels
    between the convolutions, ``norm`` the norms before both ReLUs, ``weights`` what the weights are under. Sources as of
    ``ResidualUp``.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        down: bool = True,
        first: bool = False,
        hidden: int | None = None,
        norm: Norm = "none",
        weights: Norm = "none",
    ) -> None:
        super().__init__()
        hidden = hidden or outputs
        self.down = down
        self.before = nn.Identity() if first else nn.Sequential(conv_norm(norm, inputs), nn.ReLU())
        self.conv1 = spectral(weights, nn.Conv2d(inputs, hidden, 3, padding=1))
        self.between = nn.Sequential(conv_norm(norm, hidden), nn.ReLU())
        self.conv2 = spectral(weights, nn.Conv2d(hidden, outputs, 3, padding=1))
        self.skip = spectral(weights, nn.Conv2d(inputs, outputs, 1)) if down or inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        h = self._smaller(self.conv2(self.between(self.conv1(self.before(x)))))
        # Pooled first: the convolution of 1x1 commutes with it, and there is a quarter of the places.
        beside = self._smaller(x)
        return h + (beside if self.skip is None else self.skip(beside))

    def _smaller(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2) if self.down else x
