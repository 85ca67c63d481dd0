import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_augmentations.noise import InstanceNoise


@pytest.mark.parametrize(("nimg", "deviation"), [(0, 0.4), (50_000, 0.2), (100_000, 0.0), (200_000, 0.0)])
def test_the_noise_falls_in_a_line(nimg, deviation, step_of):
    noise = InstanceNoise(0.4, 100.0)
    noise.after_d_step(step_of(nimg=nimg))
    found = noise(torch.zeros(500, 1, 8, 8), Random(torch.device("cpu"), 0))
    assert abs(found.std() - deviation) < 0.01
    assert abs(found.mean()) < 0.01
