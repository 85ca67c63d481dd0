import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ganzoo.nn import EqualisedConv2d, EqualisedLinear
from ganzoo_regularizers.weight_clipping import clip_parameters

quick = settings(deadline=None, max_examples=30)


@pytest.fixture
def critic():
    """Convolution, batch norm and biases, all of them far outside the box."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Conv2d(3, 4, 4), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 1))
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.copy_(10 * torch.randn_like(parameter))
        critic[1].running_mean.fill_(5.0)
        critic[1].running_var.fill_(7.0)
    return critic


@quick
@given(st.floats(1e-6, 10), st.integers(0, 2**32 - 1))
def test_clipping_moves_each_weight_to_the_nearest_point_of_the_box(limit, seed):
    layer = nn.Linear(7, 3)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(10 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed)))
    before = [parameter.clone() for parameter in layer.parameters()]
    clip_parameters(layer, limit)
    for old, new in zip(before, layer.parameters(), strict=True):
        nearest = [[max(-limit, min(limit, v)) for v in row] for row in old.reshape(1, -1).tolist()]
        torch.testing.assert_close(new.reshape(1, -1), torch.tensor(nearest))


def test_every_parameter_is_bounded_and_buffers_are_left_alone(build, make_step, critic):
    technique = build("weight-clipping", critic, limit=0.02)
    images = torch.zeros(2, 3, 4, 4)
    step = make_step(critic, images, images)
    buffers = {name: buffer.clone() for name, buffer in critic.named_buffers()}
    technique.after_d_step(step)
    assert {name for name, _ in critic.named_parameters()} >= {"0.bias", "1.weight", "1.bias", "3.bias"}
    for parameter in critic.parameters():
        torch.testing.assert_close(parameter.abs().max(), torch.tensor(0.02))
    for name, buffer in critic.named_buffers():
        torch.testing.assert_close(buffer, buffers[name], rtol=0, atol=0)


def test_weights_within_the_box_stay_as_they_are(critic):
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.uniform_(-0.01, 0.01)
    before = [parameter.clone() for parameter in critic.parameters()]
    clip_parameters(critic, 0.01)
    for old, new in zip(before, critic.parameters(), strict=True):
        torch.testing.assert_close(new, old, rtol=0, atol=0)


def test_extreme_weights_come_back(critic):
    with torch.no_grad():
        critic[3].weight.copy_(torch.tensor([[1e4, -1e4, float("inf"), -float("inf")]]))
    clip_parameters(critic, 0.01)
    torch.testing.assert_close(critic[3].weight.detach(), torch.tensor([[0.01, -0.01, 0.01, -0.01]]))


def test_clipping_is_in_place_and_outside_of_autograd(critic):
    """The optimizer and a captured graph hold these very tensors."""
    addresses = [parameter.data_ptr() for parameter in critic.parameters()]
    clip_parameters(critic, 0.01)
    assert [parameter.data_ptr() for parameter in critic.parameters()] == addresses
    assert all(parameter.requires_grad and parameter.grad_fn is None for parameter in critic.parameters())


def test_a_clipped_linear_critic_is_lipschitz(build, make_step, critics):
    """|D(x) - D(y)| <= limit * sqrt(pixels) * ||x - y||: what clipping is for."""
    critic = critics.Linear(5 * torch.randn(3, 4, 4))
    x, y = torch.randn(2, 6, 3, 4, 4).unbind()
    build("weight-clipping", critic).after_d_step(make_step(critic, x, y))
    assert ((critic(x) - critic(y)).abs() <= 0.01 * 48**0.5 * (x - y).flatten(1).norm(dim=1) + 1e-6).all()


def test_clipping_adds_nothing_to_either_loss(build, make_step, critic):
    technique, images = build("weight-clipping", critic), torch.zeros(2, 3, 4, 4)
    step = make_step(critic, images, images)
    assert technique.d_penalty(step) is None
    assert technique.g_penalty(step) is None


def test_of_equalised_layers_what_multiplies_is_clipped():
    torch.manual_seed(0)
    critic = nn.Sequential(EqualisedConv2d(3, 4, 5, gain=2.0), EqualisedLinear(4, 8, bias=3.0, lr_multiplier=0.01))
    clip_parameters(critic, 0.02)
    conv, linear = critic
    largest = [conv.weight.abs().max() * 2 / 75**0.5, linear.weight.abs().max() * 0.01 / 2, linear.bias.max() * 0.01]
    torch.testing.assert_close(torch.stack(largest), torch.full((3,), 0.02))
    assert not conv.bias.any()
