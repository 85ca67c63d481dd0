"""The plots of this lesson."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ganzoo.pages import drawing, plot
from ganzoo_theory.colours import GENERATED, JENSEN, OTHER, QUIET, WASSERSTEIN
from ganzoo_theory.parallel_lines.distances import Distances, Float64
from ganzoo_theory.parallel_lines.game import VIEW, Course, Played

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL, LARGE = (2.9, 2.5), (3.9, 2.9)  # inches: four of them side by side, or three
COLOURS = {"mm": JENSEN, "wgangp": WASSERSTEIN}


def plane(theta: float = 0.6) -> Markup:
    """The two lines, and what is between them."""
    with drawing(*SMALL) as figure:
        axes = figure.subplots()
        axes.set_title("Two lines")
        axes.plot([0, 0], [0, 1], color=QUIET, linewidth=5, solid_capstyle="butt")
        axes.plot([theta, theta], [0, 1], color=GENERATED, linewidth=5, solid_capstyle="butt")
        axes.annotate("data", (-0.06, 0.5), ha="right", va="center")
        axes.annotate("generated", (theta - 0.06, 1.04), ha="center", va="bottom")
        axes.annotate("", (0.02, 0.5), (theta - 0.02, 0.5), arrowprops={"arrowstyle": "<->", "color": QUIET})
        axes.annotate("|θ|", (theta / 2, 0.53), ha="center", va="bottom")
        axes.set(xlim=(-1.05, 1.05), ylim=(0, 1.2), xticks=[-1, 0, theta, 1], yticks=[0, 1], xlabel="x")
        axes.set_xticklabels(["−1", "0", "θ", "1"])
        axes.grid(visible=False)
        return plot(figure, "They have no point in common unless θ is 0.")


def answers(found: Distances) -> list[Markup]:
    """Each distance against theta: dots are computed, lines are the formulas."""
    infinite, log2 = np.isinf(found.kl), float(np.log(2))
    height = np.where(infinite, 1.0, found.kl)  # 1 on this axis is infinity
    return [
        _answer(
            "Kullback-Leibler", found.theta, height, OTHER, {0: "0", 1: "∞"}, "Infinite, however near.", flat_at=1.0
        ),
        _answer(
            "Jensen-Shannon",
            found.theta,
            found.js,
            JENSEN,
            {0: "0", log2: "log 2"},
            "The same, however near.",
            flat_at=log2,
        ),
        _answer("Wasserstein", found.theta, found.w, WASSERSTEIN, {0: "0", 1: "1"}, "The nearer, the smaller."),
    ]


def view(discriminator: Played, critic: Played) -> Markup:
    """What both say along the x axis, before theta's first step from 1."""
    with drawing(*LARGE) as figure:
        axes = figure.subplots()
        axes.set_title("What θ = 1 is told")
        height = critic.logits - np.interp(1.0, VIEW, critic.logits)
        axes.plot(VIEW, 1 / (1 + np.exp(-discriminator.logits)), color=JENSEN)
        axes.plot(VIEW, height, color=WASSERSTEIN)
        axes.annotate("D(x)", (0.4, 1.03), color=JENSEN, ha="center", va="bottom")
        axes.annotate("critic", (0.78, 0.3), color=WASSERSTEIN, ha="left", va="bottom")
        axes.set(xlim=(-0.25, 1.25), ylim=(-0.15, 1.25), xticks=[0, 1], yticks=[0, 1])
        axes.set_xticklabels(["x = 0\ndata", "x = 1\ngenerated"])
        return plot(
            figure,
            "Just before the first step. The discriminator is flat where the generated line is; the critic slopes towards "
            "the data.",
        )


def paths(games: Mapping[str, Sequence[Played]], course: Course) -> Markup:
    """Theta, round by round, of every game from every start."""
    with drawing(*LARGE) as figure:
        axes = figure.subplots()
        axes.set_title("θ, round by round")
        _hold(axes, course)
        axes.axhline(0, color=QUIET, linewidth=1)
        for name, played in games.items():
            for one in played:
                axes.plot(one.theta, color=COLOURS[name])
        axes.annotate("mm", (70, 0.94), color=JENSEN, va="top")
        axes.annotate("mm", (70, -0.54), color=JENSEN, va="bottom")
        axes.annotate("wgangp", (55, 0.5), color=WASSERSTEIN)
        axes.set(ylim=(-1.1, 1.1), yticks=[-1, 0, 1], xlabel="round")
        return plot(figure, "θ is to become 0. In the grey rounds it is held, and only discriminator and critic learn.")


def gradients(games: Mapping[str, Played], course: Course) -> Markup:
    """The size of the generator's gradient with respect to theta, round by round."""
    with drawing(*LARGE) as figure:
        axes = figure.subplots()
        axes.set_title("Gradient with respect to θ")
        _hold(axes, course)
        for name, played in games.items():
            axes.semilogy(np.arange(1, len(played.gradient) + 1), played.gradient, color=COLOURS[name])
        axes.annotate("mm", (53, 1e-6), color=JENSEN)
        axes.annotate("wgangp", (53, 0.2), color=WASSERSTEIN, va="top")
        axes.set(xlabel="round", yticks=[1.0, 1e-3, 1e-6, 1e-9])
        axes.set_yticklabels(["1", "10⁻³", "10⁻⁶", "10⁻⁹"])
        axes.minorticks_off()
        return plot(
            figure,
            "From θ = 1. The better the discriminator, the less is left of the gradient. The critic's is 1: the slope of |θ|.",
        )


def _answer(
    title: str,
    theta: Float64,
    found: Float64,
    colour: str,
    ticks: Mapping[float, str],
    caption: str,
    *,
    flat_at: float | None = None,
) -> Markup:
    """Dots, on the line that the formula gives: flat but at 0, or |theta|."""
    with drawing(*SMALL) as figure:
        axes = figure.subplots()
        axes.set_title(title)
        for side in (-1, 1):
            axes.plot([0, side], [flat_at or 0, flat_at or 1], color=QUIET, linewidth=1)
        axes.plot(theta, found, "o", color=colour, markersize=3.5)
        axes.set(xlim=(-1.05, 1.05), ylim=(-0.08, 1.15), xticks=[-1, 0, 1], xlabel="θ", yticks=list(ticks))
        axes.set_yticklabels(list(ticks.values()))
        return plot(figure, caption)


def _hold(axes: Axes, course: Course) -> None:
    axes.axvspan(0, course.held, color=QUIET, alpha=0.15, linewidth=0)
    axes.set_xlim(0, course.held + course.moved)
