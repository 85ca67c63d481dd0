"""The plots of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ganzoo import pages
from ganzoo.report.group import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 3.8, 2.4  # inches of one plot
MANY_TIMES = 50.0  # from the least to the largest value, from which on an axis counts by factors
FEW = 8  # points, each of which is marked
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf")
DASHES = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class Line:
    """How a number of a group is drawn."""

    group: Group
    name: str
    colour: str
    dashes: str = "solid"


def together(groups: Sequence[Group], names: Mapping[str, str], caption: str) -> Markup:
    """A plot for each number, all groups in it: titles by name. Empty if nobody logged any of them."""
    drawn = [name for name in names if any(group.points(name) for group in groups)]
    if not drawn:
        return Markup()
    styles = [(COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]) for i in range(len(groups))]
    parts = []
    if len(groups) > 1:
        parts.append(
            pages.legend(*((group.label, *style) for group, style in zip(groups, styles, strict=True))),
        )
    last = max(_last(group, name) for group in groups for name in drawn)
    plots = [
        _plot([Line(group, name, *style) for group, style in zip(groups, styles, strict=True)], names[name], last)
        for name in drawn
    ]
    return Markup("\n").join([*parts, pages.row(*plots), pages.paragraph(caption)])


def losses(groups: Sequence[Group]) -> Markup:
    """Both players' losses, a plot for each group: those of different games have no common scale."""
    players = (("discriminator", "d_loss", "#7f7f7f"), ("generator", "g_loss", "#2ca02c"))
    last = max(_last(group, name) for group in groups for _, name, _ in players)
    plots = [_plot([Line(group, name, colour) for _, name, colour in players], group.label, last) for group in groups]
    caption = "Losses of both players. Their size says little about the images: they measure each other."
    legend = pages.legend(*((player, colour, "solid") for player, _, colour in players))
    return Markup("\n").join([legend, pages.row(*plots), pages.paragraph(caption)])


def _plot(lines: Sequence[Line], caption: str, last: int) -> Markup:
    with pages.drawing(WIDTH, HEIGHT) as figure:
        axes = figure.subplots()
        for line in lines:
            _draw(axes, line)
        # Moments in common: what was logged from a later one on is seen to begin there.
        axes.set_xlim(-0.02 * max(last, 1), 1.02 * max(last, 1))
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("generator updates")
        _scale(axes, [value for line in lines for points in line.group.points(line.name) for _, value in points])
        return pages.plot(figure, caption)


def _draw(axes: Axes, line: Line) -> None:
    curve = line.group.curve(line.name)
    if curve is None:
        return
    marker = "o" if len(curve.steps) <= FEW else None
    axes.plot(curve.steps, curve.mean, color=line.colour, linestyle=line.dashes, marker=marker, markersize=3)
    if curve.runs > 1 and len(curve.steps) > 1:
        axes.fill_between(curve.steps, curve.low, curve.high, color=line.colour, alpha=0.2, linewidth=0)
    elif curve.runs > 1:
        axes.vlines(curve.steps, curve.low, curve.high, color=line.colour, alpha=0.4)


def _last(group: Group, name: str) -> int:
    return max((points[-1][0] for points in group.points(name)), default=0)


def _scale(axes: Axes, values: Sequence[float]) -> None:
    finite = [value for value in values if np.isfinite(value)]
    if finite and min(finite) > 0 and max(finite) > MANY_TIMES * min(finite):
        axes.set_yscale("log")
