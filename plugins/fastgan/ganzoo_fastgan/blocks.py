"""What FastGAN is made of: gated convolutions, noise, excitation across resolutions (arXiv:2101.04775, section 3).

Every weight is under spectral norm and biases are left to the norms, as in the authors' code. Weights begin as torch draws
them: of a weight under spectral norm only the direction counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganzoo.layers import Norm
from ganzoo.nn import NoiseInjection, conv_norm, spectral


def conv(inputs: int, outputs: int, size: int | tuple[int, int], **more: int | bool) -> nn.Module:
    """A convolution under spectral norm, without a bias unless ``bias`` is given."""
    return spectral("spectral", nn.Conv2d(inputs, outputs, size, **({"bias": False} | more)))  # type: ignore[arg-type]


def normal(norm: Norm, channels: int) -> nn.Module:
    """A norm by name; batch norm with scales from N(1, 0.02), as in the authors' code."""
    layer = conv_norm(norm, channels)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
    return layer


def gated(inputs: int, outputs: int, *noise: nn.Module) -> list[nn.Module]:
    """Convolution of 3x3 to twice the channels, batch norm, gated linear unit: half of them times a sigmoid of the others."""
    return [conv(inputs, 2 * outputs, 3, padding=1), *noise, normal("batch", 2 * outputs), nn.GLU(dim=1)]


def up(inputs: int, outputs: int) -> nn.Module:
    """(N, inputs, H, W) -> (N, outputs, 2H, 2W): nearest upsampling and a gated convolution."""
    return nn.Sequential(nn.Upsample(scale_factor=2), *gated(inputs, outputs))


def thorough_up(inputs: int, outputs: int, height: int, width: int) -> nn.Module:
    """``up`` to ``height`` x ``width`` with noise before the norm, and one more such convolution."""
    first, second = (
        gated(inputs, outputs, NoiseInjection(height, width)),
        gated(outputs, outputs, NoiseInjection(height, width)),
    )
    return nn.Sequential(nn.Upsample(scale_factor=2), *first, *second)


def down(inputs: int, outputs: int, norm: Norm) -> list[nn.Module]:
    """(N, inputs, H, W) -> (N, outputs, H / 2, W / 2): convolution of 4x4 and stride 2, norm, leaky ReLU."""
    halve = conv(inputs, outputs, 4, stride=2, padding=1, bias=norm == "none")
    return [halve, normal(norm, outputs), nn.LeakyReLU(0.2)]


class Down(nn.Module):
    """(N, inputs, H, W) -> (N, outputs, H / 2, W / 2): the mean of a deep way down and a pooled one.

    Source: arXiv:2101.04775, section 3.2.
    """

    def __init__(self, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__()
        bias = norm == "none"

        def after(layer: nn.Module) -> list[nn.Module]:
            return [layer, normal(norm, outputs), nn.LeakyReLU(0.2)]

        self.deep = nn.Sequential(*down(inputs, outputs, norm), *after(conv(outputs, outputs, 3, padding=1, bias=bias)))
        self.pooled = nn.Sequential(nn.AvgPool2d(2), *after(conv(inputs, outputs, 1, bias=bias)))

    def forward(self, x: Tensor) -> Tensor:
        both: Tensor = self.deep(x) + self.pooled(x)
        return both / 2


class Excitation(nn.Module):
    """Skip-layer excitation: ``x`` (N, outputs, H, W) times a gate for each channel, read off another map (N, inputs, h, w).

    That one is pooled by ``pool`` to ``places``, which a convolution of their size brings to 1x1; SiLU, convolution, sigmoid.
    Source: arXiv:2101.04775, section 3.1, equation 1 (there with a leaky ReLU; SiLU as in the authors' code).
    """

    def __init__(self, inputs: int, outputs: int, *, pool: int, places: tuple[int, int]) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AvgPool2d(pool) if pool > 1 else nn.Identity(),
            conv(inputs, outputs, places),
            nn.SiLU(),
            conv(outputs, outputs, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        excited: Tensor = x * self.gate(other)
        return excited


class Stage(nn.Module):
    """The maps so far -> the next one: a block upon the last, excited by the map ``source`` if there is an ``excitation``."""

    def __init__(self, block: nn.Module, excitation: Excitation | None = None, source: int = 0) -> None:
        super().__init__()
        self.block, self.excitation, self.source = block, excitation, source

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        x: Tensor = self.block(maps[-1])
        return x if self.excitation is None else self.excitation(x, maps[self.source])
