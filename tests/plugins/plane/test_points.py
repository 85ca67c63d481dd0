import numpy as np
import pytest

from ganzoo import ConfigError, Size
from ganzoo.data import load_dataset
from ganzoo_plane.points import DEVIATION, DRAWN, as_pixels, as_points


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_set_is_the_same_every_time_and_its_splits_are_not(registry, name):
    train, again = (load_dataset(name, registry) for _ in range(2))
    test = load_dataset(name, registry, split="test")
    assert train.images.shape == (50_000, 1, 2, 1)
    assert test.images.shape == (10_000, 1, 2, 1)
    np.testing.assert_array_equal(train.images, again.images)
    assert not np.array_equal(train.images[:10_000], test.images)
    inside = (train.images > 0) & (train.images < 255)
    assert inside.mean() > 0.99  # but for the ends of the line, nothing lies at the edge


@pytest.mark.parametrize(("name", "modes"), [("ring8", 8), ("grid25", 25)])
def test_modes_are_as_frequent_as_each_other_and_as_wide_as_said(registry, name, modes):
    data = load_dataset(name, registry)
    points = as_points(data.images)
    counts = np.bincount(data.labels)
    assert len(counts) == len(data.class_names) == modes
    assert counts.max() - counts.min() <= 1
    centres = np.stack([points[data.labels == k].mean(0) for k in range(modes)])
    spread = (points - centres[data.labels]).std()
    assert spread == pytest.approx(np.hypot(DEVIATION, 1 / 127.5 / 12**0.5), rel=0.02)  # rounding adds its own
    if name == "ring8":
        np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 0.75, atol=0.002)
    else:
        np.testing.assert_allclose(sorted(set(centres.round(1).ravel())), [-0.8, -0.4, 0.0, 0.4, 0.8])


def test_the_line_is_uniform_at_zero(registry):
    x, y = as_points(load_dataset("parallel-lines", registry).images).T
    assert abs(x).max() < 0.01
    assert 0 <= y.min() < 0.01
    assert y.mean() == pytest.approx(0.5, abs=0.01)


def test_points_are_pixels_and_back():
    points = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    assert as_pixels(points).shape == (100, 1, 2, 1)
    np.testing.assert_allclose(as_points(as_pixels(points)), points, atol=0.5 / 127.5 + 1e-6)


@pytest.mark.parametrize("asked", [{"resolution": 8}, {"channels": 3}])
def test_points_are_not_resized_or_converted(registry, asked):
    with pytest.raises(ConfigError, match=r"'ring8' is of one shape, 2x1 of 1(.|\n)*Leave out '--resolution'"):
        load_dataset("ring8", registry, **asked)
    assert load_dataset("ring8", registry, resolution=Size(1, 2), channels=1).images.shape[1:] == (1, 2, 1)
