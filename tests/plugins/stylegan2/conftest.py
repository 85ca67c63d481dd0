"""Small networks of any shape."""

import pytest
import torch

from ganzoo import ImageShape, NetworkConfig
from ganzoo_stylegan2 import StyleGAN2Options


@pytest.fixture(scope="session")
def request_of():
    """``request_of(height, width, num_classes=3, mixing=0)``: what a pair of 4 to 8 channels is built from."""

    def request(height=16, width=None, *, channels=3, z_dim=6, num_classes=0, **options):
        small = {"w_dim": 5, "mapping_depth": 2, "d_mapping_depth": 2, "channel_base": 64, "max_width": 8}
        shape = ImageShape(channels, height, width or height)
        chosen = StyleGAN2Options(**small | options)
        return NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=chosen)

    return request


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)
