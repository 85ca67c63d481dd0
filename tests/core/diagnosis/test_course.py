import numpy as np
import pytest

from ganzoo.config import TrainConfig
from ganzoo.diagnosis.course import LOOKS, NEAR, POINTS, STILL_BETTER, divergence, oscillation, slow_convergence
from ganzoo.diagnosis.history import History

RUN = TrainConfig(recipe="dcgan-ns", architecture="dcgan", loss="ns", kimg=100.0)


def losses(values):
    return History([{"nimg": 1000 * k, "g_loss": float(value)} for k, value in enumerate(values)], RUN)


def sine(count=2 * POINTS, *, level=1.0, size=0.3, length=12):
    return level + size * np.sin(2 * np.pi * np.arange(count) / length)


def test_a_loss_that_became_nan_is_a_divergence_with_its_name(config):
    check = divergence(History([{"nimg": 10, "diverged": "d_loss"}], RUN), config())
    assert check.found is True
    assert check.sentence.startswith("d_loss became NaN")
    assert check.number is None
    assert check.advice == "--set optimizer_g.lr=2e-05 --set optimizer_d.lr=2e-05"


@pytest.mark.parametrize(("output", "found"), [(3.0, False), (-1000.0, False), (1001.0, True), (-4e6, True)])
@pytest.mark.parametrize("name", ["own_logits", "generated_logits"])
def test_outputs_that_no_distance_explains_are_a_divergence(history, config, name, output, found):
    check = divergence(history(**{name: output}), config())
    assert check.found is found
    assert check.number == abs(output)
    assert ("ever further" in check.sentence) is found


def test_outputs_that_came_back_are_none(history, config):
    assert divergence(history(own_logits=[1e6] * 9 + [1.0]), config()).found is False


def test_without_a_look_nothing_is_said_of_divergence(config):
    assert divergence(History([{"nimg": 10, "g_loss": 1.0}], RUN), config()).found is None


def test_a_loss_that_goes_round_is_an_oscillation(config):
    check = oscillation(losses(sine()), config())
    assert check.found is True
    assert check.number > 0.8
    assert "a round in about 12 records" in check.sentence


def test_only_the_second_half_of_a_run_counts(config):
    still = np.full(POINTS, 1.0)
    assert oscillation(losses(np.concatenate([sine(POINTS), still])), config()).found is False
    assert oscillation(losses(np.concatenate([still, sine(POINTS)])), config()).found is True


def test_swings_that_are_small_beside_the_loss_are_none(config):
    check = oscillation(losses(sine(size=0.1)), config())  # a deviation of 7 %
    assert check.found is False
    assert check.number > 0.8
    assert "chase" not in check.sentence


def test_a_drift_and_noise_are_no_oscillation(config):
    noise = np.random.default_rng(0).standard_normal(2 * POINTS)
    for values in (noise, np.arange(2 * POINTS), np.zeros(2 * POINTS), noise.cumsum()):
        assert oscillation(losses(values), config()).found is False


def test_too_short_a_log_says_nothing_of_oscillation(config):
    check = oscillation(losses(sine(2 * POINTS - 2)), config())
    assert check.found is None
    assert f"{2 * POINTS} records" in check.sentence


@pytest.mark.parametrize(("gain", "found"), [(0.9 * STILL_BETTER, False), (1.1 * STILL_BETTER, True), (-0.3, False)])
def test_a_run_that_ends_while_it_gets_better_is_too_short(history, config, gain, found):
    check = slow_convergence(
        history(looks=8, budget=80.0, pixel_coverage=[0.4] * 6 + [0.4 + gain] * 2), config(kimg=80.0)
    )
    assert check.found is found
    assert check.number == pytest.approx(gain)
    if found:
        assert check.command("dcgan-ns", "runs/1") == "ganzoo train --resume runs/1 --kimg 160"


def test_a_run_that_goes_on_is_not_too_short(history, config):
    check = slow_convergence(history(looks=8, pixel_coverage=[0.1] * 6 + [0.4] * 2), config())
    assert check.found is False
    assert check.sentence.endswith("which goes on.")


def test_fid_comes_before_pixels_and_lower_is_better(history, config):
    better = history(fid=[None] * 2 + [90.0, 80.0, 70.0, 60.0, 50.0, 50.0, 30.0, 20.0])
    check = slow_convergence(better, config())
    assert check.found is True
    assert check.number == pytest.approx(0.5)
    assert slow_convergence(history(fid=[None] * 2 + [20.0] * 7 + [21.0]), config()).found is False


def test_a_generator_that_never_came_near_the_data_was_too_slow(history, config):
    far = {"pixel_coverage": 0.9 * NEAR, "pixel_precision": 0.9 * NEAR}
    check = slow_convergence(history(**far), config())
    assert check.found is True
    assert "before the images came near" in check.sentence
    assert slow_convergence(history(pixel_coverage=0.0), config()).found is False
    for ill in ({"g_slope": 0.0}, {"pixel_diversity": 0.0}, {"own_logits": 1e6}):  # against which time is no help
        assert slow_convergence(history(**far, **ill), config()).found is False


def test_too_few_looks_say_nothing_of_convergence(history, config):
    check = slow_convergence(history(looks=LOOKS - 1, budget=10.0), config())
    assert check.found is None
    assert f"{LOOKS} looks" in check.sentence
