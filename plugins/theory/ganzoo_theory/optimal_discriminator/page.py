"""The page: the best discriminator, and what is left for the generator."""

from __future__ import annotations

import numpy as np

from ganzoo.pages import heading, page, table
from ganzoo_theory.optimal_discriminator import plots
from ganzoo_theory.optimal_discriminator.densities import GRID, density
from ganzoo_theory.optimal_discriminator.optimum import (
    criterion,
    criterion_by_divergence,
    optimal_discriminator,
    value,
)
from ganzoo_theory.optimal_discriminator.training import Training, train
from ganzoo_theory.prose import formula, paragraph, row

SHOWN = 1.0
SHIFTS = (-3.0, -1.5, -0.5, 0.0, SHOWN, 2.0)
SEEN = 0.02  # the density from which on points are there to be learnt from


def write(seed: int) -> str:
    """Train the discriminators and write the page: some seconds on one core."""
    training, p_data = Training(), density(GRID)
    p_g = {shift: density(GRID, shift) for shift in SHIFTS}
    logits = {shift: train(shift, seed=seed, training=training) for shift in SHIFTS}
    reached = {shift: value(p_data, p_g[shift], logits[shift]) for shift in SHIFTS}
    trained = 1 / (1 + np.exp(-logits[SHOWN]))
    seen = np.maximum(p_data, p_g[SHOWN]) > SEEN
    apart = float(np.abs(trained - optimal_discriminator(p_data, p_g[SHOWN]))[seen].max())
    ways = {
        shift: (criterion(p_data, p), criterion_by_divergence(p_data, p), reached[shift]) for shift, p in p_g.items()
    }
    rows = [[_number(shift, "g"), *(_number(found, ".4f") for found in ways[shift])] for shift in SHIFTS]
    return page(
        "The best discriminator",
        paragraph(
            "The game of 2014 is about one number. The discriminator $D$ makes it large, by saying 1 of data and 0 of what is "
            "generated; the generator $G$ makes it small:"
        ),
        formula("V(G, D) = ∫ [ p_data(x) log D(x) + p_g(x) log(1 − D(x)) ] dx"),
        paragraph(
            "Suppose that we know both densities, $p_data$ of the data and $p_g$ of what is generated. Then we know the best "
            "discriminator too, and what the generator pays when it meets it:"
        ),
        formula(
            "D*(x) = p_data(x) / (p_data(x) + p_g(x))",
            "C(G) = V(G, D*) = −log 4 + 2 JSD(p_data ‖ p_g) ≥ −log 4",
        ),
        paragraph(
            "The cost is least, −log 4, if and only if $p_g = p_data$; $D*$ is then ½ everywhere: nobody can tell them apart. "
            "Here $p_data$ has two humps, and $p_g$ is the same, moved to the right by a shift."
        ),
        row(plots.discriminators(SHOWN, trained), plots.criteria(reached)),
        paragraph(
            f"In the first plot the shift is {SHOWN:g}. A small network that saw samples only, for {training.steps} updates with "
            f"the zoo's loss `mm`, lies upon the formula: where there are points (a density above {SEEN:g}) the two differ by at "
            f"most {apart:.3f}. The second plot and the table show the cost three times: by integration, by the divergence, and "
            "as trained discriminators have it."
        ),
        table(["shift", "C(G)", "−log 4 + 2 JSD", "D, trained"], rows),
        paragraph(
            "The first two are the same, and no trained discriminator gets above them, since $D*$ is the best. Far away the "
            "cost is almost 0 and flat: there the generator is told next to nothing, which is the subject of "
            "`ganzoo learn parallel-lines`."
        ),
        heading("Why"),
        paragraph(
            "The best answer can be found at each $x$ by itself. With $a = p_data(x)$ and $b = p_g(x)$, the sum "
            "$a log d + b log(1 − d)$ has the slope $a / d − b / (1 − d)$, which falls, and is 0 at $d = a / (a + b)$. "
            "Put that into $V$, and take log ½ out of both terms: what remains are two divergences from the average of both "
            "densities, $KL(p_data ‖ m) + KL(p_g ‖ m)$ with $m = (p_data + p_g) / 2$. That is twice the Jensen-Shannon "
            "divergence, which is 0 if the densities are the same and positive otherwise."
        ),
        paragraph(
            "I. Goodfellow and others: Generative Adversarial Nets, 2014, section 4, "
            "[arXiv:1406.2661](https://arxiv.org/abs/1406.2661). "
            f"This page was made by `ganzoo learn optimal-discriminator --seed {seed}`."
        ),
    )


def _number(number: float, form: str) -> str:
    return f"{number:{form}}".replace("-", "−")
