"""What a training leaves behind while it goes on: losses, pictures, checkpoints, scores. One process of all writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch

from ganzoo import ranks
from ganzoo.errors import Diverged
from ganzoo.runs.checkpoint import save_checkpoint
from ganzoo.runs.folder import RunFolder, checkpoints, moment_name
from ganzoo.training.preview import save_preview
from ganzoo.training.progress import TrainingProgress
from ganzoo.training.state import TrainingState

Scorer: TypeAlias = Callable[[RunFolder], Mapping[str, float]]  # of the newest checkpoint


@dataclass(frozen=True)
class Journal:
    """The run folder of a game, and what a person sees. All processes call it alike; ``scorer`` measures, or is None."""

    s: TrainingState
    run: RunFolder
    progress: TrainingProgress
    scorer: Scorer | None = None

    def losses(self, losses: Mapping[str, float]) -> None:
        """Show and log the means since the last time. Raises Diverged for one that is NaN or infinite."""
        s = self.s
        if ranks.first():
            self.progress.update(nimg=s.nimg, g_steps=s.g_steps, share=s.progress, losses=losses)
        self._require_finite(losses)
        self._log({"images_per_s": self.progress.images_per_s(s.nimg), **losses})

    def preview(self) -> None:
        """Draw a grid of samples."""
        if ranks.first():
            self.run.require_held()
            with ranks.alone():
                save_preview(self.s, self.run.samples / f"{moment_name(self.s.nimg / 1000)}.png")

    def save(self) -> None:
        """Write a checkpoint, unless a weight is no finite number: a bad one must not take a good one's place."""
        s = self.s
        weights = [*s.G.parameters(), *s.D.parameters(), *s.G_ema.parameters()]
        finite = torch.stack([weight.detach().isfinite().all() for weight in weights]).all()
        self._require_finite({"a weight": 0.0 if finite else math.nan})
        tensors, counters = s.state()
        if ranks.first():
            self.run.require_held()
            save_checkpoint(self.run.checkpoints, tensors, counters, nimg=s.nimg, keep=s.config.keep_checkpoints)

    def score(self) -> None:
        """Have the newest checkpoint measured, and log what was found; the game's random numbers stay as they are."""
        if self.scorer is None or not ranks.first():
            return
        devices = [self.s.device] if self.s.device.type == "cuda" else []
        with ranks.alone(), torch.random.fork_rng(devices=devices):
            self._log(self.scorer(self.run))

    def _log(self, values: Mapping[str, float]) -> None:
        if ranks.first():
            self.run.log({"nimg": self.s.nimg, "g_steps": self.s.g_steps, **values})

    def _require_finite(self, values: Mapping[str, float]) -> None:
        """Raise Diverged, naming the last good checkpoint and what to change, if a value is NaN or infinite."""
        bad = [name for name, value in values.items() if not math.isfinite(value)]
        if not bad:
            return
        kept, config = checkpoints(self.run.checkpoints), self.s.config
        raise Diverged(
            f"The game diverged: {', '.join(bad)} became NaN or infinite before {self.s.nimg / 1000:.1f} kimg.\n"
            f"The last good checkpoint is {kept[0] if kept else 'none: it happened before the first'}.\n"
            f"Try a lower learning rate (now --set optimizer_g.lr={config.optimizer_g.lr:g} "
            f"--set optimizer_d.lr={config.optimizer_d.lr:g}), '--precision fp32', or '--regularizer r1'."
        )
