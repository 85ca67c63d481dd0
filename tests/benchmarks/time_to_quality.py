"""How good are the pictures after so many minutes of training? Several settings, in turns, on one machine.

    python tests/benchmarks/time_to_quality.py quick ns-r1 --dataset mnist --minutes 1 5 --seeds 0 1 2

Prints a table of FIDs, in the features of the classifier of the data set, on 10,000 images against as many real ones, and
writes a grid of samples beside it. The clock runs while the game is played and stops while it is scored. Timings are worth
something only on a machine with nothing else to do.
"""

import argparse
import time
from pathlib import Path

from ganzoo.cli import wait_briefly

wait_briefly()  # as the command line does, before torch is loaded

import torch

from ganzoo import get_registry
from ganzoo.config import Layer, resolve
from ganzoo.evaluation import mean_and_interval
from ganzoo.evaluation.evaluate import Evaluator
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.scores import Scored
from ganzoo.progress import Stages
from ganzoo.runs.networks import Inputs, as_pixels, settled
from ganzoo.training import prepare
from ganzoo.training.engine import critic_steps, engine_for
from ganzoo_serve.images import grid, png

NARROW = {"arch.width_g": 32, "arch.width_d": 32}
OURS = {**NARROW, "arch.norm_d": "none", "z_dim": 64, "batch_size": 64, "precision": "bf16"}


def adam(lr, *betas):
    return {f"optimizer_{player}.{key}": value for player in "gd" for key, value in {"lr": lr, "betas": betas}.items()}


SETTINGS = {
    "quick": ("quick", {}),
    # What was known to be good before: the best two of several games on the same networks.
    "ns-r1": (
        "dcgan-ns",
        {**OURS, **adam(1e-3, 0.0, 0.99), "regularizers.r1.gamma": 1.0, "regularizers.r1.interval": 4},
    ),
    "rpgan-r1-r2": (
        "dcgan-rpgan",
        {**OURS, **adam(5e-4, 0.0, 0.99)}
        | {
            f"regularizers.{name}.{key}": value
            for name in ("r1", "r2")
            for key, value in (("gamma", 0.5), ("interval", 4))
        },
    ),
    # Published settings of the papers on these networks: for days, not for minutes.
    "wgangp-5": ("dcgan-wgangp", {**NARROW, "n_critic": 5, **adam(1e-4, 0.0, 0.9)}),
    "wgangp-1": ("dcgan-wgangp", {**NARROW, "n_critic": 1, **adam(3e-4, 0.0, 0.9)}),
    "dcgan": ("dcgan-ns", {**NARROW, "arch.norm_d": "batch", **adam(2e-4, 0.5, 0.999)}),
}


class Drawn:
    """The averaged generator of a game, as the evaluation draws from a model."""

    generator = None

    def __init__(self, state):
        self.scored, self.shape = Scored(name="game"), state.image_shape
        self.inputs = Inputs(state.config.z_dim, state.config.z_distribution, state.class_counts, state.device)
        self.class_names = tuple(map(str, range(len(state.class_counts))))
        self.G = settled(state.G_ema, self.inputs)

    def labels(self, seeds):
        return self.inputs.of(seeds)[1].numpy() if self.class_names else None

    @torch.no_grad()
    def blocks(self, seeds, labels, truncation, size):
        for first in range(seeds.start, seeds.stop, size):
            images = self.G(*self.inputs.of(range(first, min(first + size, seeds.stop))))
            yield as_pixels(images.float()).numpy()


def play(name, seed, arguments, evaluator):
    """Train, stop at each of the moments, score: the FIDs."""
    recipe, settings = SETTINGS[name]
    asked = {"dataset": arguments.dataset, "conditional": arguments.conditional, "seed": seed, "kimg": 10**6}
    layer = Layer("benchmark", asked | settings | dict(arguments.set))
    _, state = prepare(resolve(recipe, get_registry(), [layer]), get_registry())
    engine = engine_for(state)
    engine.warm_up()
    played, found = 0.0, []
    for minutes in arguments.minutes:
        begin = time.perf_counter()
        while played + time.perf_counter() - begin < 60 * minutes:
            engine.iterate(critic_steps(state.config, state.g_steps))
        played = 60 * minutes
        drawn = Drawn(state)
        (score,) = evaluator(state).score(drawn).evaluation.scores
        found.append(score.value)
        print(f"{name} seed {seed}: {minutes:g} min, {state.nimg / 1000:.0f} kimg, FID {score.value:.2f}", flush=True)
        if arguments.pictures:
            images = next(drawn.blocks(range(64), None, None, 64))
            path = arguments.pictures / f"{arguments.dataset}-{name}-{seed}-{minutes:g}min.png"
            path.write_bytes(png(grid(images, 8)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=sorted(SETTINGS), metavar="NAME", help=", ".join(SETTINGS))
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--conditional", action="store_true")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument(
        "--set", type=lambda text: tuple(text.split("=", 1)), nargs="*", default=[], help="for all of them"
    )
    parser.add_argument("--pictures", type=Path, help="a folder for grids of samples")
    arguments = parser.parse_args()
    evaluators = {}

    def evaluator(state):
        if not evaluators:
            request = Request(dataset=arguments.dataset, metrics={"fid": {}}, samples=10_000)
            evaluators["it"] = Evaluator(request, get_registry(), state.image_shape, Stages(quiet=True))
        return evaluators["it"]

    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    # Seed by seed, so that a machine that grows slower is so for all.
    found = {name: [] for name in arguments.names}
    for seed in arguments.seeds:
        for name in arguments.names:
            found[name].append(play(name, seed, arguments, evaluator))
    print(
        f"\nFID of {arguments.dataset} after minutes of training, {len(arguments.seeds)} seeds, {torch.get_num_threads()} threads"
    )
    print("\n| settings | " + " | ".join(f"{minutes:g} min" for minutes in arguments.minutes) + " |")
    print("| --- |" + " ---: |" * len(arguments.minutes))
    for name, runs in found.items():
        cells = []
        for values in zip(*runs, strict=True):
            mean, half = mean_and_interval(values)
            cells.append(f"{mean:.2f}" if half is None else f"{mean:.2f} +- {half:.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
