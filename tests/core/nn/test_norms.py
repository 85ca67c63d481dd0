import typing

import pytest
import torch
from torch import nn

from ganzoo.nn import Norm, conv_norm, mixes_samples, spectral


@pytest.fixture
def features():
    """(N, C, H, W), with a mean and a scale of its own in every sample and channel."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(5, 4, 6, 6, generator=random)
    scale, shift = torch.rand(2, 5, 4, 1, 1, generator=random)
    return x * (1 + scale) + 10 * shift


@pytest.mark.parametrize(("norm", "over"), [("batch", (0, 2, 3)), ("instance", (2, 3)), ("layer", (1, 2, 3))])
def test_a_norm_takes_mean_and_variance_over_its_own_axes(norm, over, features):
    expected = features - features.mean(over, keepdim=True)
    expected = expected / (features.var(over, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(conv_norm(norm, 4)(features), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", typing.get_args(Norm))
def test_a_norm_has_a_scale_and_a_shift_for_each_channel_or_nothing(norm):
    shapes = [tuple(p.shape) for p in conv_norm(norm, 4).parameters()]
    assert shapes == ([(4,), (4,)] if norm in ("batch", "instance", "layer") else [])


@pytest.mark.parametrize("norm", ["spectral", "none"])
def test_what_is_no_layer_of_its_own_changes_nothing(norm, features):
    torch.testing.assert_close(conv_norm(norm, 4)(features), features, rtol=0, atol=0)


@pytest.mark.parametrize("resolution", [1, 4, 9])
def test_layer_norm_serves_every_resolution(resolution):
    x = torch.randn(2, 4, resolution, resolution, generator=torch.Generator().manual_seed(0))
    y = conv_norm("layer", 4)(x)
    torch.testing.assert_close(y.mean((1, 2, 3)), torch.zeros(2), rtol=0, atol=1e-5)
    torch.testing.assert_close(y.var((1, 2, 3), correction=0), torch.ones(2), rtol=1e-3, atol=1e-3)


def test_spectral_divides_by_the_largest_singular_value():
    layer = nn.Linear(2, 2, bias=False)
    nn.init.zeros_(layer.weight)
    layer.weight.data += torch.diag(torch.tensor([4.0, 1.0]))
    torch.manual_seed(0)
    layer = spectral("spectral", layer)
    for _ in range(20):
        layer(torch.zeros(1, 2))
    torch.testing.assert_close(layer.weight.abs(), torch.diag(torch.tensor([1.0, 0.25])), rtol=1e-4, atol=1e-4)


def test_spectral_makes_a_convolution_keep_its_largest_singular_value_at_one():
    torch.manual_seed(0)
    layer = spectral("spectral", nn.Conv2d(3, 8, 4))
    for _ in range(100):
        layer(torch.zeros(1, 3, 4, 4))
    torch.testing.assert_close(
        torch.linalg.matrix_norm(layer.weight.flatten(1), 2), torch.tensor(1.0), rtol=1e-3, atol=0
    )


def test_in_evaluation_the_power_iteration_rests():
    layer = spectral("spectral", nn.Linear(3, 3)).eval()
    before = layer.weight.clone()
    layer(torch.zeros(1, 3))
    torch.testing.assert_close(layer.weight, before, rtol=0, atol=0)


@pytest.mark.parametrize("norm", [norm for norm in typing.get_args(Norm) if norm != "spectral"])
def test_other_norms_leave_the_layer_as_it_is(norm):
    layer = nn.Linear(3, 3)
    assert spectral(norm, layer) is layer


class Own(nn.Module):
    def __init__(self, mixes):
        super().__init__()
        self.mixes_samples = mixes


@pytest.mark.parametrize(
    ("module", "mixes"),
    [
        (nn.BatchNorm2d(3), True),
        (nn.BatchNorm1d(3), True),
        (nn.SyncBatchNorm(3), True),
        (nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2))), True),
        (nn.BatchNorm2d(3).eval(), True),
        (nn.Sequential(nn.GroupNorm(1, 3), nn.LayerNorm(3), nn.InstanceNorm2d(3, affine=True)), False),
        (nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 2)), False),
        (nn.Sequential(Own(True)), True),
        (nn.Sequential(Own(False)), False),
        (nn.Sequential(), False),
    ],
)
def test_a_module_that_mixes_samples_is_recognised_or_says_so(module, mixes):
    assert mixes_samples(module) is mixes


@pytest.mark.parametrize("norm", typing.get_args(Norm))
def test_of_the_norms_batch_norm_alone_mixes_samples(norm, features):
    layer = conv_norm(norm, 4)
    features.requires_grad_(True)
    weight = torch.arange(36.0).view(6, 6)
    (gradient,) = torch.autograd.grad((layer(features)[0] * weight).sum(), features)
    assert (gradient[1:].abs().max().item() > 1e-6) == mixes_samples(layer) == (norm == "batch")
