"""The plots of this lesson."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from ganzoo.pages import drawing, plot
from ganzoo_theory.colours import GENERATED, JENSEN, QUIET, WASSERSTEIN
from ganzoo_theory.optimal_discriminator.densities import GRID, Float64, density
from ganzoo_theory.optimal_discriminator.optimum import (
    MINIMUM,
    criterion,
    criterion_by_divergence,
    optimal_discriminator,
)

SIZE = (4.9, 3.3)  # inches: two of them side by side


def discriminators(shift: float, trained: Float64) -> Markup:
    """Both densities, D*, and a trained discriminator (N,) on ``GRID``."""
    p_data, p_g = density(GRID), density(GRID, shift)
    with drawing(*SIZE) as figure:
        axes = figure.subplots()
        axes.fill_between(GRID, p_data, color=WASSERSTEIN, alpha=0.3, linewidth=0, label="data")
        axes.fill_between(GRID, p_g, color=GENERATED, alpha=0.3, linewidth=0, label="generated")
        axes.axhline(0.5, color=QUIET, linewidth=0.8, linestyle=":")
        axes.plot(GRID, optimal_discriminator(p_data, p_g), color=QUIET, linewidth=4, alpha=0.6, label="D*")
        axes.plot(GRID, trained, color=JENSEN, linewidth=1.4, label="D, trained")
        axes.set(xlim=(-3, 3.5), ylim=(0, 1.02), xlabel="x", yticks=[0, 0.5, 1])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=9)
        return plot(
            figure,
            "Where the data are denser, D is above ½; where both are as dense, it is ½; where there are only generated points, "
            "it is near 0.",
        )


def criteria(reached: Mapping[float, float], far: float = 4.0) -> Markup:
    """C(G) against the shift of p_g, by integration and by divergence, and what trained discriminators reached."""
    shifts = np.linspace(-far, far, 161)
    p_data = density(GRID)
    integral = [criterion(p_data, density(GRID, shift)) for shift in shifts]
    divergence = [criterion_by_divergence(p_data, density(GRID, shift)) for shift in shifts[::5]]
    with drawing(*SIZE) as figure:
        axes = figure.subplots()
        axes.plot(shifts, integral, color=QUIET, linewidth=4, alpha=0.6, label="C(G), the integral")
        axes.plot(shifts[::5], divergence, ".", color=WASSERSTEIN, label="−log 4 + 2 JSD")
        axes.plot(list(reached), list(reached.values()), "o", color=JENSEN, markersize=6, label="D, trained")
        axes.axhline(MINIMUM, color=QUIET, linewidth=0.8, linestyle=":")
        axes.annotate("−log 4 = −1.386", (far, MINIMUM + 0.02), ha="right", va="bottom")
        axes.set(xlim=(-far, far), ylim=(-1.5, 0.05), xlabel="shift of the generated points", yticks=[-1, -0.5, 0])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=9)
        return plot(
            figure, "The generator's cost at the best discriminator. It is least where the two densities are one."
        )
