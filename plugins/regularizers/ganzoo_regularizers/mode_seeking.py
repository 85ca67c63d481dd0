"""Mode seeking (Mao et al. 2019, arXiv:1903.05628): latents that lie apart are to give images that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import ModeSeekingOptions

EPSILON = 1e-5  # as in the authors' code


def mode_seeking_loss(*, images: Tensor, others: Tensor, z: Tensor, other_z: Tensor) -> Tensor:
    """1 / (mean |I1 - I2| / mean |z1 - z2| + 1e-5), means over the batch: the ratio that the paper maximises, turned over.

    Shapes: (N, C, H, W) twice, (N, z_dim) twice -> (). Source: equation 1, and the authors' code for the means.
    """
    apart = gather_samples((images - others).abs().flatten(1).mean(1)).mean()
    of_latents = gather_samples((z - other_z).abs().mean(1)).mean()
    return 1 / (apart / of_latents + EPSILON)


class ModeSeeking(Technique):
    """``weight`` * ``mode_seeking_loss`` of the generator, for each latent and its neighbour's, under the class of the first.

    Images are compared as they are generated: an augmentation would make them differ.
    """

    def __init__(self, options: ModeSeekingOptions) -> None:
        super().__init__()
        self.weight = options.weight
        self.interval = options.interval

    def g_penalty(self, step: Step) -> Tensor:
        other_z = step.z.roll(1, 0)
        others = step.generate(other_z, step.labels)
        return self.weight * mode_seeking_loss(images=step.generated_images, others=others, z=step.z, other_z=other_z)
