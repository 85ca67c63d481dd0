import math
from types import SimpleNamespace

import numpy as np
import pytest

from ganzoo import ConfigError, ImageShape
from ganzoo.data import load_dataset
from ganzoo_plane import ModesOptions
from ganzoo_plane.modes import Points, measure, nearest
from ganzoo_plane.points import as_pixels


@pytest.fixture
def extractor(registry):
    """``extractor("ring8")``"""

    def build(name, shape=(1, 1, 2)):
        load = lambda split: load_dataset(name, registry, split=split)  # noqa: E731
        return Points(SimpleNamespace(image_shape=ImageShape(*shape), load=load))

    return build


def measured(extractor, points, **options):
    sample = SimpleNamespace(features=np.asarray(points, dtype=np.float32))
    return measure(SimpleNamespace(extractor=extractor, generated=sample, options=ModesOptions(**options)))


def test_the_nearest_centre_and_how_far_it_is():
    found, far = nearest(np.array([[0.9, 0.1], [0.0, 2.0]]), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert found.tolist() == [1, 2]
    np.testing.assert_allclose(far, [math.hypot(0.1, 0.1), 1.0])


@pytest.mark.parametrize(("name", "modes"), [("ring8", 8), ("grid25", 25)])
def test_real_points_find_every_mode_and_are_good(extractor, registry, name, modes):
    points = extractor(name)
    found = measured(points, points(load_dataset(name, registry, split="test").images).features)
    assert found.values["modes_found"] == modes
    assert found.values["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.005)  # within 3 deviations
    assert found.values["modes_kl"] < 1e-3


def test_a_collapsed_generator_has_one_mode_and_log_8_nats_to_go(extractor):
    points = extractor("ring8")
    found = measured(points, np.tile(points.centres[2], (50, 1)))
    assert found.values == {"modes_found": 1.0, "high_quality": 1.0, "modes_kl": pytest.approx(math.log(8))}
    assert found.details["good"]["90 degrees"] == 50


def test_points_between_modes_are_not_good(extractor):
    points = extractor("ring8")
    half = np.concatenate([np.zeros((30, 2)), np.repeat(points.centres, 10, axis=0)])
    found = measured(points, half)
    assert found.values["modes_found"] == 8
    assert found.values["high_quality"] == pytest.approx(80 / 110)
    nothing = measured(points, np.zeros((30, 2)))
    assert nothing.values == {"modes_found": 0.0, "high_quality": 0.0, "modes_kl": pytest.approx(math.log(8))}


def test_posteriors_are_of_the_nearest_mode(extractor):
    points = extractor("grid25")
    seen = points(as_pixels(points.centres.astype(np.float64)))
    assert seen.probabilities.argmax(1).tolist() == list(range(25))
    assert points.class_names[7] == "row 1, column 2"


@pytest.mark.parametrize("name", ["two-moons", "swiss-roll"])
def test_where_there_are_no_modes_none_are_counted(extractor, name):
    with pytest.raises(ConfigError, match="counts modes of points"):
        measured(extractor(name), np.zeros((3, 2)))


def test_pictures_are_no_points(extractor):
    with pytest.raises(ConfigError, match="these images are 8x8"):
        extractor("ring8", shape=(1, 8, 8))


def test_another_distribution_has_another_identity(extractor):
    assert extractor("ring8").identity != extractor("grid25").identity
    assert extractor("ring8").identity == extractor("ring8").identity


def test_points_strewn_over_the_plane_find_nothing(extractor):
    strewn = np.random.default_rng(0).uniform(-1, 1, (2500, 2))
    assert measured(extractor("ring8"), strewn).values["modes_found"] == 0
    assert measured(extractor("ring8"), strewn, least_share=0.0).values["modes_found"] == 8


def test_a_mode_is_found_by_a_share_of_what_it_would_have(extractor):
    points = extractor("ring8")
    few = np.concatenate([np.repeat(points.centres[:1], 98, 0), points.centres[1:3]])  # of an even share of 12.5
    assert measured(points, few).values["modes_found"] == 1
    assert measured(points, few, least_share=0.08).values["modes_found"] == 3
