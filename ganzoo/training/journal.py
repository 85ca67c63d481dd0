"""What a training leaves behind while it goes on: losses, signs, pictures, checkpoints, scores. One process of all writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch

from ganzoo import ranks
from ganzoo.diagnosis import advice, diagnose
from ganzoo.errors import Diverged
from ganzoo.runs.checkpoint import save_checkpoint
from ganzoo.runs.folder import RunFolder, checkpoints, moment_name
from ganzoo.training.preview import save_preview
from ganzoo.training.probe import Probe
from ganzoo.training.progress import TrainingProgress
from ganzoo.training.signs import signs
from ganzoo.training.state import TrainingState
from ganzoo.training.stopping import reason_to_stop

Scorer: TypeAlias = Callable[[RunFolder], Mapping[str, float]]  # of the newest checkpoint


@dataclass
class Journal:
    """The run folder of a game, and what a person sees. All processes call it alike.

    ``scorer`` measures, or is None; ``probe`` is what the game is looked at by, in the process that writes.
    """

    s: TrainingState
    run: RunFolder
    progress: TrainingProgress
    scorer: Scorer | None = None
    probe: Probe | None = None
    _records: list[dict[str, Any]] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _scored: int = -1

    def __post_init__(self) -> None:
        self.reread()

    def reread(self) -> None:
        """Take up what the log holds: of a run that goes on, or was taken back."""
        self._records = self.run.stats()
        self._told = {name for record in self._records for name in record.get("findings", ())}

    def losses(self, losses: Mapping[str, float], *, ms_per_step: float) -> None:
        """Show and log the means since the last time. Raises Diverged for one that is NaN or infinite."""
        s = self.s
        if ranks.first():
            self.progress.update(nimg=s.nimg, g_steps=s.g_steps, share=s.progress, losses=losses)
        self._require_finite(losses)
        self._log({"images_per_s": self.progress.images_per_s(s.nimg), "ms_per_step": ms_per_step, **losses})

    def look(self) -> None:
        """Measure and log the signs of how the game goes, and say what they mean if that is new."""
        if self.probe is None:  # also in processes that do not write
            return
        with ranks.alone():
            self._log(signs(self.s, self.probe))
        new = [finding for finding in diagnose(self._records, self.s.config) if finding.name not in self._told]
        for finding in new:
            ranks.say(f"Diagnosis: {finding.name}: {finding.sentence}")
        if new:
            self._told |= {finding.name for finding in new}
            self._log({"findings": [finding.name for finding in new]})

    def reason_to_stop(self) -> str | None:
        """Why the game is to end before its budget is used up, or None; it is said."""
        if not self.s.config.stop_when:
            return None
        reason = ranks.told_by_first(reason_to_stop(self.s.config.stop_when, self._records))
        if reason:
            ranks.say(f"Stopping by {reason}.")
        return reason

    def note(self, name: str, text: str) -> None:
        """Log a sentence."""
        self._log({name: text})

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
        if self.scorer is None or not ranks.first() or self._scored == self.s.nimg:
            return
        self._scored = self.s.nimg
        devices = [self.s.device] if self.s.device.type == "cuda" else []
        with ranks.alone(), torch.random.fork_rng(devices=devices):
            self._log(self.scorer(self.run))

    def _log(self, values: Mapping[str, Any]) -> None:
        if ranks.first():
            record = {"nimg": self.s.nimg, "g_steps": self.s.g_steps, **values}
            self.run.log(record)
            self._records.append(record)

    def _require_finite(self, values: Mapping[str, float]) -> None:
        """Raise Diverged, naming the last good checkpoint and what to change, if a value is NaN or infinite."""
        bad = [name for name, value in values.items() if not math.isfinite(value)]
        if not bad:
            return
        kept, config = checkpoints(self.run.checkpoints), self.s.config
        self.note("diverged", ", ".join(bad))
        raise Diverged(
            f"The game diverged: {', '.join(bad)} became NaN or infinite before {self.s.nimg / 1000:.1f} kimg.\n"
            f"The last good checkpoint is {kept[0] if kept else 'none: it happened before the first'}.\n"
            f"Try a lower learning rate ('{advice.slower_players(config, 10)}'), '{advice.calmer_discriminator(config)}', "
            "'--precision fp32', or to go on from there by '--set rollback.times=3'."
        )
