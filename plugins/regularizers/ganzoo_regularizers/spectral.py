"""Spectral normalisation of any discriminator (Miyato et al. 2018, arXiv:1802.05957)."""

from torch import nn
from torch.nn.utils import parametrize

from ganzoo.nn import spectral

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Embedding)


def normalised(discriminator: nn.Module) -> nn.Module:
    """The discriminator, the weight of each layer divided by its largest singular value. In place; what is so stays so."""
    for module in discriminator.modules():
        if isinstance(module, LAYERS) and not parametrize.is_parametrized(module, "weight"):
            spectral("spectral", module)
    return discriminator
