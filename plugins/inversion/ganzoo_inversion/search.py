"""Finding z of an image, or of what is known of one, by gradient descent through the generator.

Source: Zhu et al. 2016, arXiv:1609.03552, section 3.1 (inversion); Yeh et al. 2017, arXiv:1607.07539 (with holes), whose prior is
a discriminator, which an exported file does not hold: here it is z's own. Departs: the error of pixels is squared (absolute
ended 1.7 dB lower on ten digits of MNIST), and a start is the best of several draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from ganzoo_inversion.model import Model
from ganzoo_inversion.prior import draw, penalty, settle

ROWS = 256  # latents at once


@dataclass(frozen=True)
class Search:
    """How to search: Adam with a step size that falls to 0 along half a cosine, from several starts at once.

    ``prior`` weighs a nat of z's radius against the mean squared error of pixels in [-1, 1]. ``draws`` latents are
    drawn for a start, of which the nearest to the image is taken.
    """

    steps: int = 300
    starts: int = 8
    lr: float = 0.2
    prior: float = 0.0025
    draws: int = 64
    seed: int = 0


@dataclass(frozen=True)
class Problem:
    """What to agree with: images (R, h, w, c) float32 in 0 ... 255 where ``known`` (R, h, w, 1) is 1, not where it is 0.

    ``labels`` (R,) int64 are the classes to draw, or None. All on the CPU; rows do not depend on one another.
    """

    images: Tensor
    known: Tensor
    labels: Tensor | None = None

    def __getitem__(self, rows: slice | Tensor) -> Problem:
        return Problem(self.images[rows], self.known[rows], None if self.labels is None else self.labels[rows])

    def repeat(self, times: int) -> Problem:
        """Every row ``times`` times in a row."""
        every = torch.arange(len(self.images)).repeat_interleave(times)
        return self[every]

    def to(self, device: torch.device) -> Problem:
        labels = None if self.labels is None else self.labels.to(device)
        return Problem(self.images.to(device), self.known.to(device), labels)

    def error(self, pixels: Tensor) -> Tensor:
        """Mean squared difference over the known pixels, both in [-1, 1]: (R, h, w, c) -> (R,)."""
        squared = ((pixels - self.images) / 127.5).square() * self.known
        return squared.flatten(1).sum(dim=1) / (self.known.flatten(1).sum(dim=1) * pixels.shape[3])


@dataclass(frozen=True)
class Found:
    """Latents (R, starts, z_dim) of every row, best first, and what was minimised (R, starts), the prior included."""

    z: Tensor
    loss: Tensor


def random_starts(problem: Problem, model: Model, search: Search) -> Tensor:
    """(R, starts, z_dim): for each start the one of ``search.draws`` drawn latents whose image agrees best."""
    random = torch.Generator().manual_seed(search.seed)
    drawn = draw(search.starts * search.draws, model.latent, random)
    labels = torch.zeros(len(problem.images), dtype=torch.int64) if problem.labels is None else problem.labels
    starts = torch.empty(len(problem.images), search.starts, model.latent.dim)
    for label in labels.unique().tolist():
        images = _draw_all(model, drawn, None if problem.labels is None else label)
        for row in torch.nonzero(labels == label).flatten().tolist():
            error = problem[row : row + 1].error(images).view(search.starts, search.draws)
            best = error.argmin(dim=1) + torch.arange(search.starts) * search.draws
            starts[row] = drawn[best]
    return starts


def descend(problem: Problem, model: Model, starts: Tensor, search: Search) -> Found:
    """Search from every start (R, starts, z_dim). Raises ConfigError for a graph without gradients."""
    number = starts.shape[1]
    found_z, found_loss = [], []
    step = max(1, ROWS // number)
    chunks = [slice(first, first + step) for first in range(0, len(starts), step)]
    with tqdm(total=len(chunks) * search.steps, desc="Searching", unit="step", disable=None, leave=False) as bar:
        for rows in chunks:
            part = problem[rows].repeat(number).to(model.device)
            z = starts[rows].flatten(0, 1).to(model.device).clone().requires_grad_()
            for _ in _descent(part, model, z, search):
                bar.update()
            with torch.no_grad():
                loss = _objective(part, model, z, search).view(-1, number).cpu()
            order = loss.argsort(dim=1)
            found_loss.append(loss.gather(1, order))
            latents = z.detach().cpu().view(-1, number, z.shape[1])
            found_z.append(latents.gather(1, order[:, :, None].expand_as(latents)))
    return Found(torch.cat(found_z), torch.cat(found_loss))


def _descent(problem: Problem, model: Model, z: Tensor, search: Search) -> Iterator[None]:
    adam = torch.optim.Adam([z], betas=(0.9, 0.99))
    for step in range(search.steps):
        adam.param_groups[0]["lr"] = search.lr * (0.5 + 0.5 * math.cos(math.pi * step / search.steps))
        # The sum of the rows' losses: each row's gradient, and Adam's step, are as if it were alone.
        (z.grad,) = torch.autograd.grad(_objective(problem, model, z, search).sum(), z)
        adam.step()
        settle(z, model.latent)
        yield


def _objective(problem: Problem, model: Model, z: Tensor, search: Search) -> Tensor:
    pixels = model.pixels(z, problem.labels)
    return problem.error(pixels) + search.prior * penalty(z, model.latent)


def _draw_all(model: Model, z: Tensor, label: int | None) -> Tensor:
    """Images of (N, z_dim), all of one class if there are classes: (N, h, w, c) float32 on the CPU."""
    generator = model.generator
    labels = None if label is None else torch.full((len(z),), label).numpy()
    return torch.from_numpy(generator.run(z.numpy(), labels)).to(torch.float32)
