"""The page: two lines, three distances, two games."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.pages import heading, page
from ganzoo_theory.parallel_lines import plots
from ganzoo_theory.parallel_lines.distances import distances
from ganzoo_theory.parallel_lines.game import GAMES, Course, Played, play
from ganzoo_theory.prose import formula, paragraph, power, row

STARTS = (1.0, -0.6)


def write(seed: int) -> str:
    """Play the games and write the page: some seconds on one core."""
    course = Course()
    games = {name: [play(name, start, seed=seed, course=course) for start in STARTS] for name in GAMES}
    minimax, wasserstein = games["mm"], games["wgangp"]
    kl, js, w = plots.answers(distances())
    return page(
        "Two parallel lines",
        paragraph(
            "The data are a line in the plane: points $(0, y)$, with $y$ uniform on [0, 1]. A generator with one parameter "
            "draws another line beside it: $G_θ(z) = (θ, z)$, with $z$ uniform on [0, 1]. To learn is to bring $θ$ to 0. How "
            "far is it from there? That depends on whom one asks."
        ),
        row(
            plots.plane(),
            kl + formula("KL(P_r ‖ P_θ) = ∞ if θ ≠ 0"),
            js + formula("JS(P_r, P_θ) = log 2 if θ ≠ 0"),
            w + formula("W(P_r, P_θ) = |θ|"),
        ),
        paragraph(
            "The dots are computed from points of both lines, the grey lines are the formulas. Only $W$ tells a near line from "
            "a far one. The other two are flat, with a jump at 0: wherever $θ$ is, they do not say which way to go."
        ),
        heading("What a generator makes of it"),
        paragraph(
            "Now $θ$ is trained, in two games of this zoo: `mm`, the minimax game of 2014, whose best discriminator measures "
            "JS, and `wgangp`, whose critic estimates $W$. Discriminator and critic are the same network, and are trained well "
            f"before $θ$ moves: {course.held * course.n_critic} updates before its first step, {course.n_critic} before each of "
            "the others. $θ$ starts at 1, and again at −0.6, and follows its plain gradient. (Adam would enlarge a tiny one.)"
        ),
        row(
            plots.view(minimax[0], wasserstein[0]),
            plots.paths(games, course),
            plots.gradients({name: played[0] for name, played in games.items()}, course),
        ),
        paragraph(
            f"In the minimax game $θ$ ends at {_ends(minimax)}, where it was: its gradient was "
            f"{power(minimax[0].gradient[course.held])} when it was let go and {power(minimax[0].gradient[-1])} in the end. In "
            f"the Wasserstein game the gradient was {wasserstein[0].gradient[course.held]:.2f}, and $θ$ ends at "
            f"{_ends(wasserstein)}. It may swing past 0 a little, as the critic takes some rounds to turn round."
        ),
        heading("Why"),
        paragraph(
            "No point of one line lies on the other, so a discriminator can be right about every point. The better it gets, the "
            "surer it is: 1 on the data, 0 on what is generated, and flat at both. But its slope at the generated points is "
            "all that the generator learns from. A critic must not be steeper than 1 anywhere. The best it can do is to "
            "rise evenly from one line to the other, and up that slope $θ$ finds its way."
        ),
        paragraph(
            "Images are much like these lines: very few of all possible pictures look real, and at first none of the generated "
            "ones do. The games of 2014 learn all the same, because their discriminators are not trained this far, and "
            "because most are played for another loss (`ns`), whose gradient does not fade as the discriminator grows sure."
        ),
        paragraph(
            "M. Arjovsky, S. Chintala and L. Bottou: Wasserstein GAN, 2017, example 1 and figure 2, "
            "[arXiv:1701.07875](https://arxiv.org/abs/1701.07875). "
            f"This page was made by `ganzoo learn parallel-lines --seed {seed}`."
        ),
    )


def _ends(played: Sequence[Played]) -> str:
    return " and ".join(f"{one.theta[-1]:.3f}".replace("-", "−") for one in played)
