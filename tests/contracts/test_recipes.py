"""What recipes say of themselves is so."""

import pytest
import torch

from ganzoo import ImageShape, Size
from ganzoo.config import resolve
from ganzoo.runs.networks import build_networks

# Channels and classes of the data sets that recipes name; of the user's own images: colour, and as many as ImageNet has.
DATA = {"digits": (1, 10), "mnist": (1, 10), "fashion-mnist": (1, 10), "cifar10": (3, 10), "stacked-mnist": (3, 1000)}
OWN = (3, 1000)


def networks(recipe, registry):
    """The networks of a recipe for its own data, without numbers in them."""
    config = resolve(recipe.name, registry, []).config
    dataset = registry.datasets.get(config.dataset)
    named = "dataset" in recipe.settings or "resolution" not in recipe.settings
    channels, classes = DATA[config.dataset] if named else OWN
    size = config.resolution or Size.of(dataset.resolution or 8)
    shape = ImageShape(config.channels or channels, *size)
    with torch.device("meta"):
        codes = [registry.regularizers.get(name).codes for name in config.regularizers]
        return build_networks(config, registry, shape, classes if config.conditional or any(codes) else 0)


@pytest.fixture(autouse=True)
def _no_numbers(monkeypatch):
    """Initial weights that are worked out take seconds, and there are none here."""
    monkeypatch.setattr("torch.nn.init.orthogonal_", lambda weight, gain=1: weight)
    monkeypatch.setattr("torch.nn.utils.parametrizations._SpectralNorm._power_method", lambda *args: None)


def counted(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_weights_that_recipes_name_are_those_of_their_networks(registry):
    wrong = {}
    for recipe in registry.recipes:
        found = tuple(map(counted, networks(recipe, registry)))
        if recipe.parameters != found:
            wrong[recipe.name] = found
    assert not wrong
