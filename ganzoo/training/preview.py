"""Pictures of the generator while it learns, as its export would draw them."""

from pathlib import Path

import torch

from ganzoo.files import write_whole
from ganzoo.runs.networks import Inputs, as_pixels, settled
from ganzoo.runs.showcase import COLUMNS, showcase
from ganzoo.training.state import TrainingState
from ganzoo_serve.images import grid, png


@torch.no_grad()
def save_preview(s: TrainingState, path: Path) -> None:
    """Write a grid of images of fixed seeds, a row for each class if there are classes (see ``showcase``)."""
    inputs = Inputs(s.config.z_dim, s.config.z_distribution, s.class_counts, s.device)
    seeds, labels = showcase(len(s.class_counts))
    z = inputs.of(seeds)[0]
    given = () if labels is None else (torch.tensor(labels, device=s.device),)
    images = settled(s.G_ema, inputs)(z, *given)
    write_whole(path, png(grid(as_pixels(images.float()).cpu().numpy(), COLUMNS)))
