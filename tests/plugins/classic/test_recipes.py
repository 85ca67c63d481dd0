"""The first papers' experiments: their networks, counted by hand, and their schedules."""

import pytest
import torch

from ganzoo import ImageShape
from ganzoo.config import resolve
from ganzoo.runs.networks import build_networks

MNIST = ImageShape(1, 28, 28)

# The paper gives the class units of its own; ours are dense. G: 100 z by the class's 1000, 10 classes by z's 200.
CGAN_G = (100 + 1) * 200 + (10 + 1) * 1000 + (1200 + 1) * 1200 + (1200 + 1) * 784
CGAN_G_DENSE = 100 * 1000 + 10 * 200
# D: five pieces of 240 units of the image and of 50 of the class, then four pieces of 240, for which ours have five.
CGAN_D = (784 + 1) * 240 * 5 + (10 + 1) * 50 * 5 + (290 + 1) * 240 * 4 + (240 + 1)
CGAN_D_DENSE = (784 * 50 + 10 * 240) * 5 + (290 + 1) * 240


@pytest.mark.parametrize(
    ("recipe", "generator", "discriminator"),
    [
        # arXiv:1406.2661 and its authors' settings: 1200-1200-784; 240x5-240x5-1.
        ("gan2014", 120_000 + 1200 + 1_440_000 + 1200 + 940_800 + 784, 940_800 + 1200 + 288_000 + 1200 + 240 + 1),
        ("cgan-mnist", CGAN_G + CGAN_G_DENSE, CGAN_D + CGAN_D_DENSE),
        # Keras prints 1,489,936 trainable ones and 533,505. Its batch norm stands behind the rectifier, so that its layers need
        # their 256 + 512 + 1024 biases; ours stands before and would take them away.
        ("gan-mlp", 1_489_936 - 1792, 533_505),
    ],
)
def test_the_recipes_networks_have_the_papers_numbers_of_parameters(registry, recipe, generator, discriminator):
    config = resolve(recipe, registry, []).config
    with torch.device("meta"):
        players = build_networks(config, registry, MNIST, 10 if config.conditional else 0)
    assert [sum(p.numel() for p in player.parameters()) for player in players] == [generator, discriminator]


@pytest.mark.parametrize(("recipe", "decay"), [("gan2014", 1.000004), ("cgan-mnist", 1.00004)])
def test_the_rate_falls_by_a_factor_an_update_and_the_momentum_grows_for_250_epochs(registry, recipe, decay):
    config = resolve(recipe, registry, []).config
    assert (config.dataset, config.resolution, config.batch_size) == ("mnist", (28, 28), 100)
    assert config.kimg == 250 * 60
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.kind, optimizer.lr, optimizer.momentum) == ("sgd", 0.1, 0.5)
        fallen = optimizer.lr_anneal
        assert (fallen.shape, fallen.kimg) == ("exponential", 15_000)
        assert (optimizer.lr / fallen.to) ** (1 / 150_000) == pytest.approx(decay, rel=1e-12)
        assert (optimizer.momentum_anneal.to, optimizer.momentum_anneal.kimg) == (0.7, 15_000)


SAME = ("architecture", "loss", "arch", "batch_size", "conditional", "z_distribution", "dataset", "resolution")


def test_the_small_gan_goes_through_the_same_schedule_in_20_epochs(registry):
    config, small = (resolve(name, registry, []).config for name in ("gan2014", "gan2014-small"))
    assert small.kimg == 20 * 60
    assert [getattr(small, key) for key in SAME] == [getattr(config, key) for key in SAME]
    for player in ("optimizer_g", "optimizer_d"):
        ours, theirs = getattr(small, player), getattr(config, player)
        for key in ("lr_anneal", "momentum_anneal"):
            assert getattr(ours, key).to == getattr(theirs, key).to
            assert getattr(ours, key).kimg == small.kimg
    assert not registry.recipes.get(small.recipe).published


def test_the_small_conditional_gan_has_the_same_networks_and_learns_by_adam(registry):
    config, small = (resolve(name, registry, []).config for name in ("cgan-mnist", "cgan-mnist-small"))
    assert [getattr(small, key) for key in SAME] == [getattr(config, key) for key in SAME]
    for optimizer in (small.optimizer_g, small.optimizer_d):
        assert (optimizer.kind, optimizer.lr, optimizer.lr_anneal, optimizer.momentum_anneal) == (
            "adam",
            2e-4,
            None,
            None,
        )
    assert not registry.recipes.get(small.recipe).published


def test_the_common_perceptron_trains_for_30_000_steps_of_32(registry):
    config = resolve("gan-mlp", registry, []).config
    assert (config.steps, config.batch_size, config.n_critic) == (30_000, 32, 1)
    assert config.sample_every * 1000 == 200 * config.batch_size
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.kind, optimizer.lr, optimizer.betas[0]) == ("adam", 2e-4, 0.5)
    assert (config.z_dim, config.z_distribution, config.ema_halflife_kimg) == (100, "normal", 0.0)


@pytest.mark.parametrize(("recipe", "value", "error"), [("gan2014", 225, 2), ("cgan-mnist", 132, 1.8)])
def test_the_papers_parzen_estimate_stands_beside_ours_at_28_pixels(registry, recipe, value, error):
    (published,) = registry.recipes.get(recipe).published
    assert (published.name, published.value, published.error) == ("parzen", value, error)
    assert published.where["image"] == [28, 28, 1]
    assert published.where["samples"] == 10_000


def test_the_conditional_one_draws_uniform_latents(registry):
    config = resolve("cgan-mnist", registry, []).config
    assert config.conditional
    assert (config.z_distribution, config.z_dim) == ("uniform", 100)
    assert list(config.arch["hidden_d"]) == [290, 240]
