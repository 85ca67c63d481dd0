"""All that a game is built from."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import torch

from ganzoo import ranks
from ganzoo.config import Resolved, TrainConfig
from ganzoo.data.cut import remark
from ganzoo.data.load import load_dataset
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.runs.folder import class_counts
from ganzoo.specs import ImageData
from ganzoo.training.build import build_state
from ganzoo.training.codes import with_codes
from ganzoo.training.engine import Engine
from ganzoo.training.memory import memory_explained
from ganzoo.training.precision import apply_precision
from ganzoo.training.probe import Probe
from ganzoo.training.quickest import choose_precision, time_precisions
from ganzoo.training.state import TrainingState


@dataclass(frozen=True)
class Setup:
    """A configuration with what its data turned out to be, the data, and the device."""

    resolved: Resolved
    registry: Registry
    data: ImageData
    device: torch.device

    @classmethod
    def load(cls, resolved: Resolved, registry: Registry, device: torch.device) -> Setup:
        """Load the images, and settle size and channels where the configuration leaves them open."""
        config = resolved.config
        if not ranks.first():
            ranks.wait()  # the first one fetches what is to be fetched
        data = load_dataset(
            config.dataset, registry, resolution=config.resolution, channels=config.channels, data_dir=config.data_dir
        )
        if ranks.first():
            ranks.wait()
        data = with_codes(data, config, registry)
        if config.conditional:
            _tell_of_empty_classes(data)
        _, height, width, channels = data.images.shape
        fixed = registry.dataset_of(config.dataset).fixed
        found = {"channels": channels} | ({} if fixed else {"resolution": Size(height, width)})
        settled = {key: value for key, value in found.items() if getattr(config, key) is None}
        resolved = _settled(resolved, settled, f"data set {config.dataset.partition(':')[0]}")
        return cls(resolved, registry, data, device)

    @property
    def config(self) -> TrainConfig:
        """The configuration alone."""
        return self.resolved.config

    @property
    def lost(self) -> str:
        """A sentence on what was cut off the images to make squares of them; empty if that is next to nothing."""
        number, height, width, _ = self.data.images.shape
        return remark(number, self.data.cut_from, Size(height, width))

    def with_precision(self) -> Setup:
        """With a number format in place of "auto": what is quickest here."""
        if self.config.precision != "auto":
            return self
        seconds = ranks.told_by_first(time_precisions(self.config, self.registry, self.data, self.device))
        chosen = choose_precision(seconds)
        found = ", ".join(f"{name} {1000 * s:.0f} ms an iteration" for name, s in seconds.items())
        ranks.say(f"Precision {chosen}: {found}.")
        return replace(self, resolved=_settled(self.resolved, {"precision": chosen}, "measured here"))

    def build(self) -> TrainingState:
        """The game at its start."""
        apply_precision(self.config.precision)
        return build_state(self.config, self.registry, self.data, self.device)

    def probe(self) -> Probe | None:
        """The images by which the one process that writes looks at the game, unless nobody wants to look."""
        if self.config.diagnose_every is None or not ranks.first():
            return None
        return Probe.of(self.config, self.registry, self.data, self.device)

    def memory_explained(self) -> AbstractContextManager[None]:
        """A context in which an exhausted memory is answered with what would fit; see there."""
        return memory_explained(self.config, self._try_out)

    def _try_out(self, config: TrainConfig) -> None:
        """Play one step of each player, with every technique: all that a training needs memory for at a time."""
        state = build_state(config, self.registry, self.data, self.device)
        state.stay_grown()
        engine = Engine(state)
        engine.d_step()
        engine.g_step()


def _tell_of_empty_classes(data: ImageData) -> None:
    """Say which classes nothing can be learned of: a generator draws them all the same, as whatever it likes."""
    empty = [name for name, count in zip(data.class_names, class_counts(data), strict=True) if not count]
    if empty:
        shown = ", ".join(empty[:5]) + (", ..." if len(empty) > 5 else "")
        ranks.say(
            f"{len(empty):,} of {len(data.class_names):,} classes have no image, and will not be learned: {shown}."
        )


def _settled(resolved: Resolved, values: dict[str, object], origin: str) -> Resolved:
    """The configuration with values that were found out, and where."""
    origins = {**resolved.origins, **dict.fromkeys(values, origin)}
    return replace(resolved, config=resolved.config.model_copy(update=values), origins=origins)
