"""What was first shown on DCGAN: the papers' numbers, and the variants for a CPU."""

import pytest
import torch

from ganzoo import ImageShape
from ganzoo.config import resolve
from ganzoo.runs.networks import build_networks
from ganzoo_dcgan.recipes import FULL, SMALL_ONES

COLOUR64, GREY32 = ImageShape(3, 64, 64), ImageShape(1, 32, 32)

# The authors' MNIST networks have 5x5 kernels where ours are 4x4: 25 weights for 16, between 256, 128, 64 and 1 channels. Theirs
# project z to 4096 numbers with a bias each; ours have one for each of 256 channels.
WGANGP_G = 128 * 4096 + 4096 + 25 * (256 * 128 + 128 * 64 + 64 * 1) + 128 + 64 + 1
WGANGP_D = 25 * (1 * 64 + 64 * 128 + 128 * 256) + 64 + 128 + 256 + 4096 + 1
SMALLER_KERNELS = 9 * (256 * 128 + 128 * 64 + 64 * 1)


@pytest.mark.parametrize(
    ("recipe", "shape", "generator", "discriminator"),
    [
        # PyTorch's example at ngf = ndf = 128, the paper's figure 1. It has no biases; ours has them where no norm follows.
        ("dcgan", COLOUR64, 12_658_432 + 3, 11_036_160 + 128 + 1),
        # The same at 64, as in the authors' code of WGAN, which has no biases either.
        ("wgan", COLOUR64, 3_576_704 + 3, 2_765_568 + 64 + 1),
        ("lsgan", COLOUR64, 3_576_704 + 3, 2_765_568 + 64 + 1),
        ("wgangp-mnist", GREY32, WGANGP_G - SMALLER_KERNELS - 4096 + 256, WGANGP_D - SMALLER_KERNELS),
    ],
)
def test_the_networks_have_the_references_numbers_of_parameters(registry, recipe, shape, generator, discriminator):
    config = resolve(recipe, registry, []).config
    with torch.device("meta"):
        players = build_networks(config, registry, shape, 0)
    assert [sum(p.numel() for p in player.parameters()) for player in players] == [generator, discriminator]


def adam(lr, *betas):
    return {f"optimizer_{player}.{key}": value for player in "gd" for key, value in {"lr": lr, "betas": betas}.items()}


RMSPROP = {
    f"optimizer_{player}.{key}": value for player in "gd" for key, value in {"kind": "rmsprop", "lr": 5e-5}.items()
}
UNIFORM, NORMAL = ({"z_distribution": name, "z_dim": 100} for name in ("uniform", "normal"))
PAPERS = {
    "dcgan": adam(2e-4, 0.5, 0.999) | UNIFORM | {"batch_size": 128, "n_critic": 1, "arch.norm_d": "batch"},
    "lsgan": adam(2e-4, 0.5, 0.999) | NORMAL | {"batch_size": 64, "n_critic": 1, "loss_options.targets": "binary"},
    "wgan": RMSPROP
    | NORMAL
    | {"batch_size": 64, "n_critic": 5, "regularizers.weight-clipping.limit": 0.01}
    | {"critic_boost.n_critic": 100, "critic_boost.first": 25, "critic_boost.every": 500},
    "wgangp-mnist": adam(1e-4, 0.5, 0.9)
    | {"batch_size": 50, "n_critic": 5, "z_dim": 128, "z_distribution": "normal", "dataset": "mnist"}
    | {"arch.norm_g": "none", "arch.norm_d": "none", "arch.init": "he", "regularizers.gradient-penalty.weight": 10.0},
    "dragan": adam(1e-4, 0.5, 0.9)
    | UNIFORM
    | {
        "batch_size": 128,
        "arch.norm_d": "layer",
        "regularizers.dragan.weight": 10.0,
        "regularizers.dragan.spread": 0.5,
    },
    "acgan": adam(2e-4, 0.5, 0.999)
    | UNIFORM
    | {"batch_size": 100, "conditional": True, "arch.embedding_dim": 10, "arch.dropout_d": 0.5, "dataset": "cifar10"}
    | {"regularizers.ac.weight_d": 1.0, "regularizers.ac.weight_g": 1.0},
    "infogan-mnist": {"optimizer_g.lr": 1e-3, "optimizer_d.lr": 2e-4, "optimizer_g.betas": (0.5, 0.999)}
    | {"batch_size": 128, "z_dim": 62 + 2, "z_distribution": "uniform", "conditional": True, "dataset": "mnist"}
    | {"regularizers.infogan.categories": 10, "regularizers.infogan.continuous": 2},
    "pacgan": adam(2e-4, 0.5, 0.999)
    | UNIFORM
    | {"batch_size": 2 * 64, "regularizers.packing.size": 2, "dataset": "stacked-mnist"},
    "minibatch-discrimination": adam(3e-4, 0.5, 0.999)
    | UNIFORM
    | {"batch_size": 100, "regularizers.minibatch-discrimination.kernels": 100}
    | {"regularizers.minibatch-discrimination.width": 5},
    "label-smoothing": {"loss_options.real_target": 0.9, "loss": "ns"},
}


