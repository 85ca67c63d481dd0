import numpy as np
import pytest

from ganzoo.diagnosis.course import POINTS, RETURNS, SWING
from ganzoo.diagnosis.swings import swing

SERIES = 300


def is_found(values):
    found = swing(values)
    return found.strength > SWING and found.returns > RETURNS


@pytest.mark.parametrize("length", [6, 8, 12, 20])
def test_a_sine_is_the_opposite_of_itself_half_a_round_before(length):
    found = swing(np.sin(2 * np.pi * np.arange(10 * length) / length))
    assert found.length == length
    assert found.strength > 0.85
    assert found.returns > 0.75


def test_a_sine_is_found_in_as_much_noise_and_on_a_drift():
    times = np.arange(100)
    noise = np.random.default_rng(0).standard_normal(100)
    found = swing(np.sin(2 * np.pi * times / 12) + 0.5 * noise + 0.1 * times)
    assert found.length in (10, 12, 14)
    assert found.strength > SWING


def test_swings_that_grow_are_as_strong_as_those_that_do_not():
    times = np.arange(100)
    growing = swing(np.exp(times / 20) * np.sin(2 * np.pi * times / 10))
    assert growing.length == 10
    assert growing.strength > 0.85


@pytest.mark.parametrize("count", [POINTS, 100, 300])
@pytest.mark.parametrize(("kind", "share"), [("noise", 0.01), ("walk", 0.01), ("slow noise", 0.02)])
def test_what_does_not_swing_is_hardly_ever_found_to(kind, share, count):
    random = np.random.default_rng(count)
    false = 0
    for _ in range(SERIES):
        values = random.standard_normal(count)
        if kind == "walk":
            values = values.cumsum()
        if kind == "slow noise":  # AR(1)
            for k in range(1, count):
                values[k] += 0.8 * values[k - 1]
        false += is_found(values)
    assert false <= share * SERIES


@pytest.mark.parametrize("values", [[0.0] * 100, list(range(100)), [1.0, -1.0] * 5, [], [3.0]])
def test_a_line_and_what_is_too_short_do_not_swing(values):
    assert swing(values).strength == 0


def test_a_single_round_is_no_swing():
    assert not is_found(np.sin(2 * np.pi * np.arange(100) / 100))
