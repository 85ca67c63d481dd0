"""Feature matching, mode seeking, top-k, path lengths and moved latents."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo.techniques import Random
from ganzoo_regularizers.feature_matching import feature_distance
from ganzoo_regularizers.latent_optimisation import natural_step
from ganzoo_regularizers.mode_seeking import mode_seeking_loss
from ganzoo_regularizers.path_length import path_lengths
from ganzoo_regularizers.top_k import among_the_best, share_of_batch

quick = settings(deadline=None, max_examples=50)
CPU = torch.device("cpu")


def images_like(n=6):
    return torch.rand(n, 3, 4, 4) * 2 - 1


def test_the_distance_of_mean_features():
    real, fake = torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 4.0], [0.0, 0.0]])
    torch.testing.assert_close(feature_distance(real_features=real, fake_features=fake), torch.tensor(4.0 + 4.0))


def test_feature_matching_alone_takes_the_games_place(build, make_step, critics):
    D, real, fake = critics.Smooth(), images_like(), images_like()
    step, losses = make_step(D, real, fake), torch.randn(6)
    beside, alone = build("feature-matching", D), build("feature-matching", D, alone=True, weight=2.0)
    assert beside.needs_real
    assert beside.g_losses(losses, step) is losses
    torch.testing.assert_close(alone.g_losses(losses, step), torch.zeros(6))
    torch.testing.assert_close(alone.g_penalty(step), 2 * beside.g_penalty(step))


def test_mode_seeking_by_hand():
    images, others = torch.zeros(2, 1, 1, 2), torch.tensor([[[[1.0, 0.0]]], [[[1.0, 2.0]]]])
    z, other_z = torch.zeros(2, 2), torch.tensor([[0.5, 0.5], [1.5, 1.5]])
    found = mode_seeking_loss(images=images, others=others, z=z, other_z=other_z)
    torch.testing.assert_close(found, torch.tensor(1 / (1.0 / 1.0 + 1e-5)))


def test_a_collapsed_generator_pays_most_and_stays_finite(build, make_step, critics):
    z, G, same = torch.randn(6, 8), critics.Generator(), critics.Generator()
    same.layers[0].weight.data.zero_()
    technique = build("mode-seeking", critics.Smooth())
    prices = []
    for generator in (G, same):
        step = make_step(critics.Smooth(), images_like(), generator(z), z=z, generator=generator)
        prices.append(technique.g_penalty(step))
    assert prices[0] < prices[1]
    torch.testing.assert_close(prices[1], torch.tensor(1e5))


@quick
@given(st.floats(0, 1e6), st.floats(0.1, 1))
def test_the_share_shrinks_by_epochs_to_the_least(nimg, least):
    found = share_of_batch(torch.tensor(int(nimg)), decay=0.9, epoch_kimg=50, least=least)
    torch.testing.assert_close(found, torch.tensor(max(0.9 ** (int(nimg) // 50_000), least)))


@pytest.mark.parametrize(("share", "kept"), [(1.0, 4), (0.5, 2), (0.3, 1), (0.01, 1)])
def test_the_best_logits_are_kept(share, kept):
    counts = among_the_best(torch.tensor([0.0, 3.0, -1.0, 2.0]), torch.tensor(share))
    assert counts.sum() == kept
    assert counts[1] == 1


def test_top_k_is_the_mean_over_the_best(build, make_step, critics):
    critic = critics.Linear(torch.ones(3, 4, 4))
    step = make_step(critic, images_like(), images_like(), nimg=10**9)
    losses = torch.randn(6)
    best = critic(step.fake_images).topk(3).indices
    found = build("top-k", critic, least=0.5).g_losses(losses, step).mean()
    torch.testing.assert_close(found, losses[best].mean())


def test_at_the_beginning_top_k_takes_all(build, make_step, critics):
    losses = torch.randn(6)
    step = make_step(critics.Smooth(), images_like(), images_like())
    torch.testing.assert_close(build("top-k", critics.Smooth()).g_losses(losses, step), losses)


def test_path_lengths_of_a_linear_generator():
    weight = torch.randn(12, 5, dtype=torch.float64)
    z, noise = torch.randn(7, 5, dtype=torch.float64, requires_grad=True), torch.randn(7, 3, 2, 2, dtype=torch.float64)
    found = path_lengths(images=(z @ weight.T).view(7, 3, 2, 2), latents=z, noise=noise)
    torch.testing.assert_close(found, (noise.flatten(1) @ weight).norm(dim=1) / 2)


def test_the_path_length_follows_its_average(build, make_step, critics):
    D, G = critics.Smooth(), critics.Generator()
    technique, z = build("path-length", D, G, decay=0.5), torch.randn(8, 8)
    step = make_step(D, images_like(8), G(z), z=z, generator=G)
    asked = z[:4].clone().requires_grad_(True)
    lengths = path_lengths(images=G(asked), latents=asked, noise=Random(CPU, 0).normal(4, 3, 4, 4))
    penalty = technique.g_penalty(step)
    torch.testing.assert_close(technique.average, 0.5 * lengths.mean().detach())
    torch.testing.assert_close(penalty, 2 * (lengths - 0.5 * lengths.mean().detach()).square())


@quick
@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_a_natural_step_goes_along_the_gradient_and_is_bounded(alpha, beta):
    gradient = torch.randn(5, 4, dtype=torch.float64)
    step = natural_step(gradient, alpha=alpha, beta=beta)
    torch.testing.assert_close(torch.cosine_similarity(step, gradient), torch.ones(5, dtype=torch.float64))
    assert (step.norm(dim=1) <= alpha / (2 * math.sqrt(beta)) + 1e-9).all()  # at ||g||^2 = beta


def test_latents_move_by_their_share_and_the_move_is_priced(build, make_step, critics):
    D, G = critics.Smooth(), critics.Generator()
    technique, z = build("latent-optimisation", D, G, share=0.5, weight=2.0), torch.randn(6, 8)
    moved = technique.latents(z, lambda z: D(G(z)).logits)
    asked = z.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(G(asked)).logits.sum(), asked)
    expected = natural_step(gradient[:, :4], alpha=0.9, beta=0.1)
    torch.testing.assert_close(moved[:, :4], z[:, :4] + expected)
    torch.testing.assert_close(moved[:, 4:], z[:, 4:])
    step = make_step(D, images_like(), G(moved), z=moved, generator=G)
    torch.testing.assert_close(technique.g_penalty(step), 2 * expected.square().sum(1))
    assert D(G(moved)).logits.mean() > D(G(z)).logits.mean()


def test_both_players_learn_through_the_move(build, critics):
    D, G = critics.Smooth(), critics.Generator()
    moved = build("latent-optimisation", D, G).latents(torch.randn(6, 8), lambda z: D(G(z)).logits)
    for player in (D.to_logit, G.layers[0]):
        (gradient,) = torch.autograd.grad(moved.sum(), player.weight, retain_graph=True)
        assert gradient.abs().max() > 0


@pytest.mark.parametrize("name", ["mode-seeking", "latent-consistency", "improved-consistency"])
def test_what_compares_generated_images_does_not_see_augmentations(name, build, critics, make_step):
    """An augmentation makes images differ that the generator made alike."""
    z, G = torch.randn(6, 8), critics.Generator()
    images, D = G(z), critics.Smooth()
    step = make_step(D, torch.randn_like(images), images, z=z, generator=G)
    augmented = replace(step, fake_images=images + torch.randn_like(images))
    torch.testing.assert_close(
        build(name, D, G).g_penalty(step),
        build(name, D, G).g_penalty(replace(augmented, random=Random(torch.device("cpu"), 0))),
    )
