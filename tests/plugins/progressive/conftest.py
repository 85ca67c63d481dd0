"""A small pair that grows from 4x4 to 16x16."""

import pytest
import torch

from ganzoo import ImageShape, NetworkConfig
from ganzoo_progressive import ProgressiveOptions


@pytest.fixture(scope="session")
def ask():
    """``ask(height=16, width=None)``: what a small network is built from."""

    def request(height=16, width=None, *, channels=3, z_dim=5, num_classes=0, **options):
        shape = ImageShape(channels, height, width or height)
        chosen = ProgressiveOptions(**{"max_width": 6, "embedding_dim": 4} | options)
        return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=chosen)

    return request


@pytest.fixture(scope="session")
def pair(ask):
    """``pair(height=16, width=None)``: both players of it, always the same."""
    from ganzoo_progressive.networks import Discriminator, Generator

    def build(*arguments, **options):
        torch.manual_seed(0)
        config = ask(*arguments, **options)
        return Generator(config), Discriminator(config)

    return build


@pytest.fixture
def z():
    return torch.randn(8, 5, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def images():
    return torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
