"""What ails the course of a game: it runs away, goes round in circles, or ends too soon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from statistics import fmean

from ganzoo.config import TrainConfig
from ganzoo.diagnosis import advice
from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.history import History, too_few
from ganzoo.diagnosis.pictures import mode_collapse
from ganzoo.diagnosis.players import vanishing_gradient
from ganzoo.diagnosis.swings import swing

# A critic of slope 1, as Wasserstein games want it, tells 32x32 grey images apart by 64 at most and 256x256 RGB by 890.
RUNAWAY = 1000.0
# Walks at random and noise pass both in less than 1 % of all cases, and then their swings are mostly too small.
SWING, RETURNS = 0.4, 0.2
LEAST_SWING = 0.1  # where healthy games go round, they do so by 0.02
POINTS = 64
STILL_BETTER = 0.1  # coverage of 256 images varies by 0.06 from look to look
NEAR = 0.05  # of images; noise and real images' patches in another order have less, real images under noise of 0.3 have 0.2
LOOKS = 8


def divergence(history: History, config: TrainConfig) -> Check:
    """Losses that became NaN, or outputs of the discriminator beyond what any distance between images could be."""
    check = partial(
        Check,
        name="divergence",
        measure="mean output of the discriminator",
        threshold=f"beyond {RUNAWAY:g}, or no number",
        source="Mescheder et al. 2018, arXiv:1801.04406, section 2, on games that do not converge; threshold ours",
        advice=advice.slower_players(config, 10),
    )
    told = history.told("diverged")
    if told:
        return check(
            found=True, sentence=f"{told} became NaN or infinite: each player's answer was larger than the other's."
        )
    sizes = [abs(logits) for name in ("own_logits", "generated_logits") for logits in history.series(name)[-1:]]
    if not sizes:
        return check(found=None, sentence=too_few(1))
    found = max(sizes) > RUNAWAY
    meaning = ": more than images can differ, so the players drive each other ever further" if found else ""
    fact = f"the discriminator's mean output is {max(sizes):.3g} away from 0{meaning}."
    return check(found=found, number=max(sizes), sentence=fact)


def oscillation(history: History, config: TrainConfig) -> Check:
    """Players that chase each other in circles.

    How much the generator's loss in the second half of a run is the opposite of what it was half a round before: minus its
    autocorrelation there. Round it goes where players answer each other at every step (Mescheder et al. 2018, section 2).
    """
    losses = history.series("g_loss")
    late = losses[len(losses) // 2 :]
    check = partial(
        Check,
        name="oscillation",
        measure="how much the generator's loss is the opposite of half a round before",
        threshold=f"above {SWING:g}, by {LEAST_SWING:.0%} of the loss or more",
        source="Mescheder et al. 2018, arXiv:1801.04406, section 2, on such games; threshold ours",
        advice=advice.calmer_discriminator(config),
    )
    if len(late) < POINTS:
        return check(
            found=None,
            sentence=f"not measured: it takes {2 * POINTS} records of the loss, of which there are {len(losses)}.",
        )
    found, size = swing(late), _deviation(late) / (fmean(map(abs, late)) or 1.0)
    goes_round = found.strength > SWING and found.returns > RETURNS and size > LEAST_SWING
    fact = (
        f"the generator's loss varies by {size:.0%}, and half a round earlier it was {found.strength:.2f} the opposite"
    )
    meaning = f": the players chase each other, a round in about {found.length} records" if goes_round else ""
    return check(found=goes_round, number=found.strength, sentence=f"{fact}{meaning}.")


def slow_convergence(history: History, config: TrainConfig) -> Check:
    """A run that ends while it still gets better, or before it came near the data: by FID, if it was measured, else by coverage.

    The mean of the last quarter of values beside that of the quarter before; of FID, the share of it that went.
    """
    scored = len(history.series("fid")) >= LOOKS // 2
    name = "FID" if scored else "coverage"
    values = history.series("fid" if scored else "pixel_coverage")
    check = partial(
        Check,
        name="slow convergence",
        measure="share of FID lost in the last quarter" if scored else "coverage gained in the last quarter",
        threshold=f"above {STILL_BETTER:g} at the end of the budget, or no image near the data by then",
        source="Naeem et al. 2020, arXiv:2002.09797, equation 4, for coverage; threshold ours",
        advice=advice.longer(config),
        resume=True,
    )
    if not scored and len(values) < LOOKS:
        return check(found=None, sentence=too_few(LOOKS))
    quarter = len(values) // 4
    before, now = fmean(values[-2 * quarter : -quarter]), fmean(values[-quarter:])
    gain = (before - now) / before if scored and before else now - before
    fact = f"{name} went from {before:.3g} to {now:.3g} in the last quarter of the run"
    if history.share < 1:
        return check(found=False, number=gain, sentence=f"{fact}, which goes on.")
    if gain > STILL_BETTER:
        return check(found=True, number=gain, sentence=f"{fact}: the budget ended while the images still got better.")
    shares = [history.recent(name) for name in ("pixel_coverage", "pixel_precision")]
    far = all(share is not None and share < NEAR for share in shares)
    # Against these, more of the same would be no help.
    ailments = (divergence, oscillation, vanishing_gradient, mode_collapse)
    found = far and not any(rule(history, config).found for rule in ailments)
    meaning = ": the budget ended before the images came near the data" if found else ""
    return check(found=found, number=gain, sentence=f"{fact}{meaning}.")


def _deviation(values: Sequence[float]) -> float:
    mean = fmean(values)
    return math.sqrt(fmean((value - mean) ** 2 for value in values))
