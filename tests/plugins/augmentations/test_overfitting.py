import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_augmentations.overfitting import AdaptiveProbability
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
