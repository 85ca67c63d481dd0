"""Everything that can be said about a run."""

from __future__ import annotations

from functools import partial

import numpy as np

from ganzoo.config import TrainConfig
from ganzoo.data.load import NoSplit, load_dataset
from ganzoo.diagnosis import Check, examine
from ganzoo.doctor.classes import missing_classes
from ganzoo.doctor.copies import memorisation
from ganzoo.doctor.near import nearest
from ganzoo.errors import GanzooError, RunError
from ganzoo.evaluation.find import open_subject
from ganzoo.evaluation.samples import Labels, Pixels
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.specs import ImageData
from ganzoo_serve.errors import ServeError
from ganzoo_serve.seeds import classes_as_frequent

SAMPLES = 1000
LARGEST = 60_000  # training images that are looked through: of more than that, as many drawn at random
LOOKS = ("memorisation", "missing classes")


def doctor(run: RunFolder, registry: Registry, stages: Stages) -> list[Check]:
    """All checks of a run. Raises RunError for a folder that holds no run, or one that has not begun."""
    config = run.read_config()[0].config
    records = run.stats()
    if not records:
        raise RunError(f"{run.path} has logged nothing yet; look again when it has trained for a while.")
    return [*examine(records, config), *_looked(run, config, registry, stages)]


def look(run: RunFolder, config: TrainConfig, registry: Registry, stages: Stages) -> list[Check]:
    """What a thousand images of the newest checkpoint say beside the training images, and beside unseen ones.

    Raises GanzooError or ServeError where data or checkpoint cannot be read.
    """
    load = partial(
        load_dataset,
        config.dataset,
        registry,
        resolution=config.resolution,
        channels=config.channels,
        data_dir=config.data_dir,
    )
    own = load(split="train")
    places = _some(len(own.images), LARGEST)
    drawn = _drawn(run, own, registry, stages)
    stage = stages.stage("Comparing", 2 * len(places))
    near = nearest(drawn, own.images, places=places, advance=stage.advance)
    try:
        unseen = load(split="test").images
        usual = nearest(unseen[_some(len(unseen), SAMPLES)], own.images, places=places, advance=stage.advance)
    except NoSplit:  # then some of the training images, as far as they are from the others
        some = places[_some(len(places), SAMPLES)]
        usual = nearest(own.images[some], own.images, places=places, but=some, advance=stage.advance)
    return [memorisation(near, usual, config), missing_classes(near, usual, own, config)]


def _looked(run: RunFolder, config: TrainConfig, registry: Registry, stages: Stages) -> list[Check]:
    """``look``, or why there is nothing to look at."""
    if not checkpoints(run.checkpoints):
        why = "there is no checkpoint yet"
    else:
        try:
            with stages.open():
                return look(run, config, registry, stages)
        except (GanzooError, ServeError) as error:
            why = str(error).splitlines()[0].rstrip(".")
    return [Check(name=name, found=None, sentence=f"not measured: {why}.") for name in LOOKS]


def _drawn(run: RunFolder, own: ImageData, registry: Registry, stages: Stages) -> Pixels:
    """Images as the exported model draws them; of classes as frequent as in the data, where it has classes."""
    seeds, blocks = range(SAMPLES), []
    with open_subject(str(run.path), registry) as subject:
        classes = None
        if subject.source.class_names and own.labels is not None:
            classes = classes_as_frequent(seeds, np.bincount(own.labels, minlength=len(own.class_names)).tolist())
        stage = stages.stage("Drawing", SAMPLES)
        for block in subject.source.blocks(seeds, classes, None, 128):
            blocks.append(block)
            stage.advance(len(block))
    return np.concatenate(blocks)


def _some(count: int, most: int) -> Labels:
    """All of ``count`` places, or ``most`` of them, drawn at random but always the same."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False))
