from types import SimpleNamespace

import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_augmentations import AdaOptions, AdaptiveOptions, build_ada, build_apa
from ganzoo_augmentations.overfitting import AdaptiveProbability, ScheduledProbability
from ganzoo_augmentations.pseudo import PseudoAugment

SURE = torch.tensor([3.0, 1.0, 0.5, 2.0])
UNSURE = torch.tensor([3.0, -1.0, 0.5, -2.0])


def followed(probability, logits, step_of, steps, first=0):
    for number in range(steps):
        probability.follow(step_of(nimg=first + 1000 * number, real_logits=logits))
    return probability.p.item()


def test_it_rises_at_its_pace_while_the_discriminator_is_sure_and_falls_again(step_of):
    probability = AdaptiveProbability(begin=0.0, target=0.6, kimg=100.0)
    # Every fourth step counts, for the thousands of images since the last one that did: 3, 4, 4.
    assert followed(probability, SURE, step_of, 12) == pytest.approx(0.11)
    assert followed(probability, UNSURE, step_of, 4, first=12_000) == pytest.approx(0.07)


def test_it_stays_a_probability(step_of):
    probability = AdaptiveProbability(begin=0.02, target=0.6, kimg=10.0)
    assert followed(probability, UNSURE, step_of, 40) == 0.0
    assert followed(probability, SURE, step_of, 80, first=40_000) == 1.0


def test_the_mean_sign_of_all_steps_since_counts(step_of):
    probability = AdaptiveProbability(begin=0.5, target=0.6, kimg=100.0)
    for number, logits in enumerate((SURE, SURE, SURE, -SURE)):  # r_t = 0.5
        probability.follow(step_of(nimg=1000 * number, real_logits=logits))
    assert probability.p.item() == pytest.approx(0.5 - 0.03)
    assert probability.steps.item() == probability.signs.item() == 0


def test_without_a_pace_it_stays(step_of):
    assert followed(AdaptiveProbability(begin=0.3, target=0.6, kimg=0.0), SURE, step_of, 8) == pytest.approx(0.3)


def test_generated_images_are_passed_off_as_real_ones_as_often_as_it_says():
    augment = PseudoAugment(AdaptiveProbability(begin=0.3, target=0.6, kimg=500.0))
    real, fake = torch.zeros(5000, 1, 2, 2), torch.ones(5000, 1, 2, 2)
    shown = augment.real_images(real, fake, Random(torch.device("cpu"), 0))
    assert (shown.flatten(1).std(1) == 0).all()
    assert abs(shown.mean() - 0.3) < 0.02
    assert augment(real, Random(torch.device("cpu"), 0)) is real


@pytest.mark.parametrize(
    ("nimg", "p"),
    [(0, 0.0), (5_000_000, 0.55 * (2 - 2**0.5) / 4), (10_000_000, 0.275), (20_000_000, 0.55), (10**9, 0.55)],
)
def test_a_schedule_moves_it_along_half_a_cosine_whatever_the_discriminator_says(nimg, p, step_of):
    for logits in (SURE, UNSURE):
        probability = ScheduledProbability(begin=0.0, end=0.55, kimg=20_000.0)
        assert probability.p == 0
        probability.follow(step_of(nimg=nimg, real_logits=logits))
        assert probability.p.item() == pytest.approx(p, rel=1e-5)


def test_the_options_choose_between_the_schedule_and_the_overfitting():
    for scheduled in (False, True):
        for record, build in ((AdaOptions, build_ada), (AdaptiveOptions, build_apa)):
            options = record(begin=0.1, end=0.4 if scheduled else None, ramp_kimg=7.0)
            probability = build(SimpleNamespace(options=options)).probability
            assert isinstance(probability, ScheduledProbability if scheduled else AdaptiveProbability)
            assert probability.p.item() == pytest.approx(0.1)
            if scheduled:
                assert (probability.end, probability.kimg) == (0.4, 7.0)
