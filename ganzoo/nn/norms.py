"""Normalisation by name, and what it means for the game."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrizations

from ganzoo.layers import Norm


def conv_norm(norm: Norm, channels: int) -> nn.Module:
    """The layer that follows a convolution: (N, C, H, W) -> the same.

    ``spectral`` normalises the weight (see ``spectral``) and ``none`` nothing: both give the identity. ``layer`` is over
    C, H and W of each sample, as the WGAN-GP paper uses it (Gulrajani et al. 2017, arXiv:1704.00028, section 4), written as
    group norm with one group so that one definition serves every resolution.
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if norm == "layer":
        return nn.GroupNorm(1, channels)
    return nn.Identity()


def spectral(norm: Norm, layer: nn.Module) -> nn.Module:
    """``layer`` with its weight divided by its largest singular value if ``norm`` is ``spectral``, else as it is.

    Source: Miyato et al. 2018, arXiv:1802.05957, algorithm 1 (one power iteration a training-mode forward).
    """
    return parametrizations.spectral_norm(layer) if norm == "spectral" else layer


def needs_bias(norm: Norm) -> bool:
    """Whether a layer before ``norm`` keeps its bias: batch and instance norm take each channel's mean away."""
    return norm not in ("batch", "instance")


def mixes_samples(module: nn.Module) -> bool:
    """Whether a sample's output depends on its batch neighbours in training mode, as under batch norm.

    A module of one's own that does so says it with an attribute ``mixes_samples = True``.
    """
    return any(map(_mixes, module.modules()))


def forbids_penalties(module: nn.Module) -> bool:
    """Whether penalties on the gradient of each sample lose their meaning: samples are mixed, as under batch norm.

    A module that mixes them but little, so that papers differentiate it all the same, says so with an attribute
    ``allows_penalties = True``, as minibatch standard deviation does.
    """
    return any(_mixes(m) and getattr(m, "allows_penalties", False) is not True for m in module.modules())


def _mixes(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm) or getattr(module, "mixes_samples", False) is True
