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
    ("rpgan", {}),
    ("rpgan", {"margin": "hinge"}),
    ("rpgan", {"margin": "least-squares"}),
    ("ragan", {}),
    ("ragan", {"margin": "hinge"}),
    ("ragan", {"margin": "least-squares"}),
    ("softmax", {}),
]
OF_THE_BATCH = ("ragan", "softmax")  # a loss looks at the other samples' logits too
LOOKS_AT_REAL = ("rpgan", *OF_THE_BATCH)
every_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=lambda value: str(value))
every_single_game = pytest.mark.parametrize(
    ("name", "options"), [game for game in GAMES if game[0] not in OF_THE_BATCH], ids=lambda value: str(value)
)
EXTREMES = (-1e4, -50.0, 0.0, 50.0, 1e4)


def test_each_registered_loss_is_tested_here(registry):
    assert {loss.name for loss in registry.losses} == {name for name, _ in GAMES}


@every_game
def test_losses_are_per_sample(game, name, options):
    game, logits = game(name, **options), {"real_logits": torch.randn(6), "fake_logits": torch.randn(6)}
    assert game.d_loss(**logits).shape == game.g_loss(**logits).shape == (6,)


@every_single_game
def test_losses_touch_no_neighbour(game, name, options):
    game, logits = game(name, **options), {"real_logits": torch.randn(6), "fake_logits": torch.randn(6)}
    for loss in (game.d_loss, game.g_loss):
        for i in range(6):
            one = {side: values[i : i + 1] for side, values in logits.items()}
            torch.testing.assert_close(loss(**one), loss(**logits)[i : i + 1])


@every_game
def test_the_mean_does_not_depend_on_the_order_of_the_batch(game, name, options):
    game, logits = game(name, **options), {"real_logits": torch.randn(6), "fake_logits": torch.randn(6)}
    for loss in (game.d_loss, game.g_loss):
        turned = {side: values.roll(2) for side, values in logits.items()}
        torch.testing.assert_close(loss(**turned).mean(), loss(**logits).mean())


@every_game
def test_loss_and_gradient_are_finite_at_extreme_logits(game, name, options):
    game = game(name, **options)
    real, fake = torch.tensor(list(itertools.product(EXTREMES, EXTREMES))).T.clone().requires_grad_(True).unbind()
    d_loss, g_loss = (loss(real_logits=real, fake_logits=fake) for loss in (game.d_loss, game.g_loss))
    gradients = (*torch.autograd.grad(d_loss.sum(), (real, fake)), *torch.autograd.grad(g_loss.sum(), fake))
    for tensor in (d_loss, g_loss, *gradients):
        assert tensor.isfinite().all()


@every_game
def test_gradients_equal_finite_differences(game, name, options):
    game = game(name, **options)
    real, fake = (torch.linspace(-3.3, 3.4, 8, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda r, f: game.d_loss(real_logits=r, fake_logits=f), (real, fake.flip(0)))
    assert torch.autograd.gradcheck(lambda r, f: game.g_loss(real_logits=r, fake_logits=f), (real, fake.flip(0)))


@every_game
def test_d_drives_equal_outputs_apart_and_g_raises_poor_ones(game, name, options):
    game = game(name, **options)
    real, fake = (torch.linspace(-0.9, 0.9, 7, requires_grad=True) for _ in range(2))
    on_real, on_fake = torch.autograd.grad(game.d_loss(real_logits=real, fake_logits=fake).sum(), (real, fake))
    assert (on_real < on_fake).all()  # a step of D moves against them: the real output ends above the generated one
    poor = torch.linspace(-9, -1.5, 7, requires_grad=True)
    losses = game.g_loss(fake_logits=poor, real_logits=torch.zeros(7))
    (slope,) = torch.autograd.grad(losses.sum(), poor)
    assert (slope < 0).all()


@every_game
def test_the_generator_looks_at_real_logits_where_it_says_so(game, name, options):
    game, fake = game(name, **options), torch.randn(4)
    assert game.needs_real_logits == (name in LOOKS_AT_REAL)
    beside, other = (game.g_loss(fake_logits=fake, real_logits=torch.randn(4)) for _ in range(2))
    assert torch.equal(beside, other) == (not game.needs_real_logits)
    if not game.needs_real_logits:
        torch.testing.assert_close(beside, game.g_loss(fake_logits=fake))


@every_game
def test_logits_are_given_by_name(game, name, options):
    with pytest.raises(TypeError):
        game(name, **options).d_loss(torch.zeros(1), torch.zeros(1))
