import math

import torch

from ganzoo.export.truncation import truncated


def quantile(p):
    return math.sqrt(2) * torch.erfinv(torch.tensor(2 * p - 1, dtype=torch.float64))


def test_the_inverse_normal_distribution_is_torch_s_own():
    z = torch.linspace(-5, 5, 10_001)
    for share in (0.999, 0.7, 0.1, 1e-3):
        p = 0.5 + share * (torch.special.ndtr(z.double()) - 0.5)
        torch.testing.assert_close(
            truncated(z, torch.tensor(share)), torch.special.ndtri(p).float(), rtol=1e-5, atol=1e-6
        )


def test_1_is_off_to_the_last_bit_and_0_the_mean():
    z = torch.randn(1000, generator=torch.Generator().manual_seed(0)) * 3
    assert torch.equal(truncated(z, torch.tensor(1.0)), z)
    assert not truncated(z, torch.tensor(0.0)).any()


def test_what_is_kept_lies_within_the_threshold_and_is_distributed_as_drawing_anew_beyond_it_would():
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    for share in (0.9545, 0.3829):
        threshold = quantile((1 + share) / 2).item()
        found = truncated(z, torch.tensor(share))
        assert found.abs().max() <= threshold + 1e-4
        kept = z[z.abs() < threshold]  # what is left of rejection sampling
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            torch.testing.assert_close(found.quantile(p), kept.quantile(p), rtol=0, atol=0.02 * threshold)


def test_the_order_of_latents_stays_and_far_ones_stay_finite():
    z = torch.linspace(-9, 9, 2001)
    for share in (0.2, 0.9, 0.999999):
        found = truncated(z, torch.tensor(share))
        assert found.isfinite().all()
        assert (found.diff() >= 0).all()
