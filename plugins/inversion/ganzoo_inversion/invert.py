"""Images back to latents: by an encoder, by a search, or by a search that starts from what the encoder says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from ganzoo import ConfigError
from ganzoo_inversion.encoder_file import Encoder
from ganzoo_inversion.model import Model
from ganzoo_inversion.prior import around
from ganzoo_inversion.search import Found, Problem, Search, descend, random_starts

By = Literal["encoder", "optimise", "both"]
MOST_CLASSES = 32  # that are all tried


@dataclass(frozen=True)
class Inversion:
    """z (n, z_dim), the class of each (n,) if there are classes, and the images G(z) as the file draws them, (n, h, w, c)."""

    z: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None
    images: npt.NDArray[np.uint8]


def invert(
    model: Model,
    images: npt.NDArray[np.uint8],
    *,
    by: By,
    encoder: Encoder | None = None,
    label: int | None = None,
    search: Search | None = None,
) -> Inversion:
    """Find the z of each image (n, h, w, c), as the model makes them.

    Of a conditional model without ``label`` the class is the one the encoder sees, or of all classes the one whose image
    comes out nearest. Raises ConfigError if ``by`` needs an encoder and there is none, or gradients that cannot be had.
    """
    search = search or Search()
    if by != "optimise" and encoder is None:
        raise ConfigError(f"'--by {by}' needs an encoder. Make one: 'ganzoo encoder {model.path}'.")
    z: npt.NDArray[np.float32]
    seen: npt.NDArray[np.int64] | None = None
    if encoder is not None and by != "optimise":
        z, seen = encoder.encode(images)
        if label is not None:
            seen = np.full(len(images), label, dtype=np.int64)
        if by == "encoder":
            return Inversion(z, seen, model.generator.run(z, seen))
        random = torch.Generator().manual_seed(search.seed)
        explained = encoder.metadata.held_out.z_r2 if encoder.metadata.held_out else None
        starts = around(torch.from_numpy(z), search.starts, model.latent, explained=explained or 0.0, random=random)
        labels = None if seen is None else torch.from_numpy(seen)
        found = descend(Problem(*_tensors(images), labels), model, starts, search)
        return drawn(model, found.z[:, 0], labels)
    problem = candidates(model, Problem(*_tensors(images)), label)
    found = descend(problem, model, random_starts(problem, model, search), search)
    best = nearest_class(found, len(images))
    return drawn(model, found.z[best, 0], None if problem.labels is None else problem.labels[best])


def candidates(model: Model, problem: Problem, label: int | None) -> Problem:
    """The problem for ``label``, or once for every class if there are classes: classes of one image stand together."""
    if not model.classes:
        return problem
    tried: Sequence[int] = range(len(model.classes)) if label is None else [label]
    if len(tried) > MOST_CLASSES:
        raise ConfigError(f"{model.path} has {len(tried)} classes, too many to try them all: give one by '--class'.")
    number, problem = len(problem.images), problem.repeat(len(tried))
    return Problem(problem.images, problem.known, torch.tensor(tried, dtype=torch.int64).repeat(number))


def nearest_class(found: Found, images: int) -> torch.Tensor:
    """The row of each image's best class: (images,)."""
    loss = found.loss[:, 0].view(images, -1)
    return loss.argmin(dim=1) + torch.arange(images) * loss.shape[1]


def drawn(model: Model, z: torch.Tensor, labels: torch.Tensor | None) -> Inversion:
    """The inversion with its images."""
    z_array, label_array = z.numpy(), None if labels is None else labels.numpy()
    return Inversion(z_array, label_array, model.generator.run(z_array, label_array))


def _tensors(images: npt.NDArray[np.uint8]) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (n, h, w, c) in floating point, and that all of them is known: (n, h, w, 1)."""
    n, height, width, _ = images.shape
    return torch.from_numpy(images.astype(np.float32)), torch.ones(n, height, width, 1)