def setting(config, key):
    value = config.model_dump()
    for part in key.split("."):
        value = value[part]
    return value


@pytest.mark.parametrize("recipe", sorted(PAPERS))
def test_a_full_recipe_has_its_papers_numbers(registry, recipe):
    config = resolve(recipe, registry, []).config
    assert {key: setting(config, key) for key in PAPERS[recipe]} == PAPERS[recipe]
    assert config.ema_halflife_kimg == 0


def test_every_full_recipe_is_held_against_its_paper_and_has_a_small_variant():
    assert sorted(PAPERS) == sorted(recipe.name for recipe in FULL)
    assert [f"{recipe.name}-small" for recipe in FULL] == [recipe.name for recipe in SMALL_ONES]


def test_a_rate_that_falls_in_the_last_third_of_1200_epochs_ends_with_them(registry):
    config = resolve("minibatch-discrimination", registry, []).config
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.lr_anneal.begin_kimg, optimizer.lr_anneal.kimg) == (800 * 50, 1200 * 50)
        assert (optimizer.lr_anneal.to, optimizer.lr_anneal.shape) == (0.0, "linear")
    assert config.kimg == 1200 * 50


@pytest.mark.parametrize("full", FULL, ids=lambda recipe: recipe.name)
def test_a_small_variant_plays_the_same_game_on_small_networks(registry, full):
    config, small = (resolve(name, registry, []).config for name in (full.name, f"{full.name}-small"))
    for key in ("architecture", "loss", "loss_options", "conditional"):
        assert getattr(small, key) == getattr(config, key), key
    assert small.regularizers.keys() == config.regularizers.keys()
    if full.name not in ("acgan", "infogan-mnist"):  # whose weights and latents would leave one image of a class
        assert (small.z_distribution, small.regularizers) == (config.z_distribution, config.regularizers)
    assert (small.resolution, small.arch["width_g"], small.arch["width_d"]) == ((32, 32), 32, 32)
    assert small.dataset in ("mnist", "stacked-mnist")
    assert small.kimg <= 1000
    assert not registry.recipes.get(small.recipe).published


def test_the_packed_discriminator_sees_two_images_of_three_channels(registry):
    config = resolve("pacgan", registry, []).config
    with torch.device("meta"):
        _, D = build_networks(config, registry, ImageShape(3, 32, 32), 0)
    assert next(D.parameters()).shape[1] == 6


def test_the_papers_modes_stand_beside_ours(registry):
    published = {number.name: number for number in registry.recipes.get("pacgan").published}
    assert {name: number.value for name, number in published.items()} == {"stacked_modes": 1000, "stacked_kl": 0.06}
    assert set(published) == set(registry.metrics.get("stacked-modes").gives)
    assert all(number.where["samples"] == 26_000 for number in published.values())


@pytest.mark.parametrize("recipe", ["acgan", "infogan-mnist"])
def test_classes_reach_the_discriminator_by_the_regularizer_alone(registry, recipe):
    config = resolve(f"{recipe}-small", registry, []).config
    shape = ImageShape(3, 32, 32)
    with torch.device("meta"):
        _, D = build_networks(config, registry, shape, 10)
        _, unconditional = build_networks(resolve("dcgan-small", registry, []).config, registry, shape, 0)
    sizes = [sum(p.numel() for p in player.parameters()) for player in (D, unconditional)]
    assert sizes[0] == sizes[1]
