"""Residual blocks against the formulas of the papers, written out without their short cuts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganzoo.nn import ConditionalBatchNorm2d, ResidualDown, ResidualUp


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize(("inputs", "outputs", "up"), [(4, 6, True), (4, 4, True), (4, 6, False), (4, 4, False)])
def test_the_generator_s_block(inputs, outputs, up):
    block, x = ResidualUp(inputs, outputs, up=up).eval(), torch.randn(2, inputs, 3, 5)
    grow = nn.Upsample(scale_factor=2) if up else nn.Identity()
    h = block.conv2(F.relu(block.norm2(block.conv1(grow(F.relu(block.norm1(x)))))))
    beside = grow(x) if block.skip is None else block.skip(grow(x))
    torch.testing.assert_close(block(x), h + beside)
    assert (block.skip is None) == (inputs == outputs and not up)
    assert block(x).shape == (2, outputs, *((6, 10) if up else (3, 5)))


@pytest.mark.parametrize(("inputs", "outputs", "down"), [(4, 6, True), (4, 4, True), (4, 6, False), (4, 4, False)])
@pytest.mark.parametrize("first", [False, True])
def test_the_discriminator_s_block(inputs, outputs, down, first):
    block, x = ResidualDown(inputs, outputs, down=down, first=first, hidden=3), torch.randn(2, inputs, 6, 4)
    shrink = nn.AvgPool2d(2) if down else nn.Identity()
    h = shrink(block.conv2(F.relu(block.conv1(x if first else F.relu(x)))))
    beside = shrink(x if block.skip is None else block.skip(x))
    torch.testing.assert_close(block(x), h + beside)
    assert block.conv1.out_channels == 3
    assert (block.skip is None) == (inputs == outputs and not down)


def test_the_residual_is_not_changed_by_the_rectifier_before_it():
    x = -torch.ones(1, 4, 2, 2)
    ResidualDown(4, 4, down=False)(x)
    ResidualUp(4, 4, up=False)(x)
    assert (x == -1).all()


def test_a_code_steers_both_norms():
    block = ResidualUp(4, 6, code_dim=3).train()
    assert all(isinstance(norm, ConditionalBatchNorm2d) for norm in (block.norm1, block.norm2))
    x, code = torch.randn(4, 4, 2, 2), torch.randn(4, 3)
    plain = block(x, code)
    for norm in (block.norm1, block.norm2):
        nn.init.normal_(norm.scale.weight)
        assert not torch.allclose(block(x, code), plain)
        nn.init.zeros_(norm.scale.weight)


def test_under_spectral_norm_every_convolution_is():
    for block in (ResidualUp(4, 6, weights="spectral"), ResidualDown(4, 6, weights="spectral")):
        for layer in (block.conv1, block.conv2, block.skip):
            assert nn.utils.parametrize.is_parametrized(layer, "weight")


@pytest.mark.parametrize("chosen", ["spectral", "none"])
def test_what_steers_can_be_under_another_norm_than_the_convolutions(chosen):
    block = ResidualUp(4, 6, code_dim=3, weights="spectral", code_weights=chosen)
    steering = [part for norm in (block.norm1, block.norm2) for part in (norm.scale, norm.shift)]
    assert {nn.utils.parametrize.is_parametrized(part, "weight") for part in steering} == {chosen == "spectral"}
    assert nn.utils.parametrize.is_parametrized(block.conv1, "weight")
