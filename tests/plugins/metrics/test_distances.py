import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ganzoo_metrics import distances
from ganzoo_metrics.arrays import chosen


@pytest.fixture(params=[False, True], ids=["one tile", "many tiles"])
def _small_tiles(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(distances, "_ROWS", 7)
        monkeypatch.setattr(distances, "_COLUMNS", 5)


@pytest.mark.usefixtures("_small_tiles")
def test_the_nearest_points_are_those_of_every_distance(random):
    queries, base = (random.standard_normal((n, 3)).astype(np.float32) for n in (23, 31))
    every = cdist(queries, base)
    index, distance = distances.nearest(queries, base)
    np.testing.assert_array_equal(index, every.argmin(axis=1))
    np.testing.assert_allclose(distance, every.min(axis=1), rtol=1e-6)


@pytest.mark.usefixtures("_small_tiles")
def test_what_is_excluded_is_never_nearest(random):
    points = random.randint(0, 256, size=(23, 4), dtype=np.uint8)
    every = cdist(points, points)
    np.fill_diagonal(every, np.inf)
    index, distance = distances.nearest(points, points, excluded=np.arange(23))
    assert (index != np.arange(23)).all()
    np.testing.assert_allclose(distance, every.min(axis=1))


@pytest.mark.usefixtures("_small_tiles")
@pytest.mark.parametrize("k", [1, 3, 22])
def test_the_kth_nearest_other_is_that_of_every_distance_sorted(random, k):
    points = random.standard_normal((23, 3)).astype(np.float32)
    every = np.sort(cdist(points, points), axis=1)  # itself first
    np.testing.assert_allclose(np.sqrt(distances.kth_nearest(points, k)), every[:, k], rtol=1e-5)


def test_a_copy_is_at_distance_0_however_far_from_the_origin(random):
    points = (1e4 + random.standard_normal((50, 200))).astype(np.float32)
    index, distance = distances.nearest(points, points)
    np.testing.assert_array_equal(index, np.arange(50))
    np.testing.assert_array_equal(distance, 0)


def test_distances_far_from_the_origin_are_not_lost_to_rounding(random):
    points = (1e4 + random.standard_normal((50, 20))).astype(np.float32)
    every = np.sort(cdist(points, points), axis=1)
    np.testing.assert_allclose(np.sqrt(distances.kth_nearest(points, 2)), every[:, 2], rtol=1e-3)


def test_images_are_chosen_once_each_and_all_where_there_are_no_more():
    np.testing.assert_array_equal(chosen(5, 5, seed=1), np.arange(5))
    found = chosen(100, 30, seed=1)
    assert len(np.unique(found)) == 30
    assert 0 <= found.min() < found.max() < 100
    assert list(found) != list(chosen(100, 30, seed=2))
