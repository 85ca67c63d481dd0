"""Pictures of the generator while it learns, as its export would draw them."""

from pathlib import Path

import torch

from ganzoo.config import TrainConfig
from ganzoo.files import write_whole
from ganzoo.runs.networks import Inputs, as_pixels, settled
from ganzoo.runs.showcase import COLUMNS, showcase
from ganzoo.training.data import Taken
from ganzoo.training.engine import images_in_budget
from ganzoo.training.plane import FIELD, POINT, POINTS, picture
from ganzoo.training.state import TrainingState
from ganzoo_serve.images import grid, png

PICTURES = 40  # of a film


def often_enough(config: TrainConfig) -> float:
    """After how many kimg to draw a grid for a film of PICTURES; as often as grids are drawn anyway, if that is more."""
    return min(config.sample_every, max(0.001, round(images_in_budget(config) / 1000 / PICTURES, 3)))


@torch.no_grad()
def save_preview(s: TrainingState, path: Path) -> None:
    """Write a grid of images of fixed seeds, a row for each class if there are classes (see ``showcase``)."""
    if s.image_shape == POINT:
        save_points(s, path)
        return
    inputs = Inputs(s.config.z_dim, s.config.z_distribution, s.class_counts, s.device)
    seeds, labels = showcase(len(s.class_counts))
    z = inputs.of(seeds)[0]
    given = () if labels is None else (torch.tensor(labels, device=s.device),)
    images = settled(s.G_ema, inputs)(z, *given)
    write_whole(path, png(grid(as_pixels(images.float()).cpu().numpy(), COLUMNS)))


@torch.no_grad()
def save_points(s: TrainingState, path: Path) -> None:
    """Write a picture of the plane: generated points of fixed seeds over real ones, on what the discriminator says there."""
    inputs = Inputs(s.config.z_dim, s.config.z_distribution, s.class_counts, s.device)
    generated = settled(s.G_ema, inputs)(*inputs.of(range(POINTS))).view(-1, 2)
    real = s.data.images(Taken(torch.arange(min(POINTS, len(s.data)), device=s.device))).view(-1, 2)
    side = torch.linspace(-1, 1, FIELD, device=s.device)
    places = torch.cartesian_prod(side.flip(0), side).flip(1).view(-1, 1, 1, 2)  # rows from above, x before y
    s.D.eval()
    # A batch at a time: what compares images within a batch would compare all places with each other.
    parts = places.split(s.round_size)
    logits = torch.cat(
        [torch.stack([s.judge(part, c).logits for c in _every_class(s, len(part))]).mean(0) for part in parts]
    )
    s.D.train()
    write_whole(path, png(picture(logits.view(FIELD, FIELD).cpu(), real.cpu(), generated.cpu())))


def _every_class(s: TrainingState, n: int) -> list[torch.Tensor | None]:
    return [torch.full((n,), c, device=s.device) for c in range(len(s.class_counts))] or [None]
