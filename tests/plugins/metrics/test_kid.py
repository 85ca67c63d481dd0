import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_metrics.kid import kid, mmd2, standard_error


def mmd2_in_loops(x, y):
    m, dim = x.shape
    x, y = x.astype(np.float64), y.astype(np.float64)

    def k(a, b):
        return (float(a @ b) / dim + 1) ** 3

    within = sum(k(x[i], x[j]) + k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    across = sum(k(x[i], y[j]) for i in range(m) for j in range(m)) / m**2
    return within - 2 * across


def test_two_pairs_of_numbers_by_hand():
    """k(1, 2) = 27, k(0, 1) = 1; across: k(1, 0) = k(2, 0) = 1, k(1, 1) = 8, k(2, 1) = 27."""
    x, y = np.array([[1], [2]], dtype=np.float32), np.array([[0], [1]], dtype=np.float32)
    assert mmd2(x, y) == pytest.approx((2 * 27 + 2 * 1) / 2 - 2 * (1 + 1 + 8 + 27) / 4)


def test_it_is_that_of_explicit_loops(random):
    x, y = (random.standard_normal((9, 5)).astype(np.float32) for _ in range(2))
    assert mmd2(x, y) == pytest.approx(mmd2_in_loops(x, y), rel=1e-6)


def test_it_has_no_bias(random):
    """Of one distribution the mean is 0, however small the subsets are: below 0 as often as above."""
    x, y = (random.standard_normal((4000, 3)).astype(np.float32) for _ in range(2))
    values = np.array([mmd2(x[k : k + 4], y[k : k + 4]) for k in range(0, 4000, 4)])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    assert (values < 0).any()


def test_subsets_are_drawn_without_replacement_generated_images_first():
    x, y = (np.random.RandomState(k).standard_normal((n, 4)).astype(np.float32) for k, n in ((0, 30), (1, 25)))
    random = np.random.RandomState(2020)
    expected = []
    for _ in range(3):
        first = random.choice(30, 6, replace=False)
        second = random.choice(25, 6, replace=False)
        expected.append(mmd2_in_loops(x[first], y[second]))
    np.testing.assert_allclose(kid(x, y, subsets=3, size=6, seed=2020), expected, rtol=1e-5)


def test_the_error_is_that_of_blocks_that_share_no_image(measure, noise):
    generated, real = noise(40), noise(50)
    measured = measure("kid", generated, real, subsets=25, size=10)
    value, error, over = measured.values["kid"]
    assert over == "10 blocks of 4"
    random = np.random.RandomState(2020)
    fakes, reals = (random.permutation(n)[:40].reshape(10, 4) for n in (40, 50))
    blocks = [mmd2_in_loops(generated.features[f], real.features[r]) for f, r in zip(fakes, reals, strict=True)]
    assert error == pytest.approx(np.std(blocks, ddof=1) / np.sqrt(10), rel=1e-4)
    assert not measured.notes
    assert value != measure("kid", generated, real, subsets=25, size=10, seed=1).values["kid"].value


def test_the_error_is_no_smaller_than_what_new_images_change(random):
    """Two distributions a little apart, where the error over random subsets is several times too small."""

    def draw():
        return random.standard_normal((400, 4)).astype(np.float32) * 1.2, random.standard_normal((400, 4)).astype(
            np.float32
        )

    found = [
        (kid(x, y, subsets=20, size=100, seed=0).mean(), standard_error(x, y, size=100, seed=0)[0])
        for x, y in (draw() for _ in range(60))
    ]
    values, errors = np.array(found).T
    assert 0.7 * values.std() < np.median(errors) < 4 * values.std()


def test_fewer_images_than_a_subset_make_smaller_subsets_and_a_note(measure, noise):
    measured = measure("kid", noise(40), noise(30))
    assert measured.values["kid"].over == "10 blocks of 3"
    assert "over subsets of 30, all there are of one side, instead of 1,000" in measured.notes[0]
    assert isinstance(measure("kid", noise(19), noise(30)).values["kid"], float)  # too few for an error
    with pytest.raises(ConfigError, match="2 images"):
        measure("kid", noise(1), noise(30))
