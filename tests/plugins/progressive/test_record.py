"""What progressive declares, and which images it declines."""

import pytest

from ganzoo import ConfigError
from ganzoo.config import Layer, resolve
from ganzoo_progressive import check


@pytest.mark.parametrize(
    ("height", "width"), [(8, 8), (16, 16), (32, 32), (64, 64), (128, 128), (256, 256), (1024, 1024), (8, 16), (24, 16)]
)
def test_what_grows_out_of_a_small_map_is_accepted(ask, height, width):
    check(ask(height, width))


@pytest.mark.parametrize(("height", "width", "nearest"), [(4, 4, 8), (28, 28, 32), (16, 18, 16), (100, 100, 128)])
def test_another_shape_is_declined_with_the_nearest_that_works(ask, height, width, nearest):
    with pytest.raises(ConfigError, match=rf"^progressive cannot make images of {height}x{width}") as caught:
        check(ask(height, width))
    assert f"'--resolution {nearest}'" in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("channel_base", 0),
        ("max_width", 0),
        ("minibatch_group", 1),
        ("phase_kimg", -1),
        ("fade_kimg", -1),
        ("embedding_dim", 0),
    ],
)
def test_options_out_of_range_are_refused_by_name(registry, option, value):
    with pytest.raises(ConfigError, match=rf"^arch\.{option}: "):
        resolve("progressive-wgangp", registry, [Layer("test", {f"arch.{option}": value})])


@pytest.mark.parametrize("loss", ["ns", "hinge", "wgan", "wgangp"])
def test_weights_of_an_equalised_learning_rate_have_the_papers_whatever_the_loss(registry, loss):
    config = resolve(f"progressive-{loss}", registry, []).config
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.kind, optimizer.lr, optimizer.betas, optimizer.eps) == ("adam", 1e-3, (0.0, 0.99), 1e-8)
    assert (config.z_dim, config.z_distribution) == (512, "normal")


def test_pggan_is_the_papers_cifar_10_experiment(registry):
    config = resolve("pggan", registry, []).config
    assert (config.architecture, config.loss, config.dataset) == ("progressive", "wgangp", "cifar10")
    assert (config.batch_size, config.n_critic, config.z_dim) == (16, 1, 512)
    assert (config.arch["channel_base"], config.arch["max_width"]) == (16384, 512)
    assert (config.arch["phase_kimg"], config.arch["fade_kimg"]) == (800, 800)
    penalty, drift = config.regularizers["gradient-penalty"], config.regularizers["drift"]
    # (||gradient|| - gamma)^2 / gamma^2, lambda times.
    assert (penalty["weight"] * 750**2, penalty["target"], drift["weight"]) == (pytest.approx(10), 750, 1e-3)
    # An average of decay 0.999 at each update.
    assert 0.5 ** (config.batch_size / 1000 / config.ema_halflife_kimg) == pytest.approx(0.999, abs=1e-5)


@pytest.mark.parametrize("name", ["pggan", "pggan-small", "progressive-wgangp"])
def test_at_32_pixels_a_game_ends_full_grown_for_a_third_of_its_length_at_least(registry, name):
    config = resolve(name, registry, []).config
    grown = 3 * (config.arch["phase_kimg"] + config.arch["fade_kimg"])
    assert grown <= 2 / 3 * config.kimg
