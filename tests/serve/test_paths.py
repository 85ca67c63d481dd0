import numpy as np
import pytest

from ganzoo_serve.paths import usual_mode, walk
from ganzoo_serve.seeds import latents


def test_a_straight_way_is_evenly_divided():
    points = walk(np.float32([0, 4]), np.float32([8, 0]), 5, "lerp")
    np.testing.assert_allclose(points, [[0, 4], [2, 3], [4, 2], [6, 1], [8, 0]], atol=1e-6)


def test_on_the_sphere_the_angle_is_evenly_divided():
    points = walk(np.float32([1, 0]), np.float32([0, 1]), 4, "slerp")
    angles = np.deg2rad([0, 30, 60, 90])
    np.testing.assert_allclose(points, np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-6)


def test_a_great_circle_keeps_the_length_of_latents_where_a_straight_way_cuts_through():
    a, b = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    length = {mode: np.linalg.norm(walk(a, b, 9, mode), axis=1) for mode in ("slerp", "lerp")}
    assert length["slerp"].min() > 0.95 * min(length["slerp"][[0, -1]])
    assert length["lerp"].min() < 0.8 * min(length["lerp"][[0, -1]])


def test_truncated_latents_keep_their_length_on_the_usual_way_but_not_each_number_within_2():
    assert usual_mode("truncated") == "slerp"
    a, b = latents([1, 2], z_dim=512, distribution="truncated")
    ways = {mode: walk(a, b, 17, mode) for mode in ("slerp", "lerp")}
    lengths = {mode: np.linalg.norm(way, axis=1) / np.linalg.norm(a) for mode, way in ways.items()}
    assert 2 < np.abs(ways["slerp"]).max() < 2.9
    assert lengths["slerp"].min() > 0.95
    assert np.abs(ways["lerp"]).max() <= 2
    assert lengths["lerp"].min() == pytest.approx(0.71, abs=0.04)


@pytest.mark.parametrize("mode", ["slerp", "lerp"])
def test_both_ends_are_those_latents_to_the_last_bit(mode):
    a, b = np.random.default_rng(1).standard_normal((2, 64)).astype(np.float32)
    points = walk(a, b, 7, mode)
    assert np.array_equal(points[0], a)
    assert np.array_equal(points[-1], b)
    assert points.dtype == np.float32


@pytest.mark.parametrize(
    ("a", "b"), [([1, 2], [1, 2]), ([1, 2], [2, 4]), ([1, 2], [-1, -2]), ([0, 0], [1, 2]), ([0, 0], [0, 0])]
)
def test_where_there_is_no_one_great_circle_the_way_is_straight(a, b):
    points = walk(np.float32(a), np.float32(b), 3, "slerp")
    np.testing.assert_allclose(points[1], (np.float32(a) + np.float32(b)) / 2, atol=1e-5)


def test_one_step_is_no_way():
    with pytest.raises(ValueError, match="expected at least 2"):
        walk(np.zeros(2, np.float32), np.ones(2, np.float32), 1, "lerp")


def test_latents_in_a_box_are_walked_straight():
    assert usual_mode("uniform") == "lerp"
    assert usual_mode("normal") == usual_mode("spherical") == "slerp"
