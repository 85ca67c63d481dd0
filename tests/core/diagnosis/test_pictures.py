import pytest

from ganzoo.diagnosis.pictures import ALIKE, DIVERSITY, REACH, SAME, mode_collapse


@pytest.mark.parametrize(
    ("signs", "number"),
    [({"pixel_reach": REACH - 0.01}, REACH - 0.01), ({"pixel_diversity": DIVERSITY - 0.01}, DIVERSITY - 0.01)],
)
def test_few_kinds_of_good_images_late_in_a_run_are_a_collapse(history, config, signs, number):
    check = mode_collapse(history(**signs), config())
    assert check.found is True
    assert check.number == number
    assert "few kinds" in check.sentence


def test_many_kinds_are_none(history, config):
    check = mode_collapse(history(pixel_reach=REACH, pixel_diversity=DIVERSITY), config())
    assert check.found is False
    assert f"{REACH:.0%} of the data" in check.sentence
    assert "0.50 times" in check.sentence


@pytest.mark.parametrize("name", ["pixel_reach", "pixel_diversity"])
def test_a_young_generator_is_not_accused(history, config, name):
    young = {name: 0.2, "pixel_precision": 0.0}
    early = mode_collapse(history(budget=1000.0, **{name: 0.2}), config(kimg=1000.0))
    for check in (mode_collapse(history(**young), config()), early):
        assert check.found is None
        assert "not learned much yet" in check.sentence


@pytest.mark.parametrize(("before", "now", "found"), [(0.9, 0.45, True), (0.9, 0.46, None), (0.59, 0.1, None)])
def test_what_was_enough_and_twice_as_much_before_has_collapsed_however_early(history, config, before, now, found):
    fell = [before] * 7 + [now] * 3
    check = mode_collapse(history(budget=1000.0, pixel_reach=fell, pixel_precision=0.0), config(kimg=1000.0))
    assert check.found is found


def test_a_single_look_is_not_what_it_was_before(history, config):
    lucky = [0.1, 0.9] + [0.1] * 8
    assert mode_collapse(history(budget=1000.0, pixel_reach=lucky), config(kimg=1000.0)).found is None


def test_a_single_image_is_a_collapse_even_far_from_the_data(history, config):
    one = mode_collapse(history(pixel_diversity=0.9 * ALIKE, pixel_precision=0.0), config())
    several = mode_collapse(history(pixel_diversity=1.1 * ALIKE, pixel_precision=0.0), config())
    assert (one.found, several.found) == (True, None)
    early = [history(budget=1000.0, pixel_diversity=share * SAME, pixel_precision=0.0) for share in (0.9, 1.1)]
    assert [mode_collapse(each, config(kimg=1000.0)).found for each in early] == [True, None]


def test_a_generator_that_recovered_is_well(history, config):
    assert mode_collapse(history(looks=7, pixel_reach=[0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9]), config()).found is False


def test_one_that_stands_still_is_to_be_slower(history, config):
    still = mode_collapse(history(pixel_diversity=0.0, g_gradient=0.0), config())
    assert still.advice == "--set optimizer_g.lr=2e-05"
    assert mode_collapse(history(pixel_diversity=0.0), config()).advice == "--regularizer packing"


def test_two_looks_are_too_few(history, config):
    check = mode_collapse(history(looks=2, pixel_reach=0.0), config())
    assert check.found is None
    assert "3 looks" in check.sentence
