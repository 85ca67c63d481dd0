"""Spectral normalisation of any discriminator (Miyato et al. 2018, arXiv:1802.05957)."""

from torch import nn
from torch.nn.utils import parametrizations, parametrize

from ganzoo import ConfigError
from ganzoo.nn import spectral

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Embedding)
ELEMENTWISE = (
    nn.LayerNorm,
    nn.RMSNorm,
)  # whatever its shape, their weight is no matrix: it scales each number by itself


def normalised(discriminator: nn.Module) -> nn.Module:
    """The discriminator, the weight of each layer divided by its largest singular value. In place; what is so stays so.

    Raises ConfigError for one that has weights of other layers, which would stay as large as they are.
    """
    found = {module: weights for module in discriminator.modules() if (weights := _weights(module))}
    unknown = {type(m).__name__ for m, weights in found.items() if not isinstance(m, LAYERS) or weights != {"weight"}}
    if unknown:
        raise ConfigError(
            "'spectral-norm' can normalise the weights of torch's own layers, and this discriminator has others, which it would "
            f"leave as they are: {', '.join(sorted(unknown))}.\n"
            "Leave it out, or take an architecture of torch's layers; 'r1' in its place keeps any discriminator's slope small."
        )
    for layer in found:
        spectral("spectral", layer)
    return discriminator


def _weights(module: nn.Module) -> set[str]:
    """The names of its own weights of two or more dimensions that are under no spectral norm; "weight" is in them by custom."""
    if isinstance(module, ELEMENTWISE):
        return set()
    plain = {name for name, parameter in module.named_parameters(recurse=False) if parameter.dim() >= 2}
    made = module.parametrizations.items() if parametrize.is_parametrized(module) else ()  # type: ignore[union-attr,operator]
    # torch gives spectral norm's part no public name.
    others = {name for name, parts in made if not any(isinstance(p, parametrizations._SpectralNorm) for p in parts)}
    return {name for name in plain | others if "weight" in name}
