import pytest
import torch
from torch import nn

from ganzoo.training.rectifiers import LeakyReLU, ReLU, twice_differentiable


def penalised(layers, x):
    """The gradient of a penalty on the gradient of a network by its input, and the network's output."""
    for p in layers.parameters():
        p.grad = None
    x = x.clone().requires_grad_()
    y = layers(x)
    (gradient,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (gradient.square().sum() + y.square().mean()).backward()
    return y.detach(), gradient.detach(), [p.grad.clone() for p in layers.parameters()]


@pytest.mark.parametrize("rectifier", [nn.LeakyReLU(0.2), nn.LeakyReLU(), nn.ReLU()])
def test_values_and_both_derivatives_are_torchs_bit_for_bit(rectifier):
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(5, 7), rectifier, nn.Linear(7, 6), rectifier, nn.Linear(6, 1))
    x = torch.randn(9, 5)
    expected = penalised(layers, x)
    found = penalised(twice_differentiable(layers), x)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert isinstance(layers[1], LeakyReLU | ReLU)


@pytest.mark.parametrize("rectifier", [LeakyReLU(0.2), ReLU()])
def test_at_extremes_and_at_zero(rectifier):
    theirs = nn.ReLU() if isinstance(rectifier, ReLU) else nn.LeakyReLU(0.2)
    values = torch.tensor([-torch.inf, -1e4, -0.0, 0.0, 1e4, torch.inf, torch.nan])
    x, y = values.clone().requires_grad_(), values.clone().requires_grad_()
    ours, expected = rectifier(x), theirs(y)
    torch.testing.assert_close(ours, expected, equal_nan=True, rtol=0, atol=0)
    ours.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(x.grad, y.grad, equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("rectifier", "passes_on"), [(nn.LeakyReLU(0.2), True), (LeakyReLU(0.2), False), (ReLU(), False)]
)
def test_the_second_derivative_carries_no_zeros_back(rectifier, passes_on):
    inner = torch.randn(4, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad((rectifier(inner) * torch.arange(3.0)).sum(), inner, create_graph=True)
    weight = torch.ones(3, requires_grad=True)
    (again,) = torch.autograd.grad((gradient * weight).sum(), inner, allow_unused=True, materialize_grads=False)
    assert (again is not None) == passes_on


def test_what_works_in_place_or_is_another_stays_as_it_is():
    class Mine(nn.ReLU):
        pass

    layers = twice_differentiable(nn.Sequential(nn.ReLU(inplace=True), Mine(), nn.GELU(), nn.Sequential(nn.ReLU())))
    assert [type(layer) for layer in layers[:3]] == [nn.ReLU, Mine, nn.GELU]
    assert type(layers[3][0]) is ReLU
    assert not list(layers.state_dict())
