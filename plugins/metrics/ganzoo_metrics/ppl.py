"""Perceptual path length (Karras et al. 2019, arXiv:1812.04948, section 4.1): how far features move on the way between latents.

As the authors measure it, lengths beyond the 1st and 99th percentile are left out. Departs: distances are squared Euclidean
ones of the evaluation's own features, not LPIPS of VGG-16 on a crop, so values compare under the same extractor only; 2,000
pairs, not 100,000; and epsilon is 0.02, not 1e-4. The images are of whole grey levels, so that in a small step a pixel stays or
jumps, and the square of the jumps over epsilon^2 measures the rounding; a large step cuts the corners of the way. With a DCGAN
of MNIST and random projections as features, the value at 1e-4 is 9 times that at 0.01, at 0.1 it is 0.7 times; between 0.003
and 0.03 it moves by an eighth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Estimate, Extractor, Float32, Float64, Labels, Measured, Pixels
from ganzoo_serve.ahead import ahead
from ganzoo_serve.images import grid

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


@dataclass(frozen=True)
class Ways:
    """From the latents of ``first`` to those of ``second``, seed by seed; ``classes`` are those of the first, all along."""

    generator: Generator
    first: range
    second: range
    classes: Labels | None = None
    truncation: float | None = None

    def part(self, start: int, stop: int) -> Ways:
        """The ways ``start`` to ``stop``."""
        here = slice(start, stop)
        classes = None if self.classes is None else self.classes[here]
        return replace(self, first=self.first[here], second=self.second[here], classes=classes)

    def images(self, places: Float64) -> Pixels:
        """Images at places t (n, k) of n ways: (n * k, h, w, c), drawn on all cores."""
        generator, steps = self.generator, places.shape[1]
        between = lerp if generator.metadata.latent.distribution in ("uniform", "truncated") else slerp
        a, b = (np.repeat(generator.latents(seeds), steps, axis=0) for seeds in (self.first, self.second))
        z = between(a, b, places.reshape(-1, 1))
        classes = None if self.classes is None else np.repeat(self.classes, steps)

        def draw(part: slice) -> Pixels:
            return generator.run(z[part], None if classes is None else classes[part], self.truncation)

        return np.concatenate(list(ahead(draw, (slice(k, k + 32) for k in range(0, len(z), 32)))))


def path_lengths(ways: Ways, extractor: Extractor, *, epsilon: float, seed: int) -> Float64:
    """||f(G(z(t))) - f(G(z(t + epsilon)))||^2 / epsilon^2 of each way, t uniform in [0, 1 - epsilon): (n,). Equation 2."""
    random = np.random.RandomState(seed)
    lengths = []
    for start in range(0, len(ways.first), _BATCH):
        some = ways.part(start, start + _BATCH)
        t = random.uniform(0, 1 - epsilon, size=(len(some.first), 1))
        here, there = (extractor(some.images(place)).features for place in (t, t + epsilon))
        lengths.append(np.square(here.astype(np.float64) - there).sum(axis=1) / epsilon**2)
    return np.concatenate(lengths)


def trimmed(lengths: Float64) -> Float64:
    """Those from the 1st to the 99th percentile."""
    low, high = np.percentile(lengths, 1, method="lower"), np.percentile(lengths, 99, method="higher")
    return lengths[(lengths >= low) & (lengths <= high)]


def strips(ways: Ways, steps: int) -> Pixels:
    """One picture with a row for each way, from one image to the other in even steps."""
    return grid(ways.images(np.tile(np.linspace(0, 1, steps), (len(ways.first), 1))), columns=steps)


def compute(comparison: Comparison[PplOptions]) -> Measured:
    """``ppl`` is over pairs of the seeds that are scored; the picture has a way in each row. Raises ConfigError for one seed."""
    options, seeds = comparison.options, comparison.seeds
    pairs = min(options.pairs, len(seeds) // 2)
    if not pairs:
        raise ConfigError("ppl goes from one image to another: it needs 2 samples at least.")
    ways = Ways(
        comparison.generator, seeds[:pairs], seeds[pairs : 2 * pairs], comparison.classes, comparison.truncation
    ).part(0, pairs)
    comparison.say(f"Perceptual path length: drawing {2 * pairs:,} images.")
    lengths = path_lengths(ways, comparison.extractor, epsilon=options.epsilon, seed=options.seed)
    kept = trimmed(lengths)
    error = float(kept.std() / np.sqrt(len(kept)))
    return Measured(
        values={"ppl": Estimate(float(kept.mean()), error, f"{pairs:,} pairs")},
        pictures={"ppl": strips(ways.part(0, _ROWS), _STEPS)},
        details={"median": float(np.median(lengths)), "unmoved": float((lengths == 0).mean())},
    )
