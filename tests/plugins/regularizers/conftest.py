"""Steps made by hand, for discriminators small enough to be differentiated on paper."""

from types import SimpleNamespace

import pluggy
import pytest
import torch
from torch import nn

import ganzoo_regularizers
from ganzoo import ImageShape, TechniqueContext, hookspecs
from ganzoo.nn import DOutput, as_output
from ganzoo.registry import Registry
from ganzoo.techniques import Random, Step


class Linear(nn.Module):
    """D(x) = <w, x>: its gradient is w at every image."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, images, c=None):
        return (images * self.weight).flatten(1).sum(1)


class Smooth(nn.Module):
    """A critic of 3-channel 4x4 images that can be differentiated any number of times, with features."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(64, 6), nn.Tanh())
        self.to_logit = nn.Linear(6, 1)
        self.to_logit.weight.data *= scale

    def forward(self, images, c=None):
        features = self.body(images)
        return DOutput(self.to_logit(features).squeeze(1), features)


class Generator(nn.Module):
    """z (N, 8) -> images (N, 3, 4, 4)."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 48), nn.Tanh())

    def forward(self, z, c=None):
        return self.layers(z).view(-1, 3, 4, 4)


class Quadratic(nn.Module):
    """D(x) = x'Ax / 2 with a symmetric A: its gradient is Ax."""

    def __init__(self, matrix):
        super().__init__()
        self.matrix = nn.Parameter((matrix + matrix.T) / 2)

    def forward(self, images, c=None):
        x = images.flatten(1)
        return ((x @ self.matrix) * x).sum(1) / 2


@pytest.fixture(scope="session")
def critics():
    torch.set_num_threads(1)
    return SimpleNamespace(Linear=Linear, Quadratic=Quadratic, Smooth=Smooth, Generator=Generator)


@pytest.fixture
def conv_critic():
    """A smooth convolutional critic of 3-channel 4x4 images, in float64."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(64, 1)).double()


@pytest.fixture(scope="session")
def registry():
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(ganzoo_regularizers)
    manager.check_pending()
    return Registry.collect(manager, [])


@pytest.fixture
def build(registry):
    """``build("r1", critic, gamma=2)``: a registered technique for that discriminator, with those options."""

    def build_technique(name, discriminator, generator=None, **options):
        regularizer = registry.regularizers.get(name)
        context = TechniqueContext(
            options=regularizer.options(**options),
            generator=generator or nn.Identity(),
            discriminator=discriminator,
            image_shape=ImageShape(3, 4, 4),
            z_dim=8,
            num_classes=0,
        )
        return regularizer.build(context)

    return build_technique


@pytest.fixture
def make_step():
    """A step of either player. ``seen`` collects what the discriminator was asked again: (images, labels)."""

    def make(
        discriminator, real_images, fake_images, *, labels=None, seed=0, seen=None, z=None, generator=None, nimg=0
    ):
        def discriminate(images, asked):
            if seen is not None:
                seen.append((images, asked))
            return as_output(discriminator(images))

        generator = generator or nn.Identity()
        return Step(
            generated_images=fake_images,
            augment=lambda images: images,
            generator=generator,
            discriminator=discriminator,
            generate=generator,
            discriminate=discriminate,
            z=torch.zeros(len(fake_images), 8) if z is None else z,
            fake_images=fake_images,
            labels=labels,
            fake_output=as_output(discriminator(fake_images)),
            real_images=real_images,
            real_output=as_output(discriminator(real_images)),
            random=Random(torch.device("cpu"), seed),
            nimg=torch.tensor(nimg),
        )

    return make
