import math

import pytest

from ganzoo.evaluation import mean_and_interval


def test_the_interval_is_students():
    mean, half = mean_and_interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert half == pytest.approx(4.302652729911275 / math.sqrt(3))  # t(2, 0.975) from a table; deviation 1


def test_equal_values_have_no_width_and_a_single_one_has_no_interval():
    assert mean_and_interval([7, 7, 7]) == (7.0, 0.0)
    assert mean_and_interval([7]) == (7.0, None)
