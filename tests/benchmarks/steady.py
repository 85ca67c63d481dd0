"""Does a training stay as it began? Memory over many steps, cost over the size of the data set and of the batch.

python tests/benchmarks/steady.py memory|images|batches [RECIPE]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from ganzoo.cli import wait_briefly

wait_briefly()  # as the command line does, before torch is loaded

import numpy as np
import torch

from ganzoo import ImageData, get_registry
from ganzoo.config import Layer, resolve
from ganzoo.training.averages import Averages
from ganzoo.training.build import build_state
from ganzoo.training.engine import engine_for
from ganzoo.training.host import make_ready

CPU = torch.device("cpu")


def game(recipe, data, **settings):
    small = {"arch.width_g": 16, "arch.width_d": 16} if recipe.startswith("dcgan") else {}
    layer = Layer("benchmark", {"resolution": 32, "kimg": 10**6} | small | settings)
    return build_state(resolve(recipe, get_registry(), [layer]).config, get_registry(), data, CPU)


def random_images(count, folder=None):
    """Grey images of 32x32, in memory, or in a file that is mapped."""
    if folder is None:
        return ImageData(images=np.random.default_rng(0).integers(0, 256, (count, 32, 32, 1), dtype=np.uint8))
    path = Path(folder) / f"{count}.npy"
    mapped = np.lib.format.open_memmap(path, "w+", np.uint8, (count, 32, 32, 1))
    for first in range(0, count, 10_000):
        mapped[first : first + 10_000] = np.random.default_rng(first).integers(
            0, 256, mapped[first : first + 10_000].shape
        )
    mapped.flush()
    return ImageData(images=np.load(path, mmap_mode="r"))


def seconds(engine, iterations):
    begin = time.perf_counter()
    for _ in range(iterations):
        engine.iterate()
    return (time.perf_counter() - begin) / iterations


def memory(recipe):
    engine, averages = engine_for(game(recipe, random_images(10_000), batch_size=16)), Averages()
    engine.warm_up()
    print("step    peak MB")
    for step in range(10_001):
        engine.iterate(log=averages.add)
        if step % 100 == 0:
            averages.read()
        if step % 1000 == 0:
            print(f"{step:6d}  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.1f}", flush=True)


def images(recipe):
    counts = (1_000, 10_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        engines = {}
        for count in counts:
            engines[count, "in memory"] = engine_for(game(recipe, random_images(count)))
            engines[count, "in a file"] = engine_for(game(recipe, random_images(count, folder)))
        times = {key: [] for key in engines}
        for round_ in range(8):
            for key, engine in engines.items():
                times[key].append(seconds(engine, 10))
                if not round_:
                    times[key].clear()
    for (count, where), values in times.items():
        print(
            f"{count:9,d} images {where}: {1e6 * np.median(values) / engines[count, where].s.config.batch_size:.1f} us an image"
        )


def batches(recipe):
    sizes = (16, 32, 64, 128, 256, 512)
    data = random_images(10_000)
    engines = {size: engine_for(game(recipe, data, batch_size=size)) for size in sizes}
    times = {size: [] for size in sizes}
    for round_ in range(8):
        for size, engine in engines.items():
            times[size].append(seconds(engine, max(2, 512 // size)))
            if not round_:
                times[size].clear()
    for size, values in times.items():
        print(f"batch {size:3d}: {engines[size].s.config.n_critic * size / np.median(values):8.0f} images/s")


if __name__ == "__main__":
    make_ready()
    {"memory": memory, "images": images, "batches": batches}[sys.argv[1]](*(sys.argv[2:] or ["dcgan-ns"]))
