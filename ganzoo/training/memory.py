"""An exhausted memory, and what would fit."""

from __future__ import annotations

import gc
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ganzoo import torchrun
from ganzoo.config import TrainConfig
from ganzoo.errors import GanzooError

OUT_OF_MEMORY = re.compile(r"out of memory|(can't|cannot|failed to|unable to) allocate memory", re.IGNORECASE)
Trial = Callable[[TrainConfig], None]


@contextmanager
def memory_explained(config: TrainConfig, trial: Trial) -> Iterator[None]:
    """Turn an exhausted memory into a sentence with settings that fit, found by ``trial``, which plays a step with some.

    Nothing that the block made may be held from outside of it, or there is no memory for a trial.
    """
    try:
        yield
        return
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)
    pixels = f" and {config.resolution} pixels" if config.resolution else ""
    raise GanzooError(
        f"Out of memory at batch size {config.batch_size}{pixels}.\n"
        f"{_advice(config, trial)} Checkpoints that were written are good."
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of the device or of the machine, was exhausted."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or bool(OUT_OF_MEMORY.search(str(error)))


def _advice(config: TrainConfig, trial: Trial) -> str:
    smaller = "a smaller '--resolution' or narrower networks ('ganzoo list architectures')"
    if torchrun.started():  # the other processes are elsewhere by now, and no step is played without them
        return f"Try '--set accumulate={2 * config.accumulate}', more processes, {smaller}."
    fitting = fitting_rounds(config, trial)
    if fitting is None:
        return f"Tried here: not even 2 samples at a time fit. Try {smaller}."
    return (
        f"Tried here: the same batch in {fitting} rounds fits ('--set accumulate={fitting}'), and so does "
        f"'--batch-size {config.batch_size // fitting}'."
    )


def fitting_rounds(config: TrainConfig, trial: Trial) -> int | None:
    """The fewest rounds to accumulate over with which a step fits, tried one after the other; None if nothing does."""
    for rounds in range(config.accumulate + 1, config.batch_size // 2 + 1):
        if config.batch_size % rounds:
            continue
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            trial(config.model_copy(update={"accumulate": rounds}))
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                return None
            traceback.clear_frames(error.__traceback__)
        else:
            return rounds
    return None
