"""The schedule of growth, and what images of a stage look like at full size.

Source: Karras et al. 2018, arXiv:1710.10196, section 2, figure 2 and appendix A.1.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ganzoo import NetworkConfig
from ganzoo.nn import Growing
from ganzoo.sizes import ladder
from ganzoo_progressive import NAME, ProgressiveOptions


class Progressive(Growing):
    """A network whose images have 4 pixels along the shorter side at stage 0, and twice as many at each stage after that.

    ``base`` is (height, width) at stage 0. ``first`` is the smallest stage that it ever stands at: 0, or the last one if it does
    not grow.
    """

    def __init__(self, config: NetworkConfig[ProgressiveOptions]) -> None:
        height, width, doublings = ladder(config.image_shape, NAME)
        super().__init__(doublings)
        self.base = height, width
        self.phase_kimg, self.fade_kimg = config.options.phase_kimg, config.options.fade_kimg
        self.first = 0 if self.phase_kimg or self.fade_kimg else doublings

    def level_at(self, nimg: int) -> float:
        """``phase_kimg`` at each stage, and ``fade_kimg`` from each to the next."""
        cycle = self.phase_kimg + self.fade_kimg
        if not cycle:
            return float(self.last)
        stage, since = divmod(nimg / 1000, cycle)
        faded = max(since - self.phase_kimg, 0.0) / self.fade_kimg if self.fade_kimg else 0.0
        return stage + faded

    @property
    def factor(self) -> int:
        """Pixels of the full size, along one side, that are one pixel of the stage."""
        return 1 << (self.last - self.stage)

    def shown(self, images: Tensor) -> Tensor:
        """Real images of the stage's own fineness; while it fades in, between that and half of it, as generated ones are."""
        x = smaller(images, self.factor)
        if self.fading:
            x = blend(larger(smaller(x, 2), 2), x, self.fade)
        return larger(x, self.factor)


def smaller(x: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H / factor, W / factor), by means."""
    return x if factor == 1 else F.avg_pool2d(x, factor)


def larger(x: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H factor, W factor), by repetition."""
    return x if factor == 1 else F.interpolate(x, scale_factor=factor, mode="nearest")


def blend(old: Tensor, new: Tensor, share: Tensor) -> Tensor:
    """From ``old`` at a ``share`` () of 0 to ``new`` at 1, all of one shape otherwise."""
    return old + share * (new - old)
