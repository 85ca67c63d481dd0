"""Which images keep their label."""

import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_semisupervised.labels import choose_labelled

LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(5), [20, 30, 40, 50, 60]))


def choose(count, seed=0):
    return choose_labelled(LABELS, count=count, num_classes=5, seed=seed)


@pytest.mark.parametrize("count", [5, 50, 100])
def test_every_class_has_as_many_and_no_image_comes_twice(count):
    chosen = choose(count)
    assert np.bincount(LABELS[chosen]).tolist() == [count // 5] * 5
    assert len(set(chosen.tolist())) == count


def test_the_choice_is_a_function_of_the_seed():
    np.testing.assert_array_equal(choose(50, seed=3), choose(50, seed=3))
    assert set(choose(50, seed=3)) != set(choose(50, seed=4))


def test_numpys_own_random_state_is_neither_used_nor_moved():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = choose(50)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(2)
    np.testing.assert_array_equal(choose(50), first)


@pytest.mark.parametrize(("count", "expected"), [(52, "such as 50 or 55"), (3, "such as 5."), (1, "such as 5.")])
def test_labels_that_cannot_be_shared_equally_name_the_nearest_numbers(count, expected):
    with pytest.raises(ConfigError, match=f"{count} labels cannot be shared equally among 5 classes; .*{expected}"):
        choose(count)


def test_a_class_with_too_few_images_is_named_with_the_most_that_can_be_had():
    with pytest.raises(
        ConfigError, match=r"105 labels are 21 of each class, but class 0 has 20 .* at most '--labels 100'"
    ):
        choose(105)
