import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from ganzoo_serve.errors import RequestError
from ganzoo_serve.seeds import LATENT_SCHEME, MAX_SEED, classes_from_seeds, latents, normal_quantile

VECTORS = json.loads((Path(__file__).parent / "seed_vectors.json").read_text())
any_seed = st.integers(0, MAX_SEED)


def test_the_vectors_are_of_this_scheme():
    assert VECTORS["scheme"] == LATENT_SCHEME


@pytest.mark.parametrize("vector", VECTORS["latents"], ids=lambda v: f"{v['distribution']}-{v['seed']}")
def test_latents_match_the_committed_bits(vector):
    z = latents([vector["seed"]], z_dim=len(vector["float32_hex"]), distribution=vector["distribution"])
    assert [struct.pack(">f", value).hex() for value in z[0]] == vector["float32_hex"]
    np.testing.assert_array_equal(z[0], np.array(vector["float32"], dtype=np.float32))


@pytest.mark.parametrize("vector", VECTORS["classes"], ids=lambda v: f"of-{v['num_classes']}")
def test_classes_match_the_committed_ones(vector):
    assert classes_from_seeds(vector["seeds"], vector["num_classes"]).tolist() == vector["classes"]


def test_words_come_from_philox_in_plain_python():
    """Philox4x64-10 from its paper, by hand: what a port to another language has to do."""

    def philox(counter, key):
        mask = 2**64 - 1
        for _ in range(10):
            a, b = 0xD2E7470EE14C6C93 * counter[0], 0xCA5A826395121157 * counter[2]
            counter = ((b >> 64) ^ counter[1] ^ key[0], b & mask, (a >> 64) ^ counter[3] ^ key[1], a & mask)
            key = ((key[0] + 0x9E3779B97F4A7C15) & mask, (key[1] + 0xBB67AE8584CAA73B) & mask)
        return counter

    words = [word for block in (1, 2) for word in philox((block, 0, 0, 0), (42, 0))]
    expected = [2 * ((word >> 12) + 0.5) * 2.0**-52 - 1 for word in words]
    np.testing.assert_array_equal(latents([42], z_dim=8, distribution="uniform")[0], np.float32(expected))


@given(
    st.lists(any_seed, min_size=1, max_size=5), st.integers(1, 40), st.sampled_from(["normal", "uniform", "truncated"])
)
def test_a_latent_depends_on_its_seed_alone_and_a_smaller_one_is_a_prefix(seeds, z_dim, distribution):
    together = latents(seeds, z_dim=40, distribution=distribution)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for row, seed in zip(together, seeds, strict=True):
        np.testing.assert_array_equal(latents([seed], z_dim=z_dim, distribution=distribution)[0], row[:z_dim])


def test_the_quantile_is_scipys():
    u = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 100_001), [0.075, 0.925, 0.5], 2.0 ** -np.arange(1, 54)])
    np.testing.assert_allclose(normal_quantile(u), special.ndtri(u), rtol=1e-13, atol=1e-12)
    # The ends of what 52 bits can give, far beyond r = 5, where the third pair of polynomials takes over.
    ends = np.array([2.0**-53, 1e-15, 1e-12, 1e-11])
    np.testing.assert_allclose(normal_quantile(ends), special.ndtri(ends), rtol=1e-14)
    np.testing.assert_allclose(normal_quantile(1 - ends[:1]), -normal_quantile(ends[:1]), rtol=1e-14)


def test_twenty_thousand_seeds_are_distributed_as_they_should_be():
    normal = latents(range(20_000), z_dim=2).astype(np.float64)
    assert normal.mean(0) == pytest.approx([0, 0], abs=4 / 20_000**0.5)
    assert normal.var(0) == pytest.approx([1, 1], abs=4 * (2 / 20_000) ** 0.5)
    assert stats.kstest(normal[:, 0], "norm").pvalue > 0.01
    assert abs(stats.pearsonr(normal[:, 0], normal[:, 1]).statistic) < 4 / 20_000**0.5
    # Neighbouring seeds are as unrelated as any.
    assert abs(stats.pearsonr(normal[:-1, 0], normal[1:, 0]).statistic) < 4 / 20_000**0.5
    uniform = latents(range(20_000), z_dim=1, distribution="uniform")
    assert stats.kstest(uniform[:, 0], "uniform", args=(-1, 2)).pvalue > 0.01
    counts = np.bincount(classes_from_seeds(range(20_000), 10), minlength=10)
    assert stats.chisquare(counts).pvalue > 0.01


def test_the_class_does_not_follow_from_the_latent():
    z, classes = latents(range(20_000), z_dim=1)[:, 0], classes_from_seeds(range(20_000), 2)
    assert abs(stats.pearsonr(z, classes).statistic) < 4 / 20_000**0.5


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 1.0, "1", True, None, pytest.param(10**5000, id="huge")])
def test_what_is_no_seed_is_refused_with_its_place(seed):
    with pytest.raises(RequestError, match=r"is not an integer in 0 \.\.\. 9007199254740991") as caught:
        latents([0, seed], z_dim=2)
    assert caught.value.loc == ("seeds", 1)
    assert len(str(caught.value)) < 200


def test_truncated_latents_are_normal_ones_within_two():
    z = latents(range(20_000), z_dim=1, distribution="truncated")[:, 0].astype(np.float64)
    assert abs(z).max() <= 2
    assert stats.kstest(z, "truncnorm", args=(-2, 2)).pvalue > 0.01
    u = latents([7], z_dim=5, distribution="uniform")[0].astype(np.float64) / 2 + 0.5
    expected = stats.truncnorm.ppf(u, -2, 2)
    np.testing.assert_allclose(latents([7], z_dim=5, distribution="truncated")[0], expected, rtol=1e-5)


@given(st.lists(any_seed, min_size=1, max_size=5), st.integers(2, 40))
def test_spherical_latents_are_normal_directions_at_one_distance(seeds, z_dim):
    z = latents(seeds, z_dim=z_dim, distribution="spherical")
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), z_dim**0.5, rtol=1e-5)
    normal = latents(seeds, z_dim=z_dim).astype(np.float64)
    np.testing.assert_allclose(z, normal / np.sqrt((normal**2).mean(1, keepdims=True)), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(z[:1], latents(seeds[:1], z_dim=z_dim, distribution="spherical"))


def test_numpy_seeds_and_no_seeds_are_fine():
    np.testing.assert_array_equal(latents(np.arange(3), z_dim=2), latents([0, 1, 2], z_dim=2))
    assert latents([], z_dim=2).shape == (0, 2)
    assert classes_from_seeds([], 3).shape == (0,)


def test_unknown_distributions_and_absurd_class_counts_are_refused():
    with pytest.raises(ValueError, match="expected one of normal, uniform, truncated, spherical"):
        latents([0], z_dim=1, distribution="cauchy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="num_classes is 0"):
        classes_from_seeds([0], 0)
