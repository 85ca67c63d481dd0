"""Ways from one latent to another."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ganzoo_serve.seeds import Distribution

Mode: TypeAlias = Literal["slerp", "lerp"]
Latents: TypeAlias = npt.NDArray[np.float32]

# Below this sine of the angle two directions are one, or opposite, and no great circle is singled out.
_STRAIGHT: Final = 1e-6


def usual_mode(distribution: Distribution) -> Mode:
    """``slerp`` for latents whose length hardly varies, so that the way keeps to that length; else ``lerp``.

    ``truncated`` latents are among them. Between two of those single numbers then leave [-2, 2], in which they were drawn: in
    512 dimensions on every way, by up to 0.9. That is the lesser evil: straight ones stay inside, but the middle of the way has
    0.71 of the length, where no latent was ever drawn.
    """
    return "slerp" if distribution in ("normal", "spherical", "truncated") else "lerp"


def walk(begin: Latents, end: Latents, steps: int, mode: Mode) -> Latents:
    """``steps`` points from ``begin`` to ``end``, both included: (d,), (d,) -> float32 (steps, d).

    ``lerp``: (1 - t) a + t b. ``slerp``: (sin((1 - t) angle) a + sin(t angle) b) / sin(angle), along the great circle (Shoemake
    1985; for latents White 2016, arXiv:1609.04468). Raises ValueError for less than 2 steps.
    """
    if steps < 2:
        raise ValueError(f"{steps} steps: expected at least 2, the begin and the end.")
    a, b = begin.astype(np.float64), end.astype(np.float64)
    t = np.linspace(0.0, 1.0, steps)[:, None]
    before, after = 1 - t, t
    if mode == "slerp":
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        angle = np.arccos(np.clip(a @ b / lengths, -1.0, 1.0)) if lengths > 0 else 0.0
        if np.sin(angle) > _STRAIGHT:
            before, after = np.sin(before * angle) / np.sin(angle), np.sin(after * angle) / np.sin(angle)
    points = (before * a + after * b).astype(np.float32)
    points[0], points[-1] = begin, end  # to the last bit: they are the images of their seeds
    return points
