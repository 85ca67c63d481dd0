"""Run folders written by hand: what a training leaves behind, without the training."""

import numpy as np

from ganzoo.config import Layer, resolve
from ganzoo.runs.folder import DataFacts, RunFolder, moment_name
from ganzoo_serve.images import png

LOOKS = ("own_logits", "generated_logits", "pixel_coverage", "pixel_diversity", "g_slope", "d_slope", "g_gradient")
SETTINGS = {"steps": 100, "batch_size": 10, "resolution": 8, "channels": 1}


def write_run(path, registry, records=(), *, recipe="mlp-ns", grids=(), **settings):
    """A run of these records, with a grid after so many images, all different."""
    run = RunFolder(path)
    unknown = {"class_names": (), "class_counts": (), "licence": "CC0", "sha256": "0" * 64}
    facts = DataFacts(images=1500, channels=1, height=8, width=8, **unknown)
    resolved = resolve(recipe, registry, [Layer("test", SETTINGS | settings)])
    run.create(resolved, facts)
    for record in records:
        run.log(record)
    for place, nimg in enumerate(grids):
        picture = np.full((4, 4, 3), (place, resolved.config.seed, len(path.name)), np.uint8)
        (run.samples / f"{moment_name(nimg / 1000)}.png").write_bytes(png(picture))
    return run


def records(last=10, *, level=1.0, **more):
    """A record of losses and signs at each update until the ``last``, of batches of 10."""
    return [
        {
            "nimg": 10 * step,
            "g_steps": step,
            "ms_per_step": 2.0 * level,
            "d_loss": level / step,
            "g_loss": level + step,
            **dict.fromkeys(LOOKS, level),
            **more,
        }
        for step in range(1, last + 1)
    ]


def diverged(step):
    """The last record of a game that did."""
    return {"nimg": 10 * step, "g_steps": step, "diverged": "g_loss"}
