"""What holds for each technique: its gradients, finite numbers at extremes, and who learns in whose step."""

import pytest
import torch

from ganzoo.nn import as_output, spectral
from ganzoo.training.engine import Engine
from ganzoo_conditioning import REGULARIZERS

every_technique = pytest.mark.parametrize("name", [record.name for record in REGULARIZERS if record.build])
every_one = pytest.mark.parametrize("name", [record.name for record in REGULARIZERS])
either_player = pytest.mark.parametrize("player", ["d", "g"])


def value(technique, step, player):
    """What the technique adds to a player's loss, and what it makes of the loss."""
    if player == "d":
        real, fake = technique.d_logits(step.real_output.logits, step.fake_output.logits, step.random)
        return technique.d_penalty(step).mean() + (fake.square() - real).mean()
    return technique.g_penalty(step).mean() + technique.g_losses(step.fake_output.logits.square(), step).mean()


def learning(technique, D, G, player):
    """The parameters of who learns in a step."""
    return [*D.parameters(), *technique.parameters()] if player == "d" else list(G.parameters())


@every_technique
@either_player
def test_gradients_equal_finite_differences(name, player, build, make_step, networks):
    torch.manual_seed(0)
    D, G = networks.Smooth().double(), networks.Generator().double()
    technique = build(name, D).double()
    parameters = learning(technique, D, G, player)
    along = [torch.randn_like(p) for p in parameters]
    gradients = torch.autograd.grad(value(technique, make_step(D, G, player), player), parameters, allow_unused=True)
    analytic = sum((g * v).sum() for g, v in zip(gradients, along, strict=True) if g is not None)
    ends, h = [], 1e-6
    for step in (h, -2 * h):
        with torch.no_grad():
            torch._foreach_add_(parameters, along, alpha=step)
        ends.append(value(technique, make_step(D, G, player), player).detach())
    torch.testing.assert_close(analytic, (ends[0] - ends[1]) / (2 * h), rtol=1e-5, atol=1e-7)


@every_technique
@either_player
@pytest.mark.parametrize("scale", [0.0, 1e4])
def test_value_and_gradient_are_finite_at_extreme_features(name, player, scale, build, make_step, networks):
    torch.manual_seed(0)
    D, G = networks.Smooth(scale=scale), networks.Generator()
    technique = build(name, D)
    total = value(technique, make_step(D, G, player), player)
    gradients = torch.autograd.grad(total, learning(technique, D, G, player), allow_unused=True)
    assert total.isfinite()
    assert all(g.isfinite().all() for g in gradients if g is not None)


@every_technique
def test_a_gradient_reaches_every_head_in_the_discriminators_step(name, build, make_step, networks):
    torch.manual_seed(0)
    D, G = networks.Smooth(), networks.Generator()
    technique = build(name, D)
    technique.d_penalty(make_step(D, G, "d")).mean().backward()
    for part in (technique, D.body):
        for p in part.parameters():
            assert p.grad is not None
            assert p.grad.abs().max() > 0
    assert all(p.grad is None for p in G.parameters())


@every_technique
@pytest.mark.parametrize("normed", [False, True])
def test_in_the_generators_step_a_head_is_a_fixed_function(name, normed, build, make_step, networks):
    torch.manual_seed(0)
    D, G = networks.Smooth(), networks.Generator()
    if normed:
        spectral("spectral", D.to_logit)
    technique = build(name, D)
    D.requires_grad_(False)  # as the trainer has it
    technique.g_penalty(make_step(D, G, "g")).mean().backward()
    assert all(p.grad is None and p.requires_grad for p in technique.parameters())
    assert all(p.grad.abs().max() > 0 for p in G.parameters())


@every_technique
def test_a_weight_of_nothing_is_nothing(name, build, make_step, networks):
    D, G = networks.Smooth(), networks.Generator()
    weights = ("lambda_categorical", "lambda_continuous") if name == "infogan" else ("weight_d", "weight_g")
    technique = build(name, D, **dict.fromkeys(weights, 0.0))
    assert (technique.d_penalty(make_step(D, G, "d")) == 0).all()
    assert (technique.g_penalty(make_step(D, G, "g")) == 0).all()


@every_technique
def test_heads_move_in_the_discriminators_step_only(name, game):
    state = game(name)
    (technique,) = state.techniques.values()
    parameters = dict(technique.named_parameters())
    engine = Engine(state)
    before = {key: p.detach().clone() for key, p in parameters.items()}
    engine.d_step()
    assert all(not torch.equal(p, before[key]) for key, p in parameters.items())
    after, gradients = ({key: t.clone() for key, t in of.items()} for of in (values(parameters), grads(parameters)))
    engine.g_step()
    torch.testing.assert_close(values(parameters), after, rtol=0, atol=0)
    torch.testing.assert_close(grads(parameters), gradients, rtol=0, atol=0)


def values(parameters):
    return {key: p.detach() for key, p in parameters.items()}


def grads(parameters):
    return {key: p.grad for key, p in parameters.items()}


@every_one
def test_a_resumed_game_goes_on_bit_for_bit(name, game):
    states = [game(name) for _ in range(2)]
    engines = [Engine(state) for state in states]
    engines[0].iterate()
    tensors, counters = states[0].state()
    states[1].load({key: tensor.clone() for key, tensor in tensors.items()}, counters)
    for engine in engines:
        engine.iterate()
    one, two = (state.state()[0] for state in states)
    torch.testing.assert_close(one, two, rtol=0, atol=0)


def test_alone_the_multi_hinge_takes_the_games_place(build, make_step, networks):
    D, G = networks.Smooth(), networks.Generator()
    losses = torch.randn(6)
    for alone in (True, False):
        technique, step = build("multi-hinge", D, alone=alone), make_step(D, G, "d")
        given = step.real_output.logits, step.fake_output.logits
        for found, logits in zip(technique.d_logits(*given, step.random), given, strict=True):
            torch.testing.assert_close(found, torch.zeros(6) if alone else logits)
        torch.testing.assert_close(technique.g_losses(losses, step), torch.zeros(6) if alone else losses)


def test_the_last_class_of_the_multi_hinge_is_the_discriminators_logit(build, make_step, networks):
    D = networks.Smooth()
    output = as_output(D(torch.randn(5, 3, 4, 4)))
    scores = build("multi-hinge", D).scores(output)
    assert scores.shape == (5, 4)
    torch.testing.assert_close(scores[:, 3], -output.logits)


def test_whether_generated_images_count_for_the_classifier(build, make_step, networks):
    D, G = networks.Smooth(), networks.Generator()
    step = make_step(D, G, "d")
    torch.manual_seed(0)
    both = build("ac", D)
    torch.manual_seed(0)
    real = build("ac", D, fake=False)
    torch.testing.assert_close(both.d_penalty(step) - real.d_penalty(step), both.g_penalty(step))
