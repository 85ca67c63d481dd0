import pytest
import torch
from torch import nn

from ganzoo import ImageShape
from ganzoo_features.networks import DIM, blank, fold
from ganzoo_features.training import initialised


def network(shape, classes=3):
    return initialised(blank(shape, classes, norm=True), torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 12, 16, 28, 32, 48, 64, 100, 128, 256])
def test_every_size_ends_at_about_four_pixels(size, channels):
    net = network(ImageShape(channels, size, size)).eval()
    images = torch.randint(0, 256, (2, channels, size, size), dtype=torch.uint8)
    maps = []
    net.top.register_forward_hook(lambda _, __, output: maps.append(output))
    features, logits = net(images)
    assert 3 <= maps[0].shape[2] <= 6
    assert features.shape == (2, DIM)
    assert logits.shape == (2, 3)
    assert features.isfinite().all()
    assert (features >= 0).all()


def test_images_need_not_be_square():
    features, _ = network(ImageShape(3, 16, 40)).eval()(torch.zeros(2, 3, 16, 40))
    assert features.shape == (2, DIM)


def test_folding_away_batch_norm_changes_no_output():
    shape = ImageShape(3, 32, 32)
    net = network(shape)
    images = torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    for _ in range(5):
        net(images)  # moves the running statistics
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    expected = net.eval()(images)
    folded = fold(net, blank(shape, 3, norm=False))
    torch.testing.assert_close(folded(images), expected, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert not any(p.requires_grad for p in folded.parameters())
