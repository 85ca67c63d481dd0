"""What does each regularizer and each augmentation cost? All of them in turns, beside the same game without any.

    python tests/benchmarks/techniques.py --dataset mnist --rounds 7

Prints the milliseconds of an iteration (one update of each player and of the average) and the ratio to the plain game: medians
over the rounds. Lazy ones are timed over their whole period. Worth something only on a machine with nothing else to do.
"""

import argparse
import math
import time
from statistics import median

from ganzoo.cli import wait_briefly

wait_briefly()  # as the command line does, before torch is loaded

import torch

from ganzoo import ConfigError, get_registry
from ganzoo.config import Layer, resolve
from ganzoo.training import prepare
from ganzoo.training.engine import engine_for

GAME = {"arch.width_g": 32, "arch.width_d": 32, "arch.norm_d": "none", "batch_size": 64}


def games(recipe, arguments, registry):
    """(name, engine) of the plain game and of one with each technique; why another cannot be is printed."""
    tables = (("regularizers", registry.regularizers), ("augmentations", registry.augmentations))
    asked = [("none", {}), *((r.name, {f"{table}.{r.name}": {}}) for table, records in tables for r in records)]
    for name, settings in asked:
        layer = Layer("benchmark", GAME | {"dataset": arguments.dataset, "precision": arguments.precision} | settings)
        try:
            _, state = prepare(resolve(recipe, registry, [layer]), registry)
        except ConfigError as error:
            print(f"{name}: {str(error).splitlines()[0]}")
            continue
        engine = engine_for(state)
        engine.warm_up()
        yield name, engine


def iterations(engine, least):
    """A whole number of periods, of at least so many iterations."""
    return -(-least // engine.period) * engine.period


def timed(engine, least):
    count = iterations(engine, least)
    begin = time.perf_counter()
    for _ in range(count):
        engine.iterate()
    if engine.s.device.type == "cuda":
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - begin) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="dcgan-ns")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=8, help="of each in a round, at least")
    arguments = parser.parse_args()
    found = dict(games(arguments.recipe, arguments, get_registry()))
    seconds = {name: [] for name in found}
    ratios = {name: [] for name in found}
    for _ in range(arguments.rounds):
        for name, engine in found.items():
            # The plain game beside each: the machine may be quicker a minute later.
            plain, own = timed(found["none"], arguments.iterations), timed(engine, arguments.iterations)
            seconds[name].append(own)
            ratios[name].append(own / plain)
    print(f"\n{arguments.recipe} on {arguments.dataset}, {arguments.precision}, {torch.get_num_threads()} threads\n")
    print("| technique | ms an iteration | beside the plain game |\n| --- | ---: | ---: |")
    for name in sorted(found, key=lambda name: (name != "none", name)):
        assert math.isfinite(median(seconds[name]))
        print(f"| {name} | {median(seconds[name]):.1f} | {median(ratios[name]):.2f} |")


if __name__ == "__main__":
    main()
