"""Images along ways between seeds, and images that take some layers from one seed and some from another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ganzoo import ConfigError
from ganzoo_latents.space import Labels, Space, W
from ganzoo_serve.generator import Images
from ganzoo_serve.paths import Mode, walk


def walked(
    space: Space,
    seeds: Sequence[int],
    labels: Labels,
    *,
    steps: int,
    mode: Mode | None = None,
    truncation: float | None = None,
) -> Images:
    """From each seed to the next: uint8 (len(seeds) - 1, steps, h, w, c), both ends of every way included.

    In z the class is that of the way's first seed, since classes have nothing between them; in w it changes along the way.
    Raises ConfigError for less than two seeds.
    """
    if len(seeds) < 2:
        raise ConfigError(f"{len(seeds)} seed: expected at least two to walk between, such as '--seeds 1,5,9'.")
    points = space.points(seeds, labels, truncation)
    ways = []
    for i in range(len(seeds) - 1):
        way = walk(points[i].ravel(), points[i + 1].ravel(), steps, mode or space.mode).reshape(
            steps, *points.shape[1:]
        )
        here = None if labels is None else np.repeat(labels[i : i + 1], steps)
        ways.append(space.images(way, here, truncation))
    return np.stack(ways)


def mixed(
    space: W,
    rows: Sequence[int],
    columns: Sequence[int],
    row_labels: Labels,
    column_labels: Labels,
    *,
    layers: Sequence[int],
    truncation: float | None = None,
) -> Images:
    """The image of each row's seed with ``layers`` (from 0, the coarsest) of each column's: uint8 (rows, columns, h, w, c).

    Source: Karras et al. 2019, arXiv:1812.04948, section 3.1 ("style mixing"). Raises ConfigError for layers that there are not.
    """
    beyond = [layer for layer in layers if layer >= space.layers]
    if beyond:
        raise ConfigError(f"There is no layer {beyond[0]}: the model has {space.layers}, 0 to {space.layers - 1}.")
    own, theirs = space.points(rows, row_labels, truncation), space.points(columns, column_labels, truncation)
    made = []
    for w in own:
        mixture = np.repeat(w[None], len(columns), axis=0)
        mixture[:, layers] = theirs[:, layers]
        made.append(space.images(mixture, None, truncation))
    return np.stack(made)


def moved(
    space: Space,
    seeds: Sequence[int],
    labels: Labels,
    vectors: npt.NDArray[np.float64],
    *,
    reach: float,
    steps: int,
    truncation: float | None = None,
) -> Images:
    """Every seed's image moved by -``reach`` to ``reach`` times each vector (k, dim): uint8 (k * len(seeds), steps, h, w, c)."""
    points = space.points(seeds, labels, truncation)
    rows = []
    for vector in vectors:
        for i, point in enumerate(points):
            there = point + np.linspace(-reach, reach, steps).reshape(-1, *[1] * point.ndim) * vector
            here = None if labels is None else np.repeat(labels[i : i + 1], steps)
            rows.append(space.images(there.astype(np.float32), here, truncation))
    return np.stack(rows)
