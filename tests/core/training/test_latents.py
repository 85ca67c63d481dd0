import numpy as np
import pytest
import torch
from scipy import stats

from ganzoo.techniques import Random
from ganzoo.training.latents import draw
from ganzoo_serve.seeds import latents


def drawn(distribution, samples=20_000, z_dim=3):
    return draw(distribution, Random(torch.device("cpu"), 0), samples, z_dim)


@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated", "spherical"])
def test_training_and_sampling_draw_from_one_distribution(distribution):
    z, of_seeds = drawn(distribution), latents(range(20_000), z_dim=3, distribution=distribution)
    assert z.dtype == torch.float32
    for component in range(3):
        assert stats.ks_2samp(z[:, component].numpy(), of_seeds[:, component]).pvalue > 0.01
    assert z.norm(dim=1).mean() == pytest.approx(np.linalg.norm(of_seeds, axis=1).mean(), rel=0.01)


def test_truncated_latents_end_at_two():
    assert 1.99 < drawn("truncated").abs().max() <= 2


def test_spherical_latents_have_one_length():
    torch.testing.assert_close(drawn("spherical", 50, 7).norm(dim=1), torch.full((50,), 7**0.5))
