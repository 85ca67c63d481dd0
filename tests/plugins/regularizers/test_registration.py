import subprocess
import sys

import pytest
import torch
from torch import nn

from ganzoo import ConfigError
from ganzoo.config import full_options
from ganzoo.techniques import Technique

PENALTIES = ("gradient-penalty", "r1", "r2")


class Pairwise(nn.Module):
    """Not batch norm, and mixes samples all the same."""

    mixes_samples = True


def test_the_regularizers_are_these(registry):
    assert {r.name for r in registry.regularizers} == {*PENALTIES, "weight-clipping"}


def test_every_regularizer_builds_a_technique_with_its_defaults(registry, build, critics):
    for regularizer in registry.regularizers:
        technique = build(regularizer.name, critics.Linear(torch.ones(3, 4, 4)))
        assert isinstance(technique, Technique)
        assert technique.interval == 1
        assert list(technique.parameters()) == []  # else the discriminator's optimizer would train them
        assert regularizer.paper.startswith("arXiv:")
        assert regularizer.summary.endswith(".")


@pytest.mark.parametrize("name", PENALTIES)
def test_lazy_regularization_is_asked_for_by_the_interval(build, critics, name):
    assert build(name, critics.Linear(torch.ones(3, 4, 4)), interval=16).interval == 16


@pytest.mark.parametrize("name", PENALTIES)
def test_the_interval_does_not_change_a_penalty(build, make_step, critics, name):
    """The trainer multiplies by it: doing so here would count it twice."""
    critic, images = critics.Linear(torch.randn(3, 4, 4)), torch.randn(2, 2, 3, 4, 4)
    often, seldom = (build(name, critic, interval=k).d_penalty(make_step(critic, *images)) for k in (1, 16))
    assert often.shape == (2,)
    torch.testing.assert_close(often, seldom, rtol=0, atol=0)


@pytest.mark.parametrize("mixer", [nn.BatchNorm2d(4), nn.SyncBatchNorm(4), Pairwise()], ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("name", PENALTIES)
def test_a_discriminator_that_mixes_its_batch_is_refused(build, name, mixer):
    discriminator = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(mixer))
    with pytest.raises(ConfigError, match=rf"'{name}' penalises(.|\n)*mixes(.|\n)*'--set arch\.norm_d=layer'"):
        build(name, discriminator)


def test_weight_clipping_takes_batch_norm(build):
    build("weight-clipping", nn.BatchNorm2d(4))


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
    ],
)
def test_options_out_of_range_or_unknown_are_refused_by_name(registry, name, option, value):
    schema = registry.regularizers.get(name).options
    with pytest.raises(ConfigError, match=rf"regularizers\.{name}\.{option}: "):
        full_options(schema, {option: value}, f"regularizers.{name}", {})


def test_declaring_the_regularizers_loads_no_torch():
    code = "import sys, ganzoo_regularizers as r; r.register_regularizers(print); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
