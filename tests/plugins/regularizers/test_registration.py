import subprocess
import sys

import pytest
import torch
from torch import nn

from ganzoo import ConfigError
from ganzoo.config import full_options
from ganzoo.techniques import Technique

PENALTIES = ("gradient-penalty", "r1", "r2", "dragan", "max-gradient-penalty", "wasserstein-divergence")
OTHERS = {
    "weight-clipping", "spectral-norm", "drift", "lecam", "consistency", "balanced-consistency", "latent-consistency",
    "improved-consistency", "label-noise", "minibatch-discrimination", "minibatch-deviation", "packing", "feature-matching",
    "mode-seeking", "top-k", "latent-optimisation", "path-length", "orthogonal", "historical-averaging",
}  # fmt: skip


class Pairwise(nn.Module):
    """Not batch norm, and mixes samples all the same."""

    mixes_samples = True


def test_the_regularizers_are_these(registry):
    assert {r.name for r in registry.regularizers} == {*PENALTIES, *OTHERS}


def test_every_regularizer_builds_a_technique_with_its_defaults(registry, build, critics):
    for regularizer in registry.regularizers:
        assert regularizer.paper.startswith(("arXiv:", "https:"))
        assert regularizer.summary.endswith(".")
        if regularizer.build:
            technique = build(regularizer.name, critics.Smooth(), critics.Generator())
            assert isinstance(technique, Technique)
            assert technique.interval == (4 if regularizer.name == "path-length" else 1)
            assert list(technique.parameters()) == []  # else the discriminator's optimizer would train them


@pytest.mark.parametrize("name", PENALTIES)
def test_lazy_regularization_is_asked_for_by_the_interval(build, critics, name):
    assert build(name, critics.Linear(torch.ones(3, 4, 4)), interval=16).interval == 16


@pytest.mark.parametrize("name", PENALTIES)
def test_the_interval_does_not_change_a_penalty(build, make_step, critics, name):
    """The trainer multiplies by it: doing so here would count it twice."""
    critic, images = critics.Linear(torch.randn(3, 4, 4)), torch.randn(2, 2, 3, 4, 4)
    often, seldom = (build(name, critic, interval=k).d_penalty(make_step(critic, *images)) for k in (1, 16))
    torch.testing.assert_close(often, seldom, rtol=0, atol=0)


@pytest.mark.parametrize("mixer", [nn.BatchNorm2d(4), nn.SyncBatchNorm(4), Pairwise()], ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("name", PENALTIES)
def test_a_discriminator_that_mixes_its_batch_is_refused(build, name, mixer):
    discriminator = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(mixer))
    with pytest.raises(ConfigError, match=rf"'{name}' penalises(.|\n)*mixes(.|\n)*'--set arch\.norm_d=layer'"):
        build(name, discriminator)


def test_weight_clipping_takes_batch_norm(build):
    build("weight-clipping", nn.BatchNorm2d(4))


def test_a_generator_that_mixes_its_batch_has_no_path_lengths(build, critics):
    with pytest.raises(ConfigError, match=r"this generator mixes(.|\n)*'--set arch\.norm_g=layer'"):
        build("path-length", critics.Smooth(), nn.BatchNorm2d(4))


@pytest.mark.parametrize("name", ["feature-matching"])
def test_a_discriminator_without_features_is_refused(build, critics, name):
    with pytest.raises(ConfigError, match=rf"'{name}' works on the features(.|\n)*returns ganzoo\.nn\.DOutput"):
        build(name, critics.Linear(torch.ones(3, 4, 4)))


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("gradient-penalty", "weight", -1),
        ("gradient-penalty", "weight", float("inf")),
        ("gradient-penalty", "interval", 0),
        ("r1", "gamma", float("nan")),
        ("r2", "gamma", -0.1),
        ("weight-clipping", "limit", 0),
        ("weight-clipping", "interval", 2),
        ("lecam", "decay", 1.0),
        ("top-k", "least", 0),
        ("packing", "size", 1),
        ("label-noise", "p", 0.5),
        ("orthogonal", "player", "nobody"),
    ],
)
def test_options_out_of_range_or_unknown_are_refused_by_name(registry, name, option, value):
    schema = registry.regularizers.get(name).options
    with pytest.raises(ConfigError, match=rf"regularizers\.{name}\.{option}: "):
        full_options(schema, {option: value}, f"regularizers.{name}", {})


def test_declaring_the_regularizers_loads_no_torch():
    code = "import sys, ganzoo_regularizers as r; r.register_regularizers(print); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
