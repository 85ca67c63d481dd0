"""What ails the players: a generator without a gradient, a discriminator that is sure of everything, or that learnt by heart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ganzoo.config import TrainConfig
from ganzoo.diagnosis import advice
from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.history import History, too_few

# Of logistic games, whose slopes are probabilities: D wrong by 2 %. Healthy runs stay above 0.06, DCGAN's without a penalty and
# young ones included; runs made to fail lie below 0.007.
SLOPE = 0.02
GRADIENT = 1e-3  # healthy generators' varies by a factor of 100; those that are stuck have 0
APART = 0.1  # from 0.5, where D cannot tell: then there is nothing to learn, and no gradient is as it should be
OVERFITTING = 0.6  # runs of 1,500 images and more lie below 0.3, single looks below 0.5; those of 100 and fewer above 1


def vanishing_gradient(history: History, config: TrainConfig) -> Check:
    """A generator that gets no gradient: its loss is flat where its images are judged, or nothing passes through its own layers.

    |dL_G / dD(G(z))|, of which the mean of log(1 - sigmoid) leaves sigmoid(D(G(z))), 0 where D is sure; and the norm of the last
    update's gradient beside the run's largest. Neither matters where D cannot tell generated from real images: such a game is
    at rest. Goodfellow et al. 2014, section 3; Arjovsky & Bottou 2017, theorem 2.4.
    """
    slope, gradient, told = (history.recent(name) for name in ("g_slope", "g_gradient", "told_apart"))
    check = partial(
        Check,
        name="vanishing gradient",
        measure="slope of the generator's loss by the discriminator's output",
        number=slope,
        threshold=f"below {SLOPE:g}",
        source="Goodfellow et al. 2014, arXiv:1406.2661, section 3; Arjovsky & Bottou 2017, arXiv:1701.04862, theorem 2.4; "
        "threshold ours",
    )
    if slope is None or gradient is None or told is None:
        return check(found=None, sentence=too_few())
    share = gradient / (max(history.series("g_gradient")) or 1.0)
    fact = (
        f"for a change of 1 in the discriminator's output the generator's loss changes by {slope:.2g}, and its gradient is "
        f"{share:.2g} of the largest that it had"
    )
    if abs(told - 0.5) < APART or (slope >= SLOPE and share >= GRADIENT):
        return check(found=False, sentence=f"{fact}.")
    if slope < SLOPE and gradient:  # without any it is the generator's own layers that nothing passes through
        return _flat(partial(check, found=True), fact, fooled=told < 0.5, config=config)
    return check(
        found=True,
        measure="gradient of the generator beside the run's largest",
        number=share,
        threshold=f"below {GRADIENT:g}",
        sentence=f"{fact}: the generator stands still, whatever the discriminator says.",
        advice=advice.slower_generator(config),
    )


def _flat(check: Callable[..., Check], fact: str, *, fooled: bool, config: TrainConfig) -> Check:
    """Why the generator's loss is flat."""
    if fooled:
        meaning = "the discriminator takes generated images for real ones and has nothing to teach."
        return check(sentence=f"{fact}: {meaning}", advice=advice.better_discriminator(config))
    sentence = (
        f"{fact}: the discriminator is so sure of generated images that nothing tells the generator what would help."
    )
    if config.loss == "mm":  # which is flat there; the non-saturating game was made for it
        return check(sentence=sentence, recipe=f"{config.architecture}-ns")
    return check(sentence=sentence, advice=advice.calmer_discriminator(config))


def saturation(history: History, config: TrainConfig) -> Check:
    """A discriminator that is sure of everything.

    |dL_D / dD(x)|, the mean over real and generated images: of logistic games, the probability by which D is wrong. Arjovsky &
    Bottou 2017, theorems 2.1 and 2.2: where data and generated images are apart there is a perfect D, whose gradient is 0.
    """
    slope = history.recent("d_slope")
    check = partial(
        Check,
        name="saturation",
        measure="slope of the discriminator's loss by its output",
        number=slope,
        threshold=f"below {SLOPE:g}",
        source="Arjovsky & Bottou 2017, arXiv:1701.04862, theorems 2.1 and 2.2; threshold ours",
    )
    if slope is None:
        return check(found=None, sentence=too_few())
    found = slope < SLOPE
    meaning = (
        ": it is sure of every image, learns no more, and its hints to the generator are unreliable" if found else ""
    )
    return check(
        found=found,
        sentence=f"the discriminator's loss changes by {slope:.2g} for a change of 1 in its output{meaning}.",
        advice=advice.calmer_discriminator(config),
    )


def overfitting(history: History, config: TrainConfig) -> Check:
    """A discriminator that knows its images by heart: those that it was not shown look generated to it.

    r_v = (E D(own) - E D(held out)) / (E D(own) - E D(generated)), beside r_t = E sign D(own), Karras et al. 2020, equation 1. By
    r_t alone nothing is found: healthy runs have one of 1 as well, where D is not memorising but right.
    """
    excess, sign = history.recent("overfitting"), history.recent("r_t")
    known = "" if sign is None else f" (ADA's r_t is {sign:.2f})"
    check = partial(
        Check,
        name="discriminator overfitting",
        measure="r_v, (own - held out) / (own - generated) of mean outputs",
        number=excess,
        threshold=f"above {OVERFITTING:g}",
        source="Karras et al. 2020, arXiv:2006.06676, equation 1; threshold ours",
    )
    if excess is None:
        return check(found=None, sentence=_why_not(history, known))
    found = excess > OVERFITTING
    meaning = ": the discriminator knows its images by heart" if found else ""
    return check(
        found=found,
        sentence="on the way from the discriminator's own images (0) to generated ones (1), images that it was not shown "
        f"stand at {excess:.2f}{known}{meaning}.",
        advice=advice.more_data(config),
    )


def _why_not(history: History, known: str) -> str:
    if not history.series("own_logits"):
        return too_few()
    if not history.series("held_out_logits"):
        return f"not measured: the data set has no test split, no images that are held out{known}."
    return f"not measured: the discriminator does not tell real from generated images often enough{known}."
