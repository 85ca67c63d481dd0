"""Attention and its cells, each place by itself."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganzoo_transgan import TransGANOptions
from ganzoo_transgan.blocks import Attention, Block, Grid, RelativePositions, Stage, as_map, as_tokens


def test_positions_are_read_from_a_table_by_distance():
    torch.manual_seed(0)
    positions = RelativePositions(2, 3, heads=4)
    added = positions()
    assert added.shape == (4, 6, 6)
    table = positions.table.view(3, 5, 4)  # rows apart from -1, columns apart from -2
    for here in range(6):
        for there in range(6):
            rows, columns = here // 3 - there // 3, here % 3 - there % 3
            torch.testing.assert_close(added[:, here, there], table[rows + 1, columns + 2])


@pytest.mark.parametrize("grid", [None, (2, 3)])
def test_attention_is_that_of_torch(grid):
    torch.manual_seed(0)
    layer, x = Attention(8, 2, grid), torch.randn(3, 6, 8)
    query, key, value = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in layer.to_qkv(x).chunk(3, dim=2))
    mask = None if grid is None else layer.positions()
    seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(layer(x), layer.out(seen.transpose(1, 2).reshape(3, 6, 8)), rtol=1e-4, atol=1e-6)


def test_attention_can_be_differentiated_twice():
    torch.manual_seed(0)
    layer = Attention(4, 2, (2, 2)).double()
    x = torch.randn(1, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, x)


@pytest.mark.parametrize(("width", "heads"), [(8, 4), (6, 2), (5, 1)])
def test_there_are_as_many_of_four_heads_as_divide_the_width(width, heads):
    layer = Attention(width, 4, None)
    assert layer.heads == heads
    assert layer(torch.randn(2, 3, width)).shape == (2, 3, width)


def test_cells_are_cut_row_by_row_and_joined_again():
    grid = Grid(4, 6, TransGANOptions(max_places=2, grid=3))
    assert grid.cell == (2, 3)
    x = torch.randn(5, 24, 7)
    cells = grid.cut(x)
    places = x.view(5, 4, 6, 7)
    for image in range(5):
        for number in range(4):
            row, column = number // 2 * 2, number % 2 * 3
            expected = places[image, row : row + 2, column : column + 3].reshape(6, 7)
            torch.testing.assert_close(cells[4 * image + number], expected, rtol=0, atol=0)
    torch.testing.assert_close(grid.join(cells), x, rtol=0, atol=0)


def test_a_cell_has_the_largest_sides_that_divide_the_map():
    options = TransGANOptions(max_places=8, grid=16)
    assert Grid(64, 72, options).cell == (16, 12)
    assert Grid(8, 8, options).cell == (8, 8)
    assert Grid(8, 12, options).cell == (8, 12)


def test_no_place_sees_beyond_its_cell():
    torch.manual_seed(0)
    stage = Stage(4, 4, 8, 2, "layer", TransGANOptions(max_places=2, grid=2))
    x = torch.randn(1, 16, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(stage(x)[0, 0].square().sum(), x)
    seen = gradient.abs().sum(2).view(4, 4) > 0
    expected = torch.zeros(4, 4, dtype=torch.bool)
    expected[:2, :2] = True
    assert torch.equal(seen, expected)


def test_a_block_whose_branches_end_in_zeros_is_the_identity():
    block, x = Block(8, 2, "layer"), torch.randn(2, 3, 8)
    assert not torch.allclose(block(x), x)
    for layer in (block.attend[1].out, block.think[3]):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    torch.testing.assert_close(block(x), x, rtol=0, atol=0)


@pytest.mark.parametrize("norm", ["layer", "pixel"])
def test_branches_do_not_see_the_scale_of_tokens(norm):
    torch.manual_seed(0)
    block, x = Block(8, 2, norm), torch.randn(2, 3, 8)
    torch.testing.assert_close(block.attend(1000 * x), block.attend(x), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(block.think(1000 * x), block.think(x), rtol=1e-3, atol=1e-4)


def test_tokens_are_the_places_of_a_map_row_by_row():
    x = torch.randn(2, 6, 5)
    torch.testing.assert_close(as_map(x, 2, 3)[1, :, 1, 0], x[1, 3], rtol=0, atol=0)
    torch.testing.assert_close(as_tokens(as_map(x, 2, 3)), x, rtol=0, atol=0)
