from functools import partial

import pytest
import torch
from torch import nn

from ganzoo import Architecture, Dataset, ImageShape, Loss, Regularizer, hookimpl
from ganzoo.config import Layer, resolve
from ganzoo.errors import BrokenPlugin, ConfigError
from ganzoo.runs.networks import Inputs, as_pixels, build_discriminator, build_generator, build_networks, settled


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(4, 12, bias=False), nn.BatchNorm1d(12)

    def forward(self, z, c=None):
        return torch.tanh(self.norm(self.linear(z))).view(-1, 3, 2, 2)


INPUTS = Inputs(4, "normal", (), torch.device("cpu"))


def test_settled_statistics_are_those_of_the_weights_at_hand():
    G = Normed()
    G.norm.running_mean.fill_(100.0)
    copy = settled(G, INPUTS)
    z = torch.randn(4000, 4)
    features = G.linear(z)
    torch.testing.assert_close(copy.norm.running_mean, features.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(copy.norm.running_var, features.var(0), atol=0.2, rtol=0.2)
    assert not copy.training
    assert G.training
    assert (G.norm.running_mean == 100.0).all()


def test_settling_is_deterministic_and_draws_nothing_from_the_run():
    G, before = Normed(), torch.get_rng_state()
    first, second = settled(G, INPUTS), settled(G, INPUTS)
    assert torch.equal(first.norm.running_mean, second.norm.running_mean)
    assert torch.equal(before, torch.get_rng_state())


def test_pixels_are_rounded_half_to_even_and_clamped():
    images = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 1 / 255]).view(1, 1, 1, 6)
    assert as_pixels(images).flatten().tolist() == [0, 0, 128, 255, 255, 128]


def test_a_conditional_generator_is_fed_the_classes_of_its_seeds():
    z, classes = Inputs(4, "uniform", (5, 5, 5), torch.device("cpu")).of([0, 1, 2, 3])
    assert z.shape == (4, 4)
    assert z.abs().max() < 1
    assert classes.dtype == torch.int64
    assert 0 <= classes.min() <= classes.max() < 3


def test_settling_sees_classes_as_often_as_training_did():
    _, classes = Inputs(4, "normal", (900, 0, 100), torch.device("cpu")).of(range(4000))
    shares = torch.bincount(classes, minlength=3) / 4000
    torch.testing.assert_close(shares, torch.tensor([0.9, 0.0, 0.1]), atol=0.02, rtol=0)


def test_a_spectral_norm_is_settled_for_the_averaged_weights():
    G = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 12)))
    with torch.no_grad():
        G[0].parametrizations.weight.original.copy_(torch.randn(12, 4))  # as averaging does: the vectors are of others
    copy = settled(G, INPUTS)
    assert torch.linalg.matrix_norm(copy[0].weight, 2).item() == pytest.approx(1.0, abs=1e-3)


SHAPE = ImageShape(1, 2, 2)


class Players:
    """An architecture that keeps what it was asked for, and a regularizer that tells D of classes in its stead."""

    def __init__(self, made=nn.Identity):
        self.made, self.asked = made, []

    def build(self, player, config):
        self.asked.append((player, config.image_shape, config.num_classes))
        return self.made()

    @hookimpl
    def register_architectures(self, register):
        G, D = partial(self.build, "G"), partial(self.build, "D")
        register(Architecture(name="net", generator=G, discriminator=D, conditional=True))

    @hookimpl
    def register_losses(self, register):
        register(Loss(name="ns", build=NotImplemented))

    @hookimpl
    def register_datasets(self, register):
        register(Dataset(name="digits", load=NotImplemented))

    @hookimpl
    def register_regularizers(self, register):
        def wider(options, build, num_classes):
            return lambda shape: build(shape._replace(channels=2 * shape.channels))

        register(Regularizer(name="told", build=lambda context: None, conditions=True))
        register(Regularizer(name="wider", wrap=wider))


@pytest.fixture
def asked(zoo):
    """``asked(build, *regularizers)``: what a conditional game's builder asks its architecture for, in order."""

    def ask(build, *regularizers, **made):
        plugin = Players(**made)
        registry = zoo(plugin)
        settings = {"conditional": True} | {f"regularizers.{name}": {} for name in regularizers}
        build(resolve("net-ns", registry, [Layer("test", settings)]).config, registry, SHAPE, 3)
        return plugin.asked

    return ask


@pytest.mark.parametrize(
    ("regularizers", "of_d"),
    [((), (SHAPE, 3)), (("told",), (SHAPE, 0)), (("wider",), (ImageShape(2, 2, 2), 3))],
)
def test_the_generator_is_built_once_and_then_the_discriminator_once_as_it_is_wanted(asked, regularizers, of_d):
    assert asked(build_networks, *regularizers) == [("G", SHAPE, 3), ("D", *of_d)]


def test_whoever_wants_the_generator_alone_builds_no_discriminator(asked):
    assert asked(build_generator, "told", "wider") == [("G", SHAPE, 3)]


@pytest.mark.parametrize(("build", "player"), [(build_generator, "generator"), (build_discriminator, "discriminator")])
def test_an_architecture_that_builds_no_module_is_named(asked, build, player):
    said = rf"'net' \(plugin 'plugin0'\) built 'a network' as its {player}; expected a torch module\.$"
    with pytest.raises(BrokenPlugin, match=said):
        asked(build, made=lambda: "a network")


@pytest.mark.parametrize(("build", "player"), [(build_generator, "generator"), (build_discriminator, "discriminator")])
def test_options_that_a_network_cannot_be_built_of_are_the_users_to_mend(asked, build, player):
    def made():
        raise ValueError("attention looks at an eighth\nof the channels")

    said = rf"'net' \(plugin 'plugin0'\) cannot build its {player} of these options: attention .* the channels\.$"
    with pytest.raises(ConfigError, match=f"(?m){said}"):
        asked(build, made=made)
