"""The averaged generator: an exponential moving average of the weights, its memory given in images."""

import torch
from torch import nn


def ema_decay(nimg_step: int, nimg: int, halflife_kimg: float, rampup: float | None) -> float:
    """The factor that the old average keeps when ``nimg_step`` more images were shown.

    Half-life H images: 0.5 ** (nimg_step / H). With ``rampup`` r, H is at most r * nimg, so that the poor weights of the
    beginning are soon forgotten. Source: Karras et al. 2020, arXiv:2006.06676, appendix (EMA by half-life, with ramp-up).
    """
    halflife = halflife_kimg * 1000
    if rampup is not None:
        halflife = min(halflife, rampup * nimg)
    return 0.0 if halflife <= 0 else 0.5 ** (nimg_step / halflife)


@torch.no_grad()
def update_ema(average: nn.Module, module: nn.Module, decay: float) -> None:
    """average <- decay * average + (1 - decay) * module for parameters; buffers are copied, they are no weights."""
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1.0 - decay)
    buffers = list(average.buffers()), list(module.buffers())
    if buffers[0]:
        torch._foreach_copy_(*buffers)
