"""What holds for each technique: the gradient that its values have, and finite numbers at extreme logits."""

import copy

import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_regularizers import REGULARIZERS

# Averages that follow the weights would make the value depend on them twice; they are slowed down to nothing.
STILL = {"lecam": {"first": 0}, "path-length": {"decay": 1 - 1e-12}, "orthogonal": {"player": "both"}}
N = 4


def played(technique, make_step, D, G, player):
    """A step of a player under a technique."""
    torch.manual_seed(1)
    dtype = next(D.parameters()).dtype
    z, real = torch.randn(N, 8, dtype=dtype), torch.rand(N, 3, 4, 4, dtype=dtype) * 2 - 1
    z = technique.latents(z, lambda z: D(G(z)).logits)
    fake = G(z) if player == "g" or z.requires_grad else G(z).detach()
    return make_step(D, real, fake, z=z, generator=G, nimg=200_000)


def value(technique, make_step, D, G, player):
    """What the technique adds to a player's loss, and what it makes of the loss."""
    technique = copy.deepcopy(technique)
    step = played(technique, make_step, D, G, player)
    penalty = technique.d_penalty(step) if player == "d" else technique.g_penalty(step)
    total = 0 if penalty is None else penalty.mean()
    if player == "d":
        real, fake = technique.d_logits(
            step.real_output.logits, step.fake_output.logits, Random(torch.device("cpu"), 5)
        )
        return total + (fake.square() - real).mean()
    return total + technique.g_losses(step.fake_output.logits.square(), step).mean()


every_technique = pytest.mark.parametrize("name", [record.name for record in REGULARIZERS if record.build])
either_player = pytest.mark.parametrize("player", ["d", "g"])


@every_technique
@either_player
def test_gradients_equal_finite_differences(name, player, build, make_step, critics):
    torch.manual_seed(0)
    D, G = critics.Smooth().double(), critics.Generator().double()
    technique = build(name, D, G, **STILL.get(name, {})).double()
    parameters = list((D if player == "d" else G).parameters())
    along = [torch.randn_like(p) for p in parameters]
    gradients = torch.autograd.grad(value(technique, make_step, D, G, player), parameters, allow_unused=True)
    analytic = sum((g * v).sum() for g, v in zip(gradients, along, strict=True) if g is not None)
    ends, h = [], 1e-6
    for step in (h, -2 * h):
        with torch.no_grad():
            torch._foreach_add_(parameters, along, alpha=step)
        ends.append(value(technique, make_step, D, G, player).detach())
    torch.testing.assert_close(analytic, (ends[0] - ends[1]) / (2 * h), rtol=1e-5, atol=1e-7)


@every_technique
@either_player
def test_value_and_gradient_are_finite_at_extreme_logits(name, player, build, make_step, critics):
    torch.manual_seed(0)
    D, G = critics.Smooth(scale=3e4), critics.Generator()
    technique = build(name, D, G, **STILL.get(name, {}))
    total = value(technique, make_step, D, G, player)
    gradients = torch.autograd.grad(total, list((D if player == "d" else G).parameters()), allow_unused=True)
    assert total.isfinite()
    assert all(g.isfinite().all() for g in gradients if g is not None)
