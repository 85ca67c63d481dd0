"""What every registered architecture keeps to, conditional and not."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from small_networks import players

from ganzoo import ConfigError
from ganzoo.nn import DOutput, as_output, mixes_samples

N = 6


@pytest.fixture
def config(architecture, num_classes, request_of):
    return request_of(architecture, num_classes=num_classes)


@pytest.fixture
def pair(architecture, config):
    """The generator and the discriminator in evaluation mode, after one pass in training mode."""
    torch.manual_seed(0)
    G, D = players(architecture, config)
    with torch.no_grad():
        G.train()(*inputs(config, seed=7))
        D.train()(*pictures(config, seed=7))
    return G.eval(), D.eval()


def inputs(config, n=N, seed=0):
    """z and classes."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(n, config.z_dim, generator=random), classes(config, n)


def pictures(config, n=N, seed=0):
    """Random images and classes."""
    random = torch.Generator().manual_seed(seed)
    return torch.rand(n, *config.image_shape, generator=random) * 2 - 1, classes(config, n)


def classes(config, n):
    return torch.arange(n) % config.num_classes if config.num_classes else None


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("training", [False, True])
def test_the_generator_makes_images_in_range(architecture, num_classes, request_of, channels, training):
    config = request_of(architecture, num_classes=num_classes, channels=channels)
    torch.manual_seed(0)
    G = architecture.generator(config)
    for parameter in G.parameters():
        parameter.data *= 100  # far more than training ever makes of it
    z, c = inputs(config)
    images = G.train(training)(z, c)
    assert images.shape == (N, *config.image_shape)
    assert images.dtype == torch.float32
    assert 0.9 < images.abs().max() <= 1
    assert images.std() > 0


@pytest.mark.parametrize("training", [False, True])
def test_the_discriminator_gives_a_logit_for_each_image(pair, config, training):
    value = pair[1].train(training)(*pictures(config))
    output = as_output(value)
    assert output.logits.shape == (N,)
    assert output.logits.isfinite().all()
    if isinstance(value, DOutput) and value.features is not None:
        assert value.features.shape[0] == N
        assert value.features.dim() == 2


def test_one_image_is_enough_in_evaluation_mode(pair, config):
    G, D = pair
    images = G(*inputs(config, n=1))
    assert images.shape == (1, *config.image_shape)
    assert as_output(D(images, classes(config, 1))).logits.shape == (1,)


def test_the_gradient_reaches_every_parameter_of_both_players(pair, config):
    G, D = pair
    z, c = inputs(config)
    logits = as_output(D(G(z, c), c)).logits
    (logits * torch.arange(1.0, N + 1)).sum().backward()
    for player in (G, D):
        silent = [name for name, p in player.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert not silent
        assert all(p.grad.isfinite().all() for p in player.parameters())


def test_in_training_every_parameter_has_a_finite_gradient(pair, config):
    G, D = (player.train() for player in pair)
    z, c = inputs(config)
    as_output(D(G(z, c), c)).logits.sum().backward()
    for player in (G, D):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in player.parameters())


def test_an_image_depends_on_its_own_latent_only(pair, config):
    G, _ = pair
    z, c = inputs(config)
    together = G(z, c)
    for i in range(N):
        alone = G(z[i : i + 1], None if c is None else c[i : i + 1])
        torch.testing.assert_close(alone[0], together[i], rtol=1e-4, atol=1e-5)


def test_evaluation_draws_no_random_numbers(pair, config):
    G, D = pair
    before = torch.get_rng_state()
    images = G(*inputs(config))
    again = G(*inputs(config))
    D(images, classes(config, N))
    torch.testing.assert_close(images, again, rtol=0, atol=0)
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)


def test_whether_samples_see_each_other_is_told(pair, config):
    _, D = pair
    images, c = pictures(config)
    images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(as_output(D.train()(images, c)).logits[0], images)
    own, others = gradient[0].abs().sum(), gradient[1:].abs().sum()
    assert own > 0
    assert (others > 0).item() == mixes_samples(D)


def test_penalties_can_differentiate_the_discriminator_twice(pair, config):
    _, D = pair
    images, c = pictures(config)
    images.requires_grad_(True)
    logits = as_output(D.train()(images, c)).logits
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    gradient.square().sum().backward()
    grads = [p.grad for p in D.parameters() if p.grad is not None]
    assert all(grad.isfinite().all() for grad in grads)
    assert sum(grad.abs().sum() for grad in grads) > 0


