"""Which layers options can ask for, by name, and what is asked for in vain. Imports no torch.

``Norm`` is what stands between layers, ``Weights`` what their weights are under, ``Init`` how they begin: ``ganzoo.nn`` makes
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ganzoo.errors import ConfigError

Norm = Literal["batch", "instance", "layer", "spectral", "none"]
Weights = Literal["spectral", "none"]
Init = Literal["he", "glorot", "orthogonal", "normal"]

LEAST_FOR_ATTENTION = 8  # channels, of which a query has an eighth


def check_conditioning(conditioning: str, norm_g: Norm, num_classes: int) -> None:
    """Raise ConfigError for a class that is to steer the generator's batch norms where it has others."""
    if num_classes and conditioning == "cbn" and norm_g != "batch":
        raise ConfigError(
            f"arch.conditioning=cbn steers the generator's batch norms, and arch.norm_g is {norm_g}.\n"
            "Expected '--set arch.norm_g=batch', or '--set arch.conditioning=concat' besides."
        )


def attended_side(name: str, attention_at: int, sides: Iterable[int]) -> int | None:
    """Where attention is in both players: the largest of their common ``sides``, in pixels, of at most ``attention_at``.

    None for 0, which is no attention. Raises ConfigError, in the name of the architecture, if all are larger.
    """
    every = sorted(sides)
    if not attention_at:
        return None
    if attention_at < every[0]:
        raise ConfigError(
            f"{name} has no maps of at most {attention_at} pixels in both players: expected 'arch.attention_at' of at least "
            f"{every[0]} here.\nOr leave attention out by '--set arch.attention_at=0'."
        )
    return max(side for side in every if side <= attention_at)


def check_attention(name: str, side: int, channels: int, widen: str) -> None:
    """Raise ConfigError for maps of so few channels that attention has none; ``widen`` is the setting that gives enough."""
    if channels < LEAST_FOR_ATTENTION:
        raise ConfigError(
            f"{name} has {channels} channels at {side} pixels, too few for attention: expected {LEAST_FOR_ATTENTION}.\n"
            f"Widen it by '--set {widen}', or leave attention out by '--set arch.attention_at=0'."
        )
