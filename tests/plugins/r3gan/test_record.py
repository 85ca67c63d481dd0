"""What r3gan declares, which images it declines, and its recipes against table 9 of the paper."""

import subprocess
import sys

import pytest

from ganzoo import ConfigError, ImageShape, NetworkConfig
from ganzoo.config import resolve
from ganzoo_r3gan import R3GANOptions, check


def ask(height, across, **chosen):
    options = R3GANOptions.model_validate(chosen)
    check(NetworkConfig(image_shape=ImageShape(3, height, across), z_dim=4, num_classes=0, options=options))


@pytest.mark.parametrize(("height", "across"), [(8, 8), (32, 32), (1024, 1024), (16, 24)])
def test_what_can_be_halved_down_to_4_is_accepted(height, across):
    ask(height, across)


def test_another_size_is_declined_with_the_nearest_that_works():
    with pytest.raises(ConfigError, match=r"^r3gan cannot make images of 28x28: (.|\n)*'--resolution 32'\.$"):
        ask(28, 28)


@pytest.mark.parametrize(
    ("width", "group_width", "groups"), [(768, 16, 96), (20, 16, 2), (7, 4, 2), (11, 4, 2), (3, 16, 1), (5, 1, 10)]
)
def test_groups_are_as_many_as_divide_the_channels_and_none_is_narrower_than_asked_for(width, group_width, groups):
    assert R3GANOptions(group_width=group_width).groups(width) == groups


def test_nothing_heavy_is_imported_to_declare_it():
    script = "import sys, ganzoo_r3gan; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_recipe_for_cifar_is_the_papers(registry):
    config = resolve("r3gan-cifar", registry, []).config
    assert (config.dataset, config.conditional, config.loss) == ("cifar10", True, "rpgan")
    assert (config.z_dim, config.batch_size, config.n_critic, config.kimg) == (64, 512, 1, 250_000)
    options = R3GANOptions.model_validate(config.arch)
    assert (options.widths(3), options.groups(768), options.blocks) == ([768] * 4, 96, 2)
    for optimizer in (config.optimizer_g, config.optimizer_d):
        assert (optimizer.kind, optimizer.lr, optimizer.betas) == ("adam", 2e-4, (0.0, 0.9))
        assert (optimizer.lr_anneal.to, optimizer.lr_anneal.kimg, optimizer.lr_anneal.shape) == (5e-5, 20_000, "cosine")
        assert (optimizer.beta2_anneal.to, optimizer.beta2_anneal.kimg) == (0.99, 20_000)
        assert optimizer.beta2_anneal.shape == "cosine"
    for penalty in (config.regularizers["r1"], config.regularizers["r2"]):
        assert penalty == {"gamma": 0.05, "gamma_end": 0.005, "anneal_kimg": 20_000, "interval": 1}
    ada = config.augmentations["ada"]
    assert (ada["begin"], ada["end"], ada["ramp_kimg"]) == (0.0, 0.55, 20_000)
    assert (ada["colour_rate"], ada["cutout"]) == (0.5, True)
    assert list(config.augmentations) == ["flip", "ada"]
    assert config.ema_halflife_kimg == 5000
    assert config.ema_rampup * 20_000 == 5000  # the whole half-life when the burn-in ends


@pytest.mark.parametrize(
    ("name", "batch", "kimg", "gammas", "burn_in", "ema", "augmentation"),
    [
        ("r3gan-stacked", 512, 10_000, (1.0, 0.1), 2000, 500, None),
        ("r3gan-ffhq64", 256, 100_000, (2.0, 0.2), 20_000, 500, 0.3),
    ],
)
def test_the_other_recipes_are_the_papers(name, batch, kimg, gammas, burn_in, ema, augmentation, registry):
    config = resolve(name, registry, []).config
    assert (config.batch_size, config.kimg, config.ema_halflife_kimg) == (batch, kimg, ema)
    for penalty in (config.regularizers["r1"], config.regularizers["r2"]):
        assert (penalty["gamma"], penalty["gamma_end"], penalty["anneal_kimg"]) == (*gammas, burn_in)
    assert config.augmentations.get("ada", {}).get("end") == augmentation
    assert (config.optimizer_g.lr_anneal is None) == (name == "r3gan-stacked")  # its rate stays
    assert not config.conditional


def test_the_published_score_is_the_papers(registry):
    (published,) = registry.recipes.get("r3gan-cifar").published
    assert (published.name, published.value) == ("fid", 1.96)
