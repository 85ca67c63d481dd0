"""Regularizers by which a discriminator learns of classes: what is built within and around them."""

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo import ConfigError, ImageData, ImageShape, Options, Regularizer, hookimpl
from ganzoo.config import Layer, resolve
from ganzoo.nn import as_output
from ganzoo.runs.networks import build_networks
from ganzoo.techniques import Technique
from ganzoo.training.codes import with_codes

SHAPE = ImageShape(1, 8, 8)


class Around(nn.Module):
    """A discriminator around another one, with a table of classes if there are some."""

    def __init__(self, inner, num_classes, named):
        super().__init__()
        self.inner, self.named = inner, named
        self.table = nn.Embedding(num_classes, 1) if num_classes else None

    def forward(self, images, c=None):
        output = as_output(self.inner(images, c))
        return output if self.table is None else output._replace(logits=output.logits + self.table(c)[:, 0])


def wrapping(name):
    return lambda options, build, num_classes: lambda shape: Around(build(shape), num_classes, name)


class CodeOptions(Options):
    categories: int = 4


class MadeUp:
    @hookimpl
    def register_regularizers(self, register):
        register(Regularizer(name="around", wrap=wrapping("around")))
        register(Regularizer(name="told", wrap=wrapping("told"), conditions=True))
        register(Regularizer(name="heads", build=lambda context: Technique(), conditions=True))
        register(
            Regularizer(
                name="coded",
                build=lambda context: Technique(),
                conditions=True,
                codes=lambda options: options.categories,
                options=CodeOptions,
            )
        )


@pytest.fixture
def build(zoo):
    """``build(*regularizers)``: the networks of a game of three classes, and its configuration."""
    import ganzoo_classic
    import ganzoo_datasets
    import ganzoo_losses

    registry = zoo(MadeUp(), classic=ganzoo_classic, datasets=ganzoo_datasets, losses=ganzoo_losses)

    def networks(*regularizers, conditional=True, **settings):
        asked = {f"regularizers.{name}": {} for name in regularizers} | {"conditional": conditional}
        small = {"z_dim": 2, "arch.hidden_g": [4], "arch.hidden_d": [4]}
        config = resolve("mlp-ns", registry, [Layer("test", small | asked | settings)]).config
        return *build_networks(config, registry, SHAPE, 3 if conditional else 0), config, registry

    return networks


def logits(D, c):
    return as_output(D(torch.ones(3, *SHAPE), torch.tensor(c))).logits


def test_the_discriminator_within_is_built_without_classes_and_the_generator_with(build):
    plain = build()[1]
    G, D, *_ = build("heads")
    assert not torch.equal(logits(plain, [0, 1, 2]), logits(plain, [0, 0, 0]))  # its architecture's own way
    assert torch.equal(logits(D, [0, 1, 2]), logits(D, [0, 0, 0]))
    z = torch.ones(3, 2)
    assert not torch.equal(G.eval()(z, torch.tensor([0, 1, 2])), G(z, torch.tensor([0, 0, 0])))


def test_what_tells_of_classes_is_innermost_whatever_the_order(build):
    for order in (("around", "told"), ("told", "around")):
        _, D, *_ = build(*order)
        assert (D.named, D.inner.named) == ("around", "told")
        assert torch.equal(logits(D.inner.inner, [0, 1, 2]), logits(D.inner.inner, [0, 0, 0]))
        nn.init.normal_(D.inner.table.weight)
        assert not torch.equal(logits(D.inner, [0, 1, 2]), logits(D.inner, [0, 0, 0]))


def test_two_ways_at_once_are_refused(build):
    with pytest.raises(
        ConfigError, match="'told', 'heads' are ways to tell the discriminator of classes: expected one"
    ):
        build("told", "heads")


def test_without_classes_there_is_nothing_to_tell(build):
    with pytest.raises(ConfigError, match=r"Regularizer 'told' is about classes: add '--conditional'"):
        build("told", conditional=False)


def test_codes_take_the_place_of_the_data_s_classes_as_often_each(build):
    *_, config, registry = build("coded", **{"regularizers.coded.categories": 5})
    images = np.zeros((20, 8, 8, 1), np.uint8)
    for data in (
        ImageData(images=images, sha256="abc"),
        ImageData(images=images, labels=np.zeros(20, np.int64), class_names=("0", "1")),
    ):
        coded = with_codes(data, config, registry)
        assert coded.images is images
        assert np.bincount(coded.labels).tolist() == [4] * 5
        assert coded.class_names == tuple(f"code {k}" for k in range(5))
        assert coded.sha256 != "abc"


def test_other_games_keep_the_data_s_classes(build):
    data = ImageData(images=np.zeros((4, 8, 8, 1), np.uint8), labels=np.arange(4) % 3, class_names=("a", "b", "c"))
    for regularizers in ((), ("around",), ("told",)):
        *_, config, registry = build(*regularizers)
        assert with_codes(data, config, registry) is data


def test_codes_without_a_way_to_condition_are_a_mistake_of_the_plugin():
    with pytest.raises(ValueError, match="say conditions=True"):
        Regularizer(name="x", build=lambda context: None, codes=lambda options: 3)
