"""Seed after seed: the network with the labels alone, with the game, and what its features hold."""

import time
from pathlib import Path

import numpy as np
import torch

from ganzoo import ConfigError, GanzooError, __version__
from ganzoo.progress import Stages
from ganzoo_semisupervised.data import LabelledData
from ganzoo_semisupervised.labels import choose_labelled
from ganzoo_semisupervised.probe import probe_errors
from ganzoo_semisupervised.report import seed_line
from ganzoo_semisupervised.results import Outcome, SeedResult, read, write
from ganzoo_semisupervised.training import Settings, predict, train


def run(
    data: LabelledData, *, labels: int, seeds: list[int], epochs: int | None, device: torch.device, out: Path | None
) -> Outcome:
    """Every seed that ``out`` does not hold yet; each is written there as soon as it is done.

    Raises ConfigError for labels that cannot be shared among the classes and for an ``out`` of other settings, DataError for
    one that is something else.
    """
    settings = Settings.for_images(len(data.images), epochs)
    if labels > len(data.images):
        raise ConfigError(
            f"{labels} labels are more than the {len(data.images):,} training images of {data.name!r}; "
            f"expected at most '--labels {np.bincount(data.labels).min() * data.num_classes}'."
        )
    choose_labelled(data.labels, count=labels, num_classes=data.num_classes, seed=seeds[0])  # refuses before any work
    outcome = Outcome(
        protocol=protocol(data, labels, settings),
        machine={"device": str(device), "threads": torch.get_num_threads()},
    )
    known = read(out, outcome.protocol) if out else []
    outcome.seeds.extend(known)
    if out:
        write(out, outcome)  # a file that cannot be written is found out now
    missing = [seed for seed in seeds if seed not in {result.seed for result in known}]
    with Stages().open() as stages:
        for done, seed in enumerate(missing):
            try:
                result = run_seed(data, labels=labels, settings=settings, seed=seed, device=device, stages=stages)
            except KeyboardInterrupt:
                then = "; the same command goes on with the others" if out else ", and not kept without '--json'"
                stages.say(f"Stopped: {len(seeds) - len(missing) + done} of {len(seeds)} seeds are done{then}.")
                raise
            outcome.seeds.append(result)
            outcome.seeds.sort(key=lambda result: result.seed)
            if out:
                write(out, outcome)
            stages.say(seed_line(result, tests=len(data.test_labels)))
    return Outcome(
        protocol=outcome.protocol, machine=outcome.machine, seeds=[r for r in outcome.seeds if r.seed in seeds]
    )


def protocol(data: LabelledData, labels: int, settings: Settings) -> dict[str, object]:
    """What a number belongs to: two results with the same protocol can be averaged."""
    channels, height, width = data.shape.channels, data.shape.height, data.shape.width
    return {
        "ganzoo": __version__,
        "dataset": data.name,
        "data_sha256": data.sha256,
        "image_shape": f"{height}x{width}x{channels}",
        "train_images": len(data.images),
        "test_images": len(data.test_images),
        "classes": data.num_classes,
        "labels": labels,
        "labels_per_class": labels // data.num_classes,
        "batch_size": settings.batch_size,
        "steps": settings.steps,
        "epochs": round(settings.steps * settings.batch_size / len(data.images), 2),
    }


def run_seed(
    data: LabelledData, *, labels: int, settings: Settings, seed: int, device: torch.device, stages: Stages
) -> SeedResult:
    """Both networks from the same start with the same labels, and the probes of the second."""
    begin = time.monotonic()
    chosen = choose_labelled(data.labels, count=labels, num_classes=data.num_classes, seed=seed)
    errors = {}
    for game in (False, True):
        phase = "semi-supervised" if game else "supervised"
        steps = stages.stage(f"Seed {seed}: {phase}", settings.steps)
        D = train(data, chosen, settings=settings, seed=seed, game=game, device=device, after_step=steps.advance)
        logits, test_features = predict(D, data.test_images, device)
        if not np.isfinite(logits).all():
            raise GanzooError(f"Seed {seed} ({phase}) ended in NaN. Try another seed, or a smaller '--resolution'.")
        errors[game] = int((logits.argmax(axis=1) != data.test_labels).sum())
    _, features = predict(D, data.images, device)
    fits, probes = stages.stage(f"Seed {seed}: probes", 2), []
    for some in (chosen, np.arange(len(features))):
        probes.append(
            probe_errors(features[some], data.labels[some], test_features=test_features, test_labels=data.test_labels)
        )
        fits.advance()
    return SeedResult(
        seed=seed,
        supervised=errors[False],
        semisupervised=errors[True],
        probe_labelled=probes[0],
        probe_all=probes[1],
        seconds=round(time.monotonic() - begin, 1),
    )
