import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ganzoo.training.ema import ema_decay, update_ema


def test_after_one_half_life_half_of_the_old_average_is_left():
    assert ema_decay(10_000, 10**9, 10.0, None) == pytest.approx(0.5)


def test_the_ramp_bounds_the_half_life_by_a_share_of_the_images_so_far():
    assert ema_decay(50, 1000, 10.0, 0.05) == pytest.approx(0.5)


def test_no_half_life_copies_the_weights():
    assert ema_decay(64, 64_000, 0.0, 0.05) == 0.0
    assert ema_decay(64, 0, 10.0, 0.05) == 0.0


@given(st.integers(1, 10**5), st.integers(1, 10**5), st.floats(0.1, 1000))
def test_the_decay_of_two_steps_is_that_of_one_of_both_sizes(first, second, halflife):
    together = ema_decay(first + second, 10**9, halflife, None)
    assert ema_decay(first, 10**9, halflife, None) * ema_decay(second, 10**9, halflife, None) == pytest.approx(together)


def test_parameters_are_averaged_and_buffers_copied():
    average, module = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        average.weight.fill_(1.0)
        module.weight.fill_(3.0)
    module.running_mean.fill_(5.0)
    module.num_batches_tracked.fill_(9)
    update_ema(average, module, 0.75)
    torch.testing.assert_close(average.weight.detach(), torch.full((2,), 1.5))
    torch.testing.assert_close(average.running_mean, torch.full((2,), 5.0))
    assert average.num_batches_tracked == 9