def test_a_class_changes_what_both_players_say(registry, request_of):
    for architecture in (record for record in registry.architectures if record.conditional):
        config = request_of(architecture, num_classes=3)
        torch.manual_seed(0)
        G, D = (player.eval() for player in players(architecture, config))
        for parameter in (*G.parameters(), *D.parameters()):  # classes may well be alike at first
            parameter.data.add_(0.1 * torch.randn_like(parameter))
        z, c = inputs(config)
        images, other = G(z, c), (c + 1) % 3
        assert not torch.allclose(images, G(z, other)), architecture.name
        assert not torch.allclose(as_output(D(images, c)).logits, as_output(D(images, other)).logits), architecture.name


def test_a_conditional_network_called_without_classes_says_so(registry, request_of):
    told = "^A conditional network was called without classes"
    for architecture in (record for record in registry.architectures if record.conditional):
        for ways in ({}, *({"conditioning": way} for way in ("cbn", "concat"))):
            if not ways.keys() <= architecture.options.model_fields.keys():
                continue
            config = request_of(architecture, num_classes=3, **ways)
            for player, (x, _) in zip(
                (architecture.generator(config), architecture.discriminator(config)),
                (inputs(config), pictures(config)),
                strict=True,
            ):
                with pytest.raises(ValueError, match=told):
                    player(x)
                with pytest.raises(ValueError, match=told):
                    player.eval()(x, None)


def test_classes_in_batch_norms_are_refused_in_one_sentence_where_there_are_none(registry, request_of):
    families = [a for a in registry.architectures if {"conditioning", "norm_g"} <= a.options.model_fields.keys()]
    assert len(families) >= 3
    for architecture in families:
        batch = request_of(architecture, num_classes=3, conditioning="cbn")
        for norm in ("instance", "layer", "spectral", "none"):
            options = batch.options.model_copy(update={"norm_g": norm})
            config = replace(batch, options=options)
            with pytest.raises(
                ConfigError,
                match=rf"(?s)steers the generator's batch norms, and arch.norm_g is {norm}.*norm_g=batch.*concat",
            ):
                architecture.check(config)
            architecture.check(replace(config, num_classes=0))
            architecture.check(replace(config, options=options.model_copy(update={"conditioning": "concat"})))


def test_a_copy_and_a_reloaded_one_do_the_same(pair, architecture, config):
    torch.manual_seed(1)
    fresh = players(architecture, config)
    for player, new, arguments in zip(pair, fresh, (inputs(config), pictures(config)), strict=True):
        expected = output_of(player, arguments)
        torch.testing.assert_close(output_of(deepcopy(player), arguments), expected, rtol=0, atol=0)
        new.eval()
        assert not torch.equal(output_of(new, arguments), expected)
        new.load_state_dict(player.state_dict())
        torch.testing.assert_close(output_of(new, arguments), expected, rtol=0, atol=0)


def test_a_copy_shares_no_weights(pair):
    for player in pair:
        before = [parameter.clone() for parameter in player.parameters()]
        for parameter in deepcopy(player).parameters():
            parameter.data.add_(1)
        assert all(map(torch.equal, player.parameters(), before))


@torch.no_grad()
def output_of(player, arguments):
    value = player(*arguments)
    return value.logits if isinstance(value, DOutput) else value


def test_the_same_seed_gives_the_same_weights(architecture, config):
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append([player.state_dict() for player in players(architecture, config)])
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=0)


def test_every_choice_of_every_option_gives_images_and_logits(architecture, num_classes, choice, request_of):
    config = request_of(architecture, num_classes=num_classes, **choice)
    torch.manual_seed(0)
    G, D = players(architecture, config)
    z, c = inputs(config)
    images = G(z, c)
    assert images.shape == (N, *config.image_shape)
    assert as_output(D(images, c)).logits.isfinite().all()


def test_every_record_says_what_it_is_and_where_it_comes_from(registry):
    for architecture in registry.architectures:
        assert architecture.paper
        assert architecture.summary.endswith(".")
        assert all(field.description for field in architecture.options.model_fields.values())
