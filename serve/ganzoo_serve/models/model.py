"""One exported file as a server has it: loaded, looked at, tuned."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ganzoo_serve import metadata
from ganzoo_serve.devices import Device
from ganzoo_serve.generator import Generator
from ganzoo_serve.models.trial import Trial
from ganzoo_serve.models.tuning import Tuned, tune

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Model:
    """A generator, what was found out about it, and when it was loaded (seconds since 1970)."""

    generator: Generator
    tuned: Tuned
    loaded: int

    @property
    def name(self) -> str:
        """What the model calls itself."""
        return self.generator.name

    @property
    def rev(self) -> str:
        """The first 12 hexadecimal digits of its file's sha256."""
        return self.generator.rev

    @property
    def exact(self) -> bool:
        """Whether the same request gets the same bits each time."""
        return self.tuned.grade in ("bitexact", "bucket")


def load(path: Path, *, device: Device, loaded: int, trial: Trial | None = None, known: Iterable[Model] = ()) -> Model:
    """Read, check, try out and tune a file, in ``trial`` first if there is one. Raises ModelError or DeviceError.

    A copy of a ``known`` model, on the same ``device``, is what that is, at another path.
    """
    if trial is not None:
        trial.check_size(path)
    data = metadata.load_bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    for model in known:
        if model.generator.sha256 == sha256:
            return model if model.generator.path == path else replace(model, generator=model.generator.at(path))
    if trial is not None:
        trial.check(data, source=str(path))
    generator = Generator.from_bytes(data, path=path, device=device)
    tuned = tune(data, generator, device=device)
    generator.use(tuned.sizes, tuned.group, seconds=tuned.seconds[max(tuned.sizes)])
    figures = _figures(tuned, generator.recorded)
    logger.info("Tuned %s@%s on %s: %s", generator.name, generator.rev, generator.runtime, figures)
    return Model(generator, tuned, loaded)


def _figures(tuned: Tuned, recorded: tuple[int, ...]) -> str:
    """``0.42 ms an image alone, 0.36 of 8 at once; runs of up to 8, 16 at once a thread``."""
    alone, *others = ((size, f"{seconds * 1e3:.2f}") for size, seconds in sorted(tuned.seconds.items()))
    costs = ", ".join([f"{alone[1]} ms an image alone", *(f"{each} of {size} at once" for size, each in others)])
    graphs = f", CUDA graphs for {', '.join(map(str, recorded))}" if recorded else ""
    return f"{costs}; runs of up to {max(tuned.sizes)}, {tuned.group} at once a thread{graphs}"
