"""How many images to draw at once, for this model on this machine: measured when it is loaded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ganzoo_serve.devices import Device
from ganzoo_serve.generator import Generator
from ganzoo_serve.models.determinism import Grade, probe

_MEASURED = (1, 2, 4, 8, 16, 32, 64)
# A GPU fills up with images side by side. A CPU core gains a little, by doing once what a run costs anyhow: measured
# with DCGANs of width 64 on one machine 424 us an image alone and 363 eight at a time (32 px), 1868 and 1843 (64 px), on another
# nothing at all. Perceptrons, whose weights are read once for all images, gain more: 405 and 64.
_SIZES = {"cpu": (*range(1, 9), 16, 32), "cuda": _MEASURED, "tensorrt": _MEASURED}
# Slower models gain nothing on a CPU, and would make many small requests wait for each other.
_SLOW_S = 0.02
# A thread takes about so much work at once, and no more than so many images: enough to spread what that costs, of which most is
# that the event loop and the model find the cache full of each other (measured: 32 at once made 3 to 6 % more images a second
# than 16, in requests of 16, of a model of 0.25 ms), little enough that nobody waits long.
_GROUP_S = 0.008
_MOST_A_GROUP = 32
# A larger size must take less than this share of the time for an image. Up to 8 that is what chance could make of it; beyond,
# what large batches win on their own is lost again beside a busy event loop, which wants the cache as well. Measured with
# DCGANs: of 32 px, 32 at a time, alone as quick as 8, were a fifth slower; of 64 px, 8 at a time made 15 % more than 4 of single
# images, alone 6 %.
_FEW, _GAIN_OF_FEW, _GAIN = 8, 0.98, 0.9
_ROUNDS = 9
_PATIENCE_S = 0.15


@dataclass(frozen=True)
class Tuned:
    """What was found: how sure pixels are, ``seconds`` for an image at each batch size that was measured, and what is best.

    ``sizes`` are the batch sizes to run it in, ascending, ``group`` the images that a thread should take at once.
    """

    grade: Grade
    seconds: dict[int, float]
    sizes: tuple[int, ...]
    group: int


def tune(model: bytes, generator: Generator, *, device: Device) -> Tuned:
    """Measure a generator that was loaded from ``model``; all sizes that are chosen have run then.

    Several sizes are chosen only if all give the same bits. Otherwise there is one, as the generator was made.
    """
    alone = _seconds(generator, [1])[1]
    sizes: tuple[int, ...] = _SIZES[generator.device]
    if generator.device == "cpu" and alone > _SLOW_S:
        sizes = (1,)
    grade = probe(model, generator, sizes, device=device)
    if grade != "bitexact" and sizes != generator.sizes:
        sizes = generator.sizes
        grade = probe(model, generator, sizes, device=device)
    measured = [size for size in sizes if size in _MEASURED]
    seconds = {1: alone} | (_seconds(generator, measured) if measured != [1] else {})
    best = _best({size: each for size, each in seconds.items() if size in sizes})
    group = best * max(1, min(_MOST_A_GROUP // best, round(_GROUP_S / (best * seconds[best]))))
    return Tuned(grade, seconds, tuple(size for size in sizes if size <= best), group)


def _best(seconds: dict[int, float]) -> int:
    """From small to large, each that beats the best before it by enough."""
    best, *larger = sorted(seconds)
    for size in larger:
        if seconds[size] < (_GAIN_OF_FEW if size <= _FEW else _GAIN) * seconds[best]:
            best = size
    return best


def _seconds(generator: Generator, sizes: Sequence[int]) -> dict[int, float]:
    """The time of one image in a batch of each size. They take turns, as a machine may be slower at one moment than another."""
    times = {size: list[float]() for size in sizes}
    inputs = {size: (generator.latents(range(size)), generator.labels(range(size))) for size in sizes}
    for size in sizes:  # the first of each is not counted: a GPU tries out how to do it
        generator.run_once(*inputs[size], None, size)
    spent = 0.0
    for _ in range(_ROUNDS):
        for size in sizes:
            began = time.perf_counter()
            generator.run_once(*inputs[size], None, size)
            times[size].append(time.perf_counter() - began)
            spent += times[size][-1]
        if spent > _PATIENCE_S:
            break
    return {size: median(its) / size for size, its in times.items()}
