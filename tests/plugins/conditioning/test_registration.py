"""What the plugin offers, and what it refuses."""

import subprocess
import sys

import pytest
import torch

from ganzoo import ConfigError
from ganzoo.config import full_options
from ganzoo.nn import norm_of_weights, spectral
from ganzoo_conditioning import REGULARIZERS

WRAPS = {"projection", "concat"}
TECHNIQUES = {"ac", "tac", "adc", "multi-hinge", "2c", "d2d-ce", "infogan"}


def test_the_ways_to_tell_of_classes_are_these(registry):
    assert {r.name for r in registry.regularizers if r.conditions} == WRAPS | TECHNIQUES
    for regularizer in REGULARIZERS:
        assert regularizer.conditions
        assert regularizer.paper.startswith("arXiv:")
        assert regularizer.summary.endswith(".")
        assert (regularizer.wrap is not None) == (regularizer.name in WRAPS)
        assert (regularizer.codes is not None) == (regularizer.name == "infogan")


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_what_looks_at_features_says_so_where_there_are_none(build, networks, name):
    with pytest.raises(ConfigError, match=rf"'{name}' works on the features(.|\n)*returns ganzoo\.nn\.DOutput"):
        build(name, networks.Featureless())


def test_so_does_the_projection(wrap, networks):
    with pytest.raises(ConfigError, match="'projection' works on the features"):
        wrap("projection", lambda shape: networks.Featureless())


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_heads_are_under_spectral_norm_where_the_discriminator_is(build, networks, name):
    D = networks.Smooth()
    assert norm_of_weights(build(name, D)) == "none"
    spectral("spectral", D.to_logit)
    technique = build(name, D)
    layers = [module for module in technique.modules() if isinstance(module, torch.nn.Linear)]
    assert layers
    assert all(norm_of_weights(layer) == "spectral" for layer in layers)


@pytest.mark.parametrize("name", sorted(WRAPS | TECHNIQUES))
def test_a_game_without_classes_is_refused(game, name):
    with pytest.raises(ConfigError, match=rf"'{name}' is about classes: add '--conditional'"):
        game(name, settings={"conditional": False})


def test_two_ways_at_once_are_refused(game):
    with pytest.raises(ConfigError, match=r"'ac', 'projection' are ways to tell(.|\n)*one of them"):
        game("ac", settings={"regularizers.projection": {}})


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("concat", "maps", 0),
        ("concat", "planes", "both"),
        ("ac", "weight_g", -1),
        ("ac", "weight_d", float("nan")),
        ("multi-hinge", "alone", "perhaps"),
        ("2c", "temperature", 0),
        ("2c", "width", 1),
        ("d2d-ce", "margin_positive", 1.5),
        ("infogan", "categories", 0),
        ("infogan", "continuous", -1),
    ],
)
def test_options_out_of_range_are_refused_by_name(registry, name, option, value):
    schema = registry.regularizers.get(name).options
    with pytest.raises(ConfigError, match=rf"regularizers\.{name}\.{option}: "):
        full_options(schema, {option: value}, f"regularizers.{name}", {})


def test_declaring_them_loads_no_torch():
    code = "import sys, ganzoo_conditioning as c; c.register_regularizers(print); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
