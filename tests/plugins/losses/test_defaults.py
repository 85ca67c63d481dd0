"""The training settings that a loss brings along, as the configuration sees them."""

import subprocess
import sys

import pytest

from ganzoo import ConfigError
from ganzoo.config import Layer, OptimizerConfig, resolve

NAMES = ("mm", "ns", "lsgan", "hinge", "wgan", "wgangp", "rpgan", "ragan", "softmax")
DCGAN_ADAM = OptimizerConfig(kind="adam", lr=2e-4, betas=(0.5, 0.999))


def config_of(name, registry, *layers):
    return resolve(name, registry, list(layers)).config


@pytest.mark.parametrize("architecture", ["toy", "bare"])
@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_valid_settings_for_any_architecture(registry, name, architecture):
    resolved = resolve(f"{architecture}-{name}", registry, [])
    assert resolved.config.loss == name
    assert resolved.origins["optimizer_g.lr"] == resolved.origins["optimizer_d.lr"] == f"loss {name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_says_what_it_is_and_where_it_comes_from(registry, name):
    loss = registry.losses.get(name)
    assert loss.paper.startswith("arXiv:")
    assert loss.summary.endswith(".")
    assert "\n" not in loss.summary


def test_critics_are_those_of_wasserstein(registry):
    assert {loss.name for loss in registry.losses if loss.critic} == {"wgan", "wgangp"}


@pytest.mark.parametrize(("name", "batch_size"), [("mm", 128), ("ns", 128), ("lsgan", 64), ("softmax", 128)])
def test_classifiers_train_as_dcgan_does(registry, name, batch_size):
    config = config_of(f"toy-{name}", registry)
    assert config.optimizer_g == config.optimizer_d == DCGAN_ADAM
    assert (config.batch_size, config.n_critic, config.critic_boost) == (batch_size, 1, None)
    assert config.regularizers == {}
    assert config.arch["norm_d"] == "batch"


def test_wgan_clips_boosts_its_critic_and_uses_no_momentum(registry):
    config = config_of("toy-wgan", registry)
    assert config.optimizer_g == config.optimizer_d == OptimizerConfig(kind="rmsprop", lr=5e-5)
    assert (config.batch_size, config.n_critic) == (64, 5)
    assert config.critic_boost is not None
    assert config.critic_boost.model_dump() == {"n_critic": 100, "first": 25, "every": 500}
    assert config.regularizers == {"weight-clipping": {"limit": 0.01}}


def test_wgangp_penalises_and_drops_batch_norm(registry):
    config = config_of("toy-wgangp", registry)
    assert config.optimizer_g == config.optimizer_d == OptimizerConfig(kind="adam", lr=1e-4, betas=(0.0, 0.9))
    assert (config.batch_size, config.n_critic, config.critic_boost) == (64, 5, None)
    penalty = {"weight": 10.0, "target": 1.0, "one_sided": False, "interval": 1}
    assert config.regularizers == {"gradient-penalty": penalty}
    assert config.arch == {"norm_d": "none"}


def test_hinge_comes_with_spectral_normalisation(registry):
    config = config_of("toy-hinge", registry)
    assert config.optimizer_g == config.optimizer_d == OptimizerConfig(kind="adam", lr=2e-4, betas=(0.0, 0.9))
    assert (config.batch_size, config.n_critic) == (64, 5)
    assert config.arch == {"norm_d": "spectral"}


@pytest.mark.parametrize("name", ["rpgan", "ragan"])
def test_relativistic_games_come_with_spectral_normalisation(registry, name):
    config = config_of(f"toy-{name}", registry)
    assert config.optimizer_g == config.optimizer_d == DCGAN_ADAM
    assert (config.batch_size, config.n_critic) == (32, 1)
    assert config.arch == {"norm_d": "spectral"}


@pytest.mark.parametrize("name", ["hinge", "wgangp", "rpgan"])
def test_an_architecture_without_norms_is_not_asked_for_one(registry, name):
    assert config_of(f"bare-{name}", registry).arch == {}


def test_the_architecture_and_the_user_win_over_the_loss(registry):
    config = config_of("stubborn-wgan", registry, Layer("command line", {"regularizers.weight-clipping.limit": 0.05}))
    assert (config.optimizer_d.lr, config.optimizer_g.lr, config.n_critic) == (0.5, 5e-5, 3)
    assert config.regularizers == {"weight-clipping": {"limit": 0.05}}


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("mm", "real_target", 0),
        ("ns", "real_target", 1.1),
        ("lsgan", "targets", "other"),
        ("lsgan", "a", float("inf")),
        ("hinge", "margin", 2),
        ("rpgan", "margin", "wide"),
    ],
)
def test_options_out_of_range_or_unknown_are_refused_by_name(registry, name, option, value):
    with pytest.raises(ConfigError, match=rf"loss_options\.{option}: "):
        config_of(f"toy-{name}", registry, Layer("command line", {f"loss_options.{option}": value}))


def test_targets_that_turn_the_sides_round_are_refused_with_their_values(registry):
    with pytest.raises(ConfigError, match=r"a must lie below b and c, .*a=2, b=1, c=1"):
        config_of("toy-lsgan", registry, Layer("command line", {"loss_options.a": 2}))


def test_declaring_the_losses_loads_no_torch():
    code = "import sys, ganzoo_losses; ganzoo_losses.register_losses(print); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
