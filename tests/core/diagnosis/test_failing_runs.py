"""Games that are made to fail are named for what they are, and others are not."""

from contextlib import suppress

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo import Architecture, Dataset, ImageData, hookimpl
from ganzoo.config import Layer, resolve
from ganzoo.data.load import load_dataset
from ganzoo.diagnosis import diagnose
from ganzoo.doctor import look
from ganzoo.errors import Diverged
from ganzoo.progress import Stages
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder
from ganzoo.training import resume, start


def players(g, d, **settings):
    return {f"optimizer_{player}.lr": lr for player, lr in (("g", g), ("d", d))} | settings


def mlp(g=1e-3, d=1e-3, **settings):
    widths = {"arch.hidden_g": [64, 128], "arch.hidden_d": [128, 64]}
    return players(g, d, batch_size=32, resolution=8, z_dim=16, diagnose_every=2.0) | widths | settings


def toy(g=1e-3, d=1e-3, **settings):
    return players(g, d, batch_size=128, diagnose_every=1.0) | {"arch.width": 32} | settings


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


@pytest.fixture
def ailments(run):
    """``ailments("toy-ns", settings)``: train, and give the names of what is found in the log."""

    def train(name, settings, registry=None):
        registry = registry or get_registry()
        with suppress(Diverged):
            start(resolve(name, registry, [Layer("test", settings)]), registry, run.path)
        return {check.name for check in diagnose(run.stats(), run.read_config()[0].config)}

    return train


@pytest.fixture
def few_digits(tmp_path):
    """``few_digits(20)``: so many digits to train on, and others to test with."""

    def save(count):
        own, test = (load_dataset("digits", get_registry(), resolution=8, split=split) for split in ("train", "test"))
        np.savez(tmp_path / "digits.npz", images=own.images[:count], images_test=test.images)
        return f"npz:{tmp_path / 'digits.npz'}"

    return save


@pytest.mark.parametrize(("loss", "found"), [("mm", {"vanishing gradient", "saturation"}), ("ns", {"saturation"})])
def test_a_discriminator_that_learns_too_fast_is_sure_and_leaves_only_one_game_a_gradient(ailments, loss, found):
    assert ailments(f"mlp-{loss}", mlp(1e-4, 5e-3, n_critic=5, batch_size=64, kimg=14)) == found


def test_a_generator_that_learns_too_fast_makes_one_image_and_is_stuck(ailments, run, capsys):
    found = ailments("toy-mm", toy(0.05, 5e-3, kimg=30))
    assert found == {"mode collapse", "vanishing gradient", "saturation"}
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Diagnosis: ")]
    assert {line.split(": ")[1] for line in told} == found
    assert len(told) == 3  # each once
    resume(run.path, get_registry(), kimg=33)
    assert "Diagnosis" not in capsys.readouterr().err  # nor again by who goes on


FREE = {"regularizers": None, "critic_boost": None, "n_critic": 1, "kimg": 10}


def test_a_critic_whose_weights_nothing_holds_diverges(ailments):
    assert "divergence" in ailments("toy-wgan", toy(0.05, 0.05, **FREE))


def test_a_game_that_became_nan_is_told_from_its_log_alone(ailments, run):
    sgd = {"optimizer_g.kind": "sgd", "optimizer_d.kind": "sgd"}
    assert ailments("toy-wgan", toy(1.0, 1.0, **FREE, **sgd)) == {"divergence"}
    assert "diverged" in run.stats()[-1]


def test_a_discriminator_of_twenty_images_knows_them_by_heart(ailments, few_digits):
    assert ailments("mlp-ns", mlp(dataset=few_digits(20), kimg=20)) == {"discriminator overfitting"}


def test_a_generator_of_six_images_copies_them(ailments, few_digits, run):
    ailments("mlp-ns", mlp(dataset=few_digits(6), kimg=40, diagnose_every=None))
    copied, _ = look(run, run.read_config()[0].config, get_registry(), Stages(quiet=True))
    assert copied.found is True
    assert copied.number > 0.5


def test_a_game_that_ends_before_it_came_near_the_data_is_slow_and_nothing_else(ailments, run):
    assert ailments("mlp-wgan", mlp(1e-5, 1e-5, critic_boost=None, diagnose_every=1.5, kimg=14)) == {"slow convergence"}
    assert run.stats()[-1]["findings"] == ["slow convergence"]


class Dirac:
    """The Dirac-GAN: one parameter each, and no noise (Mescheder et al. 2018, arXiv:1801.04406, section 2). Data are at 0."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.theta = nn.Parameter(torch.tensor(1.0))

        def forward(self, z, c=None):
            return self.theta.expand(len(z), 1, 1, 2)

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.psi = nn.Parameter(torch.tensor(1.0))

        def forward(self, images, c=None):
            return self.psi * images[:, 0, 0, 0]

    @hookimpl
    def register_architectures(self, register):
        register(
            Architecture(
                name="dirac", generator=lambda _: self.Generator(), discriminator=lambda _: self.Discriminator()
            )
        )

    @hookimpl
    def register_datasets(self, register):
        images = np.full((64, 1, 2, 1), 127, np.uint8)
        register(Dataset(name="zero", fixed=True, load=lambda _: ImageData(images=images)))


@pytest.mark.parametrize(("regularizers", "goes_round"), [(None, True), ({"r1": {"gamma": 1.0}}, False)])
def test_players_that_answer_each_other_go_round_and_a_penalty_stops_them(ailments, zoo, regularizers, goes_round):
    import ganzoo_losses
    import ganzoo_regularizers

    registry = zoo(Dirac(), ganzoo_losses, ganzoo_regularizers)
    sgd = {"optimizer_g.kind": "sgd", "optimizer_d.kind": "sgd", "critic_boost": None, "n_critic": 1}
    settings = players(0.2, 0.2, dataset="zero", z_dim=1, batch_size=250, kimg=130, regularizers=regularizers) | sgd
    assert ("oscillation" in ailments("dirac-wgan", settings, registry)) is goes_round


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("quick", {"kimg": 80}),
        ("toy-ns", {"kimg": 600, "regularizers.packing": {}}),
        ("toy-rpgan", {"kimg": 1000, "regularizers.r1.gamma": 0.05, "regularizers.r2.gamma": 0.05}),
    ],
)
def test_healthy_games_are_called_so_at_every_look(ailments, run, name, settings):
    assert ailments(name, settings) == set()
    assert not any("findings" in record for record in run.stats())
    copied, lost = look(run, run.read_config()[0].config, get_registry(), Stages(quiet=True))
    assert (copied.found, lost.found) == (False, False)


@pytest.mark.long
def test_a_game_that_ends_while_it_gets_better_is_slow_and_nothing_else(ailments, shared_data):
    settings = {"dataset": "mnist", "data_dir": shared_data, "kimg": 16, "diagnose_every": 2.0}
    assert ailments("quick", settings) == {"slow convergence"}


@pytest.mark.long
def test_images_of_a_class_that_are_all_alike_are_a_collapse(ailments, shared_data):
    """A class embedding of half the latents' size drowns them."""
    settings = {"dataset": "mnist", "data_dir": shared_data, "conditional": True, "arch.embedding_dim": 32, "kimg": 40}
    assert ailments("quick", settings | {"diagnose_every": 5.0}) == {"mode collapse"}
