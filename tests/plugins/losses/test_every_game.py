"""What holds for each game: per sample, finite anywhere, the right direction, the gradient that its values have."""

import itertools

import pytest
import torch

GAMES = [
    ("mm", {}),
    ("mm", {"real_target": 0.9}),
    ("ns", {}),
    ("ns", {"real_target": 0.9}),
    ("lsgan", {}),
    ("lsgan", {"targets": "pearson"}),
    ("hinge", {}),
    ("wgan", {}),
    ("wgangp", {}),
]
every_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=lambda value: str(value))
EXTREMES = (-1e4, -50.0, 0.0, 50.0, 1e4)


def test_each_registered_loss_is_tested_here(registry):
    assert {loss.name for loss in registry.losses} == {name for name, _ in GAMES}


@every_game
def test_losses_are_per_sample_and_touch_no_neighbour(game, name, options):
    game = game(name, **options)
    real, fake = torch.randn(6), torch.randn(6)
    d_loss, g_loss = game.d_loss(real_logits=real, fake_logits=fake), game.g_loss(fake_logits=fake)
    assert d_loss.shape == g_loss.shape == (6,)
    for i in range(6):
        one_real, one_fake = real[i : i + 1], fake[i : i + 1]
        torch.testing.assert_close(game.d_loss(real_logits=one_real, fake_logits=one_fake), d_loss[i : i + 1])
        torch.testing.assert_close(game.g_loss(fake_logits=one_fake), g_loss[i : i + 1])


@every_game
def test_loss_and_gradient_are_finite_at_extreme_logits(game, name, options):
    game = game(name, **options)
    real, fake = torch.tensor(list(itertools.product(EXTREMES, EXTREMES))).T.clone().requires_grad_(True).unbind()
    d_loss, g_loss = game.d_loss(real_logits=real, fake_logits=fake), game.g_loss(fake_logits=fake)
    gradients = (*torch.autograd.grad(d_loss.sum(), (real, fake)), *torch.autograd.grad(g_loss.sum(), fake))
    for tensor in (d_loss, g_loss, *gradients):
        assert tensor.isfinite().all()


@every_game
def test_gradients_equal_finite_differences(game, name, options):
    game = game(name, **options)
    real, fake = (torch.linspace(-3.3, 3.4, 8, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda r, f: game.d_loss(real_logits=r, fake_logits=f), (real, fake.flip(0)))
    assert torch.autograd.gradcheck(lambda f: game.g_loss(fake_logits=f), (fake,))


@every_game
def test_d_drives_equal_outputs_apart_and_g_raises_poor_ones(game, name, options):
    game = game(name, **options)
    real, fake = (torch.linspace(-0.9, 0.9, 7, requires_grad=True) for _ in range(2))
    on_real, on_fake = torch.autograd.grad(game.d_loss(real_logits=real, fake_logits=fake).sum(), (real, fake))
    assert (on_real < on_fake).all()  # a step of D moves against them: the real output ends above the generated one
    poor = torch.linspace(-9, -1.5, 7, requires_grad=True)
    (slope,) = torch.autograd.grad(game.g_loss(fake_logits=poor).sum(), poor)
    assert (slope < 0).all()


@every_game
def test_the_generator_does_not_look_at_real_logits(game, name, options):
    game, fake = game(name, **options), torch.randn(4)
    assert not game.needs_real_logits
    torch.testing.assert_close(game.g_loss(fake_logits=fake, real_logits=torch.randn(4)), game.g_loss(fake_logits=fake))


@every_game
def test_logits_are_given_by_name(game, name, options):
    with pytest.raises(TypeError):
        game(name, **options).d_loss(torch.zeros(1), torch.zeros(1))
