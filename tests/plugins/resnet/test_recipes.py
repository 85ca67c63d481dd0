"""What the recipes of residual networks say, against their papers."""

import pytest

from ganzoo.config import resolve

FULL = ("wgangp-resnet", "wgangp-resnet-ac", "sngan", "pdgan")


@pytest.mark.parametrize("name", FULL)
def test_the_training_is_the_papers(name, registry):
    config = resolve(name, registry, []).config
    for player in (config.optimizer_g, config.optimizer_d):
        assert (player.kind, player.lr, player.betas) == ("adam", 2e-4, (0.0, 0.9))
        assert (player.lr_anneal.to, player.lr_anneal.kimg, player.lr_anneal.shape) == (0.0, None, "linear")
    assert (config.n_critic, config.batch_size, config.z_dim, config.z_distribution) == (5, 64, 128, "normal")
    assert config.kimg * 1000 / (config.batch_size * config.n_critic) == 100_000  # generator updates
    assert (config.dataset, config.resolution, config.ema_halflife_kimg) == ("cifar10", (32, 32), 0.0)


@pytest.mark.parametrize(
    ("name", "loss", "pool", "norm_d", "penalties"),
    [
        ("wgangp-resnet", "wgangp", "mean", "none", {"gradient-penalty"}),
        ("wgangp-resnet-ac", "wgangp", "mean", "none", {"gradient-penalty", "ac"}),
        ("sngan", "hinge", "sum", "spectral", set()),
        ("pdgan", "hinge", "sum", "spectral", set()),
    ],
)
@pytest.mark.parametrize("size", ["", "-small"])
def test_the_game_is_the_papers_and_the_small_ones_the_same(name, loss, pool, norm_d, penalties, size, registry):
    config = resolve(name + size, registry, []).config
    assert config.loss == loss
    assert (config.arch["pool"], config.arch["norm_g"], config.arch["norm_d"]) == (pool, "batch", norm_d)
    assert config.regularizers.keys() == penalties
    if "ac" in penalties:  # the authors' ACGAN_SCALE and ACGAN_SCALE_G; minutes need more
        weights = config.regularizers["ac"]["weight_d"], config.regularizers["ac"]["weight_g"]
        assert weights == ((1.0, 1.0) if size else (1.0, 0.1))


def test_every_published_number_can_be_looked_for(registry):
    fields = {"dataset", "image", "features", "samples", "split", "options.splits"}
    for name in FULL:
        for number in registry.recipes.get(name).published:
            assert set(number.where) <= fields
            assert (number.where["dataset"], number.where["features"]) == ("cifar10", "inception")
