"""Three distances between two parallel lines."""

import math

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ganzoo_theory.parallel_lines.distances import CELL, THETAS, cells, distances, line


def test_apart_from_0_kl_is_infinite_and_js_is_log_2():
    found = distances()
    apart = np.array(THETAS) != 0
    assert apart.sum() == len(THETAS) - 1
    assert np.isposinf(found.kl[apart]).all()
    np.testing.assert_allclose(found.js[apart], math.log(2))
    assert found.kl[~apart] == found.js[~apart] == found.w[~apart] == 0


def test_the_wasserstein_distance_is_how_far_apart_they_are():
    found = distances()
    np.testing.assert_allclose(found.w, np.abs(THETAS), atol=1e-12)


@pytest.mark.parametrize("theta", [-0.8, 0.1, 0.5])
def test_no_plan_in_the_plane_is_cheaper(theta):
    apart = cdist(line(0.0), line(theta))
    assert distances([theta]).w[0] == pytest.approx(apart[linear_sum_assignment(apart)].mean())


def test_one_cell_apart_is_apart():
    found = distances([-CELL, CELL])
    assert np.isposinf(found.kl).all()
    np.testing.assert_allclose(found.js, math.log(2))


@pytest.mark.parametrize("theta", [-1.0, -0.35, 0.0, 1.0])
def test_a_line_is_spread_evenly_over_one_column_of_cells(theta):
    found = cells(line(theta))
    assert found.sum() == pytest.approx(1)
    assert sorted(set(found)) == [0, pytest.approx(CELL)]
    assert np.count_nonzero(found) == round(1 / CELL)
