"""Small FastGANs."""

import pytest
import torch

from ganzoo import ImageShape, NetworkConfig
from ganzoo_fastgan import FastGANOptions
from ganzoo_fastgan.networks import Discriminator, Generator


@pytest.fixture
def pair():
    """``pair(32)``, ``pair(32, 48, num_classes=3)``: G and D for such images, narrow, from a fixed seed."""

    def build(height, width=None, *, channels=3, z_dim=5, num_classes=0, device="cpu", **options):
        chosen = FastGANOptions(**{"width_g": 4, "width_d": 4} | options)
        shape = ImageShape(channels, height, width or height)
        config = NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=chosen)
        torch.manual_seed(0)
        with torch.device(device):
            return Generator(config), Discriminator(config)

    return build
