"""Weight normalisation (Salimans & Kingma 2016, arXiv:1602.07868)."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST_STD = 1e-3


class WeightNorm(nn.Module):
    """A linear or convolutional layer whose weight is g * v / ||v||, for each output (equation 2).

    Without ``train_scale``, g keeps the value that ``initialise`` gives it: then a layer cannot outgrow the noise that is added
    to what it returns.
    """

    def __init__(self, layer: nn.Linear | nn.Conv2d, *, train_scale: bool = False) -> None:
        super().__init__()
        self.layer = layer
        self.g = nn.Parameter(_norms(layer.weight.detach()), requires_grad=train_scale)
        self.bias = nn.Parameter(torch.zeros_like(self.g))
        layer.bias = None

    @property
    def weight(self) -> Tensor:
        """g * v / ||v||, of the layer's shape (outputs, ...)."""
        v = self.layer.weight
        return v * (self.g / _norms(v)).view(-1, *[1] * (v.ndim - 1))

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.layer, nn.Conv2d):
            return F.conv2d(x, self.weight, self.bias, self.layer.stride, self.layer.padding)
        return F.linear(x, self.weight, self.bias)

    @torch.no_grad()
    def initialise(self, x: Tensor) -> Tensor:
        """Choose g and the bias so that every output has mean 0 and variance 1 over this batch; returns it (section 3)."""
        std, mean = torch.std_mean(self(x).transpose(0, 1).flatten(1), dim=1, correction=0)
        std = std.clamp(min=SMALLEST_STD)  # an output may be constant: of images that are all alike
        self.g.div_(std)
        self.bias.copy_((self.bias - mean) / std)
        output: Tensor = self(x)
        return output


def initialise(layers: Iterable[nn.Module], x: Tensor) -> None:
    """Initialise every weight-normalised layer of a sequence, in order, by the batch ``x`` that enters the first."""
    with torch.no_grad():
        for layer in layers:
            x = layer.initialise(x) if isinstance(layer, WeightNorm) else layer(x)


def _norms(v: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(v.flatten(1), dim=1)
    return norms
