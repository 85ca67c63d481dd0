"""Small networks with classes, steps made by hand, and games on images of one colour a class."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo import ImageData, ImageShape, TechniqueContext
from ganzoo.config import Layer, resolve
from ganzoo.nn import DOutput, as_output
from ganzoo.techniques import Random, Step
from ganzoo.training.build import build_state

CLASSES = 3
SHAPE = ImageShape(3, 4, 4)
COLOURS = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220]])


class Smooth(nn.Module):
    """A discriminator of 3-channel 4x4 images that can be differentiated any number of times; ``scale`` times tanh."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(64, 6), nn.Tanh())
        self.to_logit, self.scale = nn.Linear(6, 1), scale

    def forward(self, images, c=None):
        features = self.scale * self.body(images)
        return DOutput(self.to_logit(features).squeeze(1), features)


class Featureless(nn.Module):
    """Logits alone."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, images, c=None):
        return self.weight * images.flatten(1).sum(1)


class Generator(nn.Module):
    """z (N, 8), c (N,) -> images (N, 3, 4, 4)."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 8)
        self.layers = nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 48), nn.Tanh())

    def forward(self, z, c=None):
        return self.layers(z + self.embedding(c)).view(-1, *SHAPE)


@pytest.fixture(scope="session")
def networks():
    torch.set_num_threads(1)
    return SimpleNamespace(Smooth=Smooth, Generator=Generator, Featureless=Featureless)


@pytest.fixture
def build(registry):
    """``build("ac", D, weight_g=0.1)``: a registered technique for that discriminator, with those options."""

    def build_technique(name, discriminator, z_dim=8, **options):
        regularizer = registry.regularizers.get(name)
        context = TechniqueContext(
            options=regularizer.options(**options),
            generator=nn.Identity(),
            discriminator=discriminator,
            image_shape=SHAPE,
            z_dim=z_dim,
            num_classes=CLASSES,
        )
        return regularizer.build(context)

    return build_technique


@pytest.fixture
def wrap(registry):
    """``wrap("concat", build, planes="embedding")``: the discriminator that a regularizer makes out of others."""

    def wrapped(name, build, num_classes=CLASSES, shape=SHAPE, **options):
        regularizer = registry.regularizers.get(name)
        return regularizer.wrap(regularizer.options(**options), build, num_classes)(shape)

    return wrapped


@pytest.fixture
def make_step():
    """``make_step(D, G, player="d")``: a step on six images, two of each class."""

    def make(D, G, player):
        torch.manual_seed(1)
        dtype = next(D.parameters()).dtype
        labels = torch.arange(6) % CLASSES
        z, real = torch.randn(6, 8, dtype=dtype), torch.rand(6, *SHAPE, dtype=dtype) * 2 - 1
        fake = G(z, labels) if player == "g" else G(z, labels).detach()
        return Step(
            generator=G,
            discriminator=D,
            generate=G,
            augment=lambda images: images,
            discriminate=lambda images, c: as_output(D(images, c)),
            z=z,
            generated_images=fake,
            fake_images=fake,
            labels=labels,
            fake_output=as_output(D(fake, labels)),
            real_images=real if player == "d" else None,
            real_output=as_output(D(real, labels)) if player == "d" else None,
            random=Random(torch.device("cpu"), 0),
            nimg=torch.tensor(0),
        )

    return make


@pytest.fixture(scope="session")
def coloured():
    """300 images of 8x8, each of its class's colour and a little noise."""
    draw = np.random.default_rng(0)
    labels = np.arange(300) % CLASSES
    images = COLOURS[labels][:, None, None, :] + draw.integers(-30, 31, (300, 8, 8, 3))
    return ImageData(images=images.astype(np.uint8), labels=labels, class_names=("red", "green", "blue"))


@pytest.fixture
def game(registry, coloured):
    """``game("ac", weight_g=0.1)``: the state of a small conditional game of that kind on coloured images."""

    def start(name, *, architecture="mlp", loss="ns", data=coloured, settings=None, **options):
        small = {"arch.hidden_g": [32], "arch.hidden_d": [32]} if architecture == "mlp" else {}
        asked = {"batch_size": 30, "z_dim": 8, "conditional": True, f"regularizers.{name}": options}
        layer = Layer("test", small | asked | (settings or {}))
        config = resolve(f"{architecture}-{loss}", registry, [layer]).config
        return build_state(config, registry, data, torch.device("cpu"))

    return start
