"""The game on the embedded digits, small enough for seconds."""

import dataclasses

import pytest
import torch

from ganzoo_semisupervised.data import load
from ganzoo_semisupervised.labels import choose_labelled
from ganzoo_semisupervised.training import Settings, predict, train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits():
    return load("digits", resolution=8)


def test_a_short_game_with_few_labels_classifies_most_test_images(digits):
    settings = dataclasses.replace(Settings.for_images(len(digits.images), None), steps=300, max_shift=1)
    chosen = choose_labelled(digits.labels, count=50, num_classes=10, seed=0)
    D = train(digits, chosen, settings=settings, seed=0, game=True, device=CPU)
    logits, _ = predict(D, digits.test_images, CPU)
    assert (logits.argmax(axis=1) != digits.test_labels).mean() < 0.25  # chance: 0.9


@pytest.mark.parametrize("game", [False, True])
def test_training_is_a_function_of_the_seed(digits, game):
    chosen = choose_labelled(digits.labels, count=10, num_classes=10, seed=0)
    settings = dataclasses.replace(Settings.for_images(1500, None), steps=3)

    def weights(seed):
        D = train(digits, chosen, settings=settings, seed=seed, game=game, device=CPU)
        return torch.cat([weight.flatten() for weight in D.parameters()])

    first = weights(0)
    torch.rand(5)
    torch.testing.assert_close(weights(0), first, rtol=0, atol=0)
    assert not torch.equal(weights(1), first)


def test_torchs_random_state_is_left_as_it_was(digits):
    chosen = choose_labelled(digits.labels, count=10, num_classes=10, seed=0)
    before = torch.get_rng_state()
    settings = dataclasses.replace(Settings.for_images(1500, None), steps=1)
    train(digits, chosen, settings=settings, seed=0, game=True, device=CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_labels_that_were_not_chosen_are_never_looked_at(digits):
    chosen = choose_labelled(digits.labels, count=10, num_classes=10, seed=0)
    hidden = digits.labels.copy()
    kept = hidden[chosen]
    hidden[:] = -1_000_000
    hidden[chosen] = kept
    settings = dataclasses.replace(Settings.for_images(1500, None), steps=3)
    both = [
        train(data, chosen, settings=settings, seed=0, game=True, device=CPU)
        for data in (digits, dataclasses.replace(digits, labels=hidden))
    ]
    for a, b in zip(*(D.parameters() for D in both), strict=True):
        assert torch.equal(a, b)


def test_every_step_is_told(digits):
    chosen = choose_labelled(digits.labels, count=10, num_classes=10, seed=0)
    told = []
    settings = dataclasses.replace(Settings.for_images(1500, None), steps=4)
    train(digits, chosen, settings=settings, seed=0, game=True, device=CPU, after_step=lambda: told.append(1))
    assert len(told) == 4


def test_epochs_are_passes_over_the_images():
    assert Settings.for_images(60_000, 5).steps == 3000
    assert Settings.for_images(1_510, 2).steps == 31
    assert Settings.for_images(7, 2).batch_size == 7
    assert Settings.for_images(60_000, None) == Settings.for_images(1_500, None)
