import math

import pytest
import torch

from ganzoo.config import Annealing
from ganzoo.techniques import half_cosine
from ganzoo.training.annealing import annealed


@pytest.mark.parametrize(
    ("nimg", "expected"),
    [(0, 0.05), (10_000_000, 0.0275), (20_000_000, 0.005), (20_000_001, 0.005), (10**12, 0.005)],
)
def test_it_moves_along_half_a_cosine_and_then_stays(nimg, expected):
    found = half_cosine(torch.tensor(nimg), begin=0.05, end=0.005, kimg=20_000)
    assert found.shape == ()
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_it_may_rise_too_and_moves_little_near_both_ends():
    first, last = (half_cosine(torch.tensor(n), begin=0, end=1, kimg=1).item() for n in (100, 900))
    assert first == pytest.approx((1 - math.cos(math.pi / 10)) / 2, rel=1e-5)
    assert first + last == pytest.approx(1)
    assert first < 0.1


@pytest.mark.parametrize("nimg", [0, 1, 333, 5000, 9999, 10_000, 50_000])
def test_it_is_what_an_optimizers_numbers_do(nimg):
    annealing = Annealing(to=0.2, kimg=10, shape="cosine")
    found = half_cosine(torch.tensor(nimg), begin=3.0, end=0.2, kimg=10).item()
    assert found == pytest.approx(annealed(3.0, annealing, nimg, 0.0), rel=1e-5)


def test_another_number_of_images_gives_another_value_without_python():
    """What a recorded step needs: the value is computed from the tensor, on its device, by operations on tensors."""
    recorded = torch.fx.symbolic_trace(lambda nimg: half_cosine(nimg, begin=1.0, end=0.0, kimg=1))
    for nimg, expected in ((0, 1.0), (500, 0.5), (1000, 0.0)):
        assert recorded(torch.tensor(nimg)).item() == pytest.approx(expected, abs=1e-6)
    assert half_cosine(torch.zeros((), dtype=torch.int64, device="meta"), begin=1.0, end=0.0, kimg=1).is_meta
