"""Whether a generator leaves classes out."""

from __future__ import annotations

from functools import partial

import numpy as np

from ganzoo.config import TrainConfig
from ganzoo.diagnosis import Check, advice
from ganzoo.doctor.near import Near
from ganzoo.specs import ImageData

MISSING = 0.1  # of a class's share among unseen images, below which it counts as left out
EXPECTED = 10  # images of a class among as many unseen ones, to say that it is
NAMED = 8  # classes in a sentence


def missing_classes(drawn: Near, unseen: Near, own: ImageData, config: TrainConfig) -> Check:
    """Classes that hardly any generated image is of, by the class of the nearest training image.

    Beside the classes that unseen images are taken for in the same way: what pixels take for another class they do for both.
    """
    check = partial(
        Check,
        name="missing classes",
        measure="share of the data's classes that are drawn",
        threshold=f"below 1; a class counts from {MISSING:.0%} of its share among unseen images on",
        source="Santurkar, Schmidt & Madry 2018, arXiv:1711.00970, on counting classes; threshold ours",
        advice=advice.more_kinds(config),
    )
    if own.labels is None:
        return check(found=None, sentence="not measured: the data have no classes.")
    made, usual = (_shares(near, own) for near in (drawn, unseen))
    judged = usual * len(unseen.places) >= EXPECTED
    total = int(judged.sum())
    if total < 2:
        why = f"{len(unseen.places)} images are too few for {len(own.class_names)} classes"
        return check(found=None, sentence=f"not measured: {why}.")
    lost = [own.class_names[k] for k in np.flatnonzero(judged & (made < MISSING * usual))]
    told = f"; missing: {'; '.join(lost[:NAMED])}{'; ...' if len(lost) > NAMED else ''}" if lost else ""
    return check(
        found=bool(lost),
        number=1 - len(lost) / total,
        sentence=f"{total - len(lost)} of {total} classes are drawn{told}.",
    )


def _shares(near: Near, own: ImageData) -> np.ndarray:
    """Of each class, how many images are nearest to one of it."""
    assert own.labels is not None
    counts = np.bincount(own.labels[near.places[:, 0].numpy()], minlength=len(own.class_names))
    shares: np.ndarray = counts / counts.sum()
    return shares
