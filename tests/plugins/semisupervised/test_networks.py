"""Shapes and ranges at every resolution."""

import pytest
import torch

from ganzoo import ImageShape
from ganzoo_semisupervised.networks import FEATURES, Z_DIM, Discriminator, Generator

SHAPES = [ImageShape(1, 8, 8), ImageShape(3, 13, 13), ImageShape(1, 28, 28), ImageShape(4, 32, 32)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_discriminator_gives_logits_and_features(shape):
    D = Discriminator(shape, 7)
    output = D(torch.rand(2, shape.channels, shape.height, shape.width))
    assert output.logits.shape == (2, 7)
    assert output.features.shape == (2, FEATURES)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_generator_gives_images(shape):
    images = Generator(shape)(torch.rand(3, Z_DIM))
    assert images.shape == (3, shape.channels, shape.height, shape.width)
    assert images.min() >= 0
    assert images.max() <= 1


def test_gradients_reach_every_weight_that_is_trained():
    shape = ImageShape(1, 8, 8)
    D, G = Discriminator(shape, 3), Generator(shape)
    output = D(G(torch.rand(4, Z_DIM)))
    output.logits.square().sum().backward()
    for name, weight in [*D.named_parameters(), *G.named_parameters()]:
        assert not weight.requires_grad or weight.grad.abs().sum() > 0, name


def test_in_evaluation_an_image_has_the_same_logits_alone_and_in_company():
    D = Discriminator(ImageShape(1, 8, 8), 3).eval()
    images = torch.rand(5, 1, 8, 8)
    torch.testing.assert_close(D(images).logits[2:3], D(images[2:3]).logits)
