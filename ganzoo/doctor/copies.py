"""Whether a generator draws its training images."""

from __future__ import annotations

from ganzoo.config import TrainConfig
from ganzoo.diagnosis import Check, advice
from ganzoo.doctor.near import Near

NEARER = 1 / 3
# Of healthy generators' images and of unseen ones none is a copy; of a generator of 20 images 0.18 were after 100 kimg.
COPIES = 0.05


def memorisation(drawn: Near, unseen: Near, config: TrainConfig) -> Check:
    """Generated images that are three times as near to one training image as to any other: copies of it.

    Beside what unseen images do. (The distance alone would not tell: a generator that makes nothing but ones is near to a
    training image as well, as all ones are near to each other.) Source: Gu et al. 2023, arXiv:2310.02664, section 2; ~ the third
    is from memory of the paper.
    """
    own, usual = copies(drawn), copies(unseen)
    found = own > usual + COPIES
    meaning = ": the generator has learnt images by heart" if found else ""
    return Check(
        name="memorisation",
        found=found,
        measure="share of generated images that are three times as near to one training image as to any other",
        number=own,
        threshold=f"above {COPIES:g} more than of unseen images, of which it is {usual:.2g}",
        sentence=f"{own:.1%} of generated images are copies of a training image, and of unseen ones {usual:.1%}{meaning}.",
        source="Gu et al. 2023, arXiv:2310.02664, on what is a copy; threshold ours",
        advice=advice.more_data(config),
    )


def copies(near: Near) -> float:
    """The share of images that are ``NEARER`` times as far from the nearest as from the second nearest."""
    first, second = near.distances.unbind(1)
    return float((first < NEARER * second).double().mean())
