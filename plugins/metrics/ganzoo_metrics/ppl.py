"""Perceptual path length (Karras et al. 2019, arXiv:1812.04948, section 4.1): how far features move on the way between latents.

Departs: distances are squared Euclidean ones of the evaluation's own features, not LPIPS of VGG-16, so values compare
under the same extractor only; and epsilon is 0.02, not 1e-4. The images are of whole grey levels, so that in a small step
a pixel stays or jumps, and the square of the jumps over epsilon^2 measures the rounding; a large step cuts the corners of
the way. With a DCGAN of MNIST and random projections as features, the value at 1e-4 is 9 times that at 0.01, at 0.1 it is
0.7 times; between 0.003 and 0.03 it moves by an eighth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganzoo.evaluation import Comparison, Estimate, Extractor, Measured
from ganzoo_metrics.arrays import Float32, Float64, Pixels
from ganzoo_serve.images import grid
from ganzoo_serve.seeds import MAX_SEED

if TYPE_CHECKING:
    from ganzoo_metrics.options import PplOptions
    from ganzoo_serve.generator import Generator

_BATCH = 256
_ROWS, _STEPS = 8, 10  # of the picture


def lerp(a: Float32, b: Float32, t: Float64) -> Float32:
    """(1 - t) a + t b: latents (n, z_dim), (n, z_dim), t (n, 1); for uniform latents, which it keeps within their cube."""
    return ((1 - t) * a + t * b).astype(np.float32)


def slerp(a: Float32, b: Float32, t: Float64) -> Float32:
    """(sin((1 - t) w) a + sin(t w) b) / sin w, w the angle between them; for normal latents, whose length it keeps.

    Shapes: (n, z_dim), (n, z_dim), (n, 1) -> (n, z_dim); latents in line are interpolated linearly. Source: Shoemake 1985,
    doi:10.1145/325334.325242.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(x, axis=1, keepdims=True) * np.linalg.norm(y, axis=1, keepdims=True)
    cosine = np.divide((x * y).sum(axis=1, keepdims=True), lengths, out=np.ones_like(lengths), where=lengths > 0)
    angle = np.arccos(np.clip(cosine, -1, 1))
    turned = np.sin(angle) > 1e-6
    sine = np.where(turned, np.sin(angle), 1.0)
    left = np.where(turned, np.sin((1 - t) * angle) / sine, 1 - t)
    right = np.where(turned, np.sin(t * angle) / sine, t)
    return (left * x + right * y).astype(np.float32)


def path_lengths(
    generator: Generator, extractor: Extractor, ends: tuple[range, range], *, epsilon: float, seed: int
) -> Float64:
    """||f(G(z(t))) - f(G(z(t + epsilon)))||^2 / epsilon^2 on the way between latents of two ranges of seeds: (n,).

    t is uniform in [0, 1 - epsilon); the class, if any, is that of the first seed, all along. Source: equation 2.
    """
    random = np.random.RandomState(seed)
    lengths = []
    for start in range(0, len(ends[0]), _BATCH):
        first, second = (seeds[start : start + _BATCH] for seeds in ends)
        t = random.uniform(0, 1 - epsilon, size=(len(first), 1))
        here, there = (extractor(_along(generator, first, second, place)).features for place in (t, t + epsilon))
        lengths.append(np.square(here.astype(np.float64) - there).sum(axis=1) / epsilon**2)
    return np.concatenate(lengths)


def _along(generator: Generator, first: range, second: range, t: Float64) -> Pixels:
    """Images at places t (n, k) between the latents of n pairs of seeds: (n * k, h, w, c), drawn by all of its workers."""
    between = slerp if generator.metadata.latent.distribution == "normal" else lerp
    steps, labels = t.shape[1], generator.labels(first)
    a, b = (np.repeat(generator.latents(seeds), steps, axis=0) for seeds in (first, second))
    z = between(a, b, t.reshape(-1, 1))
    classes = None if labels is None else np.repeat(labels, steps)
    parts = [slice(k, k + 32) for k in range(0, len(z), 32)]
    runs = [generator.submit(generator.run, z[part], None if classes is None else classes[part]) for part in parts]
    return np.concatenate([run.result() for run in runs])


def strips(generator: Generator, first: range, second: range, steps: int) -> Pixels:
    """One picture with a row for each pair of seeds, from one image to the other in even steps; its class is the first's."""
    places = np.tile(np.linspace(0, 1, steps), (len(first), 1))
    return grid(_along(generator, first, second, places), columns=steps)


def fresh_seeds(used: range, count: int) -> range:
    """``count`` seeds that are not in ``used``: those after it, or the first if there are too few."""
    return range(used.stop, used.stop + count) if used.stop + count <= MAX_SEED + 1 else range(count)


def compute(comparison: Comparison[PplOptions]) -> Measured:
    """``ppl`` is the mean over pairs; the picture has a way in each row."""
    options, generator = comparison.options, comparison.generator
    assert generator is not None  # as always where a metric needs it
    seeds = fresh_seeds(comparison.seeds, 2 * options.pairs)
    ends = seeds[: options.pairs], seeds[options.pairs :]
    comparison.say(f"Perceptual path length: drawing {2 * options.pairs:,} images.")
    lengths = path_lengths(generator, comparison.extractor, ends, epsilon=options.epsilon, seed=options.seed)
    rows = min(_ROWS, options.pairs)
    error = float(lengths.std()) / np.sqrt(len(lengths))
    return Measured(
        values={"ppl": Estimate(float(lengths.mean()), float(error), f"{options.pairs:,} pairs")},
        pictures={"ppl": strips(generator, ends[0][:rows], ends[1][:rows], _STEPS)},
        details={"median": float(np.median(lengths)), "unmoved": float((lengths == 0).mean())},
    )
