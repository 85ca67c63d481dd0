"""What ails the generator's images."""

from __future__ import annotations

from functools import partial

from ganzoo.config import TrainConfig
from ganzoo.diagnosis import advice
from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.history import History, too_few

# Late in healthy runs on digits, MNIST and points it is 0.8 and more of the data's groups and 0.85 and more of their diversity.
# Of those that are collapsed to the eye, three modes of eight reach 0.5, and classes of one image each have a diversity of 0.1.
REACH, DIVERSITY = 0.6, 0.5
LATE = 0.5  # of the budget, after which a generator should have found the data
FELL = 0.5  # of its best so far, which was enough
LEARNED = 0.5  # of generated images that are near real ones: a young generator makes means of them, of which 0.3 may be
ALIKE = 0.1  # of the data's diversity: images hardly differ; young DCGANs are at 0.15 and more
SAME = 1e-3  # of it: all images are one; the youngest generators are at 0.02 and more


def mode_collapse(history: History, config: TrainConfig) -> Check:
    """A generator that makes few kinds of images: late in a run, or less than it did before.

    The share of real images in groups of similar ones that generated images reach, and the mean distance between generated
    images beside that between real ones (of a class, where there are classes). While a generator is young both are low as well.
    They count where they were high before; in the second half of a budget, of images that are near real ones or hardly differ;
    and at once of images that are one.
    """
    reach, diversity = history.recent("pixel_reach"), history.recent("pixel_diversity")
    check = partial(
        Check,
        name="mode collapse",
        measure="share of the data's groups that are reached, and diversity beside the data's; the lower",
        threshold=f"reach below {REACH:g}, or diversity below {DIVERSITY:g}",
        source="Richardson & Weiss 2018, arXiv:1805.12462, on groups; Odena et al. 2017, arXiv:1610.09585, section 4.2, on "
        "diversity; in pixels; thresholds ours",
    )
    if reach is None or diversity is None:
        return check(found=None, sentence=too_few())
    least = {"pixel_reach": REACH, "pixel_diversity": DIVERSITY}
    low = [name for name in least if history.medians(name)[-1] < least[name]]
    fell = any(max(history.medians(name)) >= max(least[name], history.medians(name)[-1] / FELL) for name in low)
    learned = (history.recent("pixel_precision") or 0.0) >= LEARNED
    late = history.share >= LATE and (learned or diversity < ALIKE)
    same = diversity < SAME
    fact = (
        f"generated images reach groups with {reach:.0%} of the data, and differ {diversity:.2f} times as much from each other "
        "as real ones"
    )
    check = partial(check, number=min(reach, diversity))
    if not low:
        return check(found=False, sentence=f"{fact}.")
    if not (fell or late or same):
        return check(found=None, sentence=f"{fact}, as those of a generator that has not learned much yet may.")
    stuck = (history.recent("g_gradient") or 0.0) == 0.0
    return check(
        found=True,
        sentence=f"{fact}: the generator makes few kinds of images and leaves the rest of the data out.",
        advice=advice.slower_generator(config) if stuck else advice.more_kinds(config),
    )
