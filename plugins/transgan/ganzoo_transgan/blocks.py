"""Transformer blocks over maps of tokens, x (N, H W, C), row by row (arXiv:2102.07074, section 3)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo.nn import PixelNorm
from ganzoo_transgan import TokenNorm, TransGANOptions

DEVIATION = 0.02  # of what the authors' code draws from a truncated normal


def drawn(*shape: int) -> nn.Parameter:
    """A parameter from a normal of deviation 0.02."""
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=DEVIATION))


def token_norm(norm: TokenNorm, width: int) -> nn.Module:
    """Of each token's channels; ``pixel`` is the "modified normalization" of section 3.3."""
    return PixelNorm(-1) if norm == "pixel" else nn.LayerNorm(width)


class RelativePositions(nn.Module):
    """-> (heads, H W, H W): what is added where a place looks at another one, by how far that is up or down and left or right.

    Of a table of (2 H - 1) (2 W - 1) such distances. Source: section 3.3, "relative position encoding".
    """

    index: Tensor

    def __init__(self, height: int, width: int, heads: int) -> None:
        super().__init__()
        self.table = drawn((2 * height - 1) * (2 * width - 1), heads)
        row = torch.arange(height).repeat_interleave(width)
        column = torch.arange(width).repeat(height)
        rows = row[:, None] - row[None] + height - 1
        columns = column[:, None] - column[None] + width - 1
        self.register_buffer("index", rows * (2 * width - 1) + columns, persistent=False)

    def forward(self) -> Tensor:
        return F.embedding(self.index, self.table).permute(2, 0, 1)


class Attention(nn.Module):
    """x (N, T, C) -> (N, T, C): attention with several heads, written out.

    ``grid`` (H, W): T is H W, and relative positions count; without it tokens have no places.
    """

    def __init__(self, width: int, heads: int, grid: tuple[int, int] | None) -> None:
        super().__init__()
        self.heads = math.gcd(heads, width)
        self.scale = (width // self.heads) ** -0.5
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.positions = RelativePositions(*grid, self.heads) if grid else None

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.to_qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # (3, N, heads, T, C / heads)
        query, key, value = qkv.unbind(0)
        # By hand: torch's fused attention cannot be differentiated twice.
        likeness = (query * self.scale) @ key.transpose(2, 3)
        if self.positions is not None:
            likeness = likeness + self.positions()
        seen = torch.softmax(likeness, dim=3) @ value
        attended: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return attended


class Grid(nn.Module):
    """Maps of tokens to those of equal cells and back: (N, H W, C) <-> (N cells, h w, C), h and w the sides of a cell.

    "Grid self-attention" (section 3.2): tokens attend within their own cell. A map no larger than ``max_places`` is one cell, of
    others a cell's sides are the largest divisors of the map's up to ``grid``.
    """

    def __init__(self, height: int, width: int, options: TransGANOptions) -> None:
        super().__init__()
        whole = max(height, width) <= options.max_places
        self.cell = (height, width) if whole else (_divisor(height, options.grid), _divisor(width, options.grid))
        self.rows, self.columns = height // self.cell[0], width // self.cell[1]

    def cut(self, x: Tensor) -> Tensor:
        """(N, H W, C) -> (N cells, h w, C)."""
        if self.rows * self.columns == 1:
            return x
        height, width = self.cell
        cells = x.reshape(-1, self.rows, height, self.columns, width, x.shape[2]).transpose(2, 3)
        return cells.reshape(-1, height * width, x.shape[2])

    def join(self, x: Tensor) -> Tensor:
        """(N cells, h w, C) -> (N, H W, C)."""
        if self.rows * self.columns == 1:
            return x
        height, width = self.cell
        cells = x.reshape(-1, self.rows, self.columns, height, width, x.shape[2]).transpose(2, 3)
        return cells.reshape(-1, self.rows * height * self.columns * width, x.shape[2])


class Block(nn.Module):
    """x (N, T, C) -> (N, T, C): x + attention(norm(x)), then x + mlp(norm(x)), of four times the width between, with GELU.

    Source: Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1.
    """

    def __init__(self, width: int, heads: int, norm: TokenNorm, grid: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.attend = nn.Sequential(token_norm(norm, width), Attention(width, heads, grid))
        self.think = nn.Sequential(
            token_norm(norm, width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(x)
        total: Tensor = x + self.think(x)
        return total


class Stage(nn.Module):
    """x (N, H W, C) -> (N, H W, C): learned positions are added, then come ``depth`` blocks within the cells of the map."""

    def __init__(
        self, height: int, width: int, channels: int, depth: int, norm: TokenNorm, options: TransGANOptions
    ) -> None:
        super().__init__()
        self.places = drawn(1, height * width, channels)
        self.grid = Grid(height, width, options)
        blocks = (Block(channels, options.heads, norm, self.grid.cell) for _ in range(depth))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        cells: Tensor = self.blocks(self.grid.cut(x + self.places))
        return self.grid.join(cells)


def as_map(x: Tensor, height: int, width: int) -> Tensor:
    """Tokens (N, H W, C) -> a map (N, C, H, W)."""
    n, _, channels = x.shape
    return x.transpose(1, 2).reshape(n, channels, height, width)


def as_tokens(x: Tensor) -> Tensor:
    """A map (N, C, H, W) -> tokens (N, H W, C)."""
    return x.flatten(2).transpose(1, 2)


def _divisor(side: int, largest: int) -> int:
    """The largest divisor of ``side`` that is no larger than that."""
    return max(divisor for divisor in range(1, largest + 1) if side % divisor == 0)
