import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ganzoo import ConfigError
from ganzoo_metrics import distances
from ganzoo_metrics.prdc import prdc


def by_definition(generated, real, k):
    def radii(points):
        return np.sort(cdist(points, points), axis=1)[:, k]

    across = cdist(real, generated)
    in_real, in_generated = across <= radii(real)[:, np.newaxis], across <= radii(generated)
    return {
        "precision": in_real.any(axis=0).mean(),
        "recall": in_generated.any(axis=1).mean(),
        "density": in_real.sum() / (k * len(generated)),
        "coverage": in_real.any(axis=1).mean(),
    }


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("rows", [7, 2048])
def test_it_is_that_of_all_balls(random, monkeypatch, k, rows):
    monkeypatch.setattr(distances, "_ROWS", rows)
    monkeypatch.setattr(distances, "_COLUMNS", rows)
    generated = (0.5 + random.standard_normal((40, 3))).astype(np.float32)
    real = random.standard_normal((55, 3)).astype(np.float32)
    expected = by_definition(generated, real, k)
    assert 0 < expected["precision"] < 1
    assert prdc(generated, real, k=k) == pytest.approx(expected)


def test_a_line_by_hand():
    """Real balls of k = 1: [-1, 1], [0, 2], [6, 14] around 0, 1 and 10 reaching 1, 1 and 9: [1, 19]."""
    real, generated = (np.array(x, dtype=np.float32)[:, np.newaxis] for x in ([0, 1, 10], [-0.5, 30]))
    found = prdc(generated, real, k=1)
    # -0.5 lies in the first ball only; the generated balls reach 30.5 and hold all real images but 10's is held by both.
    assert found == pytest.approx({"precision": 0.5, "recall": 1.0, "density": 0.5, "coverage": 1 / 3})


def test_the_same_images_have_all_and_far_ones_nothing(random):
    points = random.standard_normal((30, 4)).astype(np.float32)
    assert prdc(points, points, k=3) == pytest.approx(
        {"precision": 1, "recall": 1, "density": 4 / 3, "coverage": 1}, abs=0.1
    )
    assert set(prdc(points + 100, points, k=3).values()) == {0}


def test_a_collapsed_model_is_precise_and_recalls_nothing(random):
    real = random.standard_normal((200, 2)).astype(np.float32)
    found = prdc((0.01 * random.standard_normal((200, 2))).astype(np.float32), real, k=5)
    assert found["precision"] == 1
    assert found["recall"] < 0.05
    assert found["coverage"] < 0.2


def test_density_and_coverage_of_equal_distributions_are_what_the_paper_derives(random):
    """E density = 1, E coverage = 1 - (M - 1)...(M - k) / ((2M - 1)...(2M - k)) for as many real as generated images."""
    m, k = 2000, 5
    found = prdc(*(random.standard_normal((m, 8)).astype(np.float32) for _ in range(2)), k=k)
    steps = np.arange(1, k + 1)
    assert found["density"] == pytest.approx(1, abs=0.06)
    assert found["coverage"] == pytest.approx(1 - np.prod((m - steps) / (2 * m - steps)), abs=0.02)


def test_images_beyond_the_most_are_left_out_and_uneven_sides_noted(measure, noise):
    generated, real = noise(60), noise(90)
    assert not measure("prdc", generated, real, max_images=50).notes
    assert "60 generated with 90 real" in measure("prdc", generated, real).notes[0]
    with pytest.raises(ConfigError, match="k = 60 needs 61 images"):
        measure("prdc", generated, real, k=60)
