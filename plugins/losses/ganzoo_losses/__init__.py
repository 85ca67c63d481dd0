"""Adversarial losses for ganzoo: minimax, non-saturating, least squares, hinge, Wasserstein, relativistic, softmax.

Each comes with the training settings of its paper. Where a paper names none that carry over (minimax and
non-saturating), they are DCGAN's, section 4 of arXiv:1511.06434.
"""

from collections.abc import Callable
from typing import Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from ganzoo import Game, Loss, Options, both_players, hookimpl


def _adam(lr: float, betas: tuple[float, float]) -> dict[str, Any]:
    """Adam for both players."""
    return both_players({"kind": "adam", "lr": lr, "betas": betas})


# Families whose option is about weights alone call it so.
SPECTRAL: dict[str, Any] = {"arch.norm_d": "spectral", "arch.weights_d": "spectral"}
WITHOUT_NORM: dict[str, Any] = {"arch.norm_d": "none", "arch.weights_d": "none"}

DCGAN_TRAINING: dict[str, Any] = _adam(2e-4, (0.5, 0.999)) | {
    "batch_size": 128,
    "n_critic": 1,
    "z_dim": 100,
    "z_distribution": "uniform",
}

# Mao et al., section 4, follow DCGAN with beta1 0.5; ~ the rate and the batch are from memory of the paper.
LSGAN_TRAINING = _adam(2e-4, (0.5, 0.999)) | {"batch_size": 64, "n_critic": 1, "z_dim": 100}

# Miyato et al. 2018, arXiv:1802.05957: their setting for residual networks, where the hinge loss is at its
# best, without the linear decay and the twice as large batch for the generator.
SNGAN_TRAINING = _adam(2e-4, (0.0, 0.9)) | {"batch_size": 64, "n_critic": 5, **SPECTRAL}

# Jolicoeur-Martineau 2018, section 5: the stable setting, with a spectrally normalised discriminator; ~ the batch is from
# memory of the paper.
RELATIVISTIC_TRAINING = _adam(2e-4, (0.5, 0.999)) | {"batch_size": 32, "n_critic": 1, **SPECTRAL}

# Arjovsky et al., algorithm 1. The boost is from the authors' published settings, not from the paper.
WGAN_TRAINING: dict[str, Any] = {
    "optimizer_g.kind": "rmsprop",
    "optimizer_g.lr": 5e-5,
    "optimizer_d.kind": "rmsprop",
    "optimizer_d.lr": 5e-5,
    "batch_size": 64,
    "n_critic": 5,
    "z_dim": 100,
    "critic_boost.n_critic": 100,
    "critic_boost.first": 25,
    "critic_boost.every": 500,
    "regularizers.weight-clipping.limit": 0.01,
}

# Gulrajani et al., algorithm 1; section 4 for the critic without batch norm.
WGANGP_TRAINING = _adam(1e-4, (0.0, 0.9)) | {
    "batch_size": 64,
    "n_critic": 5,
    **WITHOUT_NORM,
    "regularizers.gradient-penalty.weight": 10.0,
}


class LogisticOptions(Options):
    """One-sided label smoothing (Salimans et al. 2016, arXiv:1606.03498, section 3.4)."""

    real_target: float = Field(1.0, gt=0, le=1, description="D's target for real images; below 1 is label smoothing")


class LeastSquaresOptions(Options):
    """The targets a, b and c, by name or one by one.

    ``binary`` is (0, 1, 1), equation 9 of the paper; ``pearson`` is (-1, 1, 0), equation 8, under which the generator
    minimises a Pearson chi-squared divergence. The authors saw no difference and trained with equation 9; so do we.
    """

    targets: Literal["binary", "pearson"] = Field("binary", description="binary: 0, 1, 1; pearson: -1, 1, 0")
    a: FiniteFloat | None = Field(None, description="D's target for generated images, if not that of 'targets'")
    b: FiniteFloat | None = Field(None, description="D's target for real images, if not that of 'targets'")
    c: FiniteFloat | None = Field(None, description="G's target for generated images, if not that of 'targets'")

    @property
    def abc(self) -> tuple[float, float, float]:
        """The targets (a, b, c) in force."""
        a, b, c = {"binary": (0.0, 1.0, 1.0), "pearson": (-1.0, 1.0, 0.0)}[self.targets]
        return a if self.a is None else self.a, b if self.b is None else self.b, c if self.c is None else self.c

    @model_validator(mode="after")
    def _higher_is_more_real(self) -> Self:
        a, b, c = self.abc
        if not (a < b and a < c):
            raise ValueError(f"a must lie below b and c, as higher means 'more real': a={a:g}, b={b:g}, c={c:g}")
        return self


class RelativisticOptions(Options):
    """What is asked of the difference of two logits."""

    margin: Literal["logistic", "hinge", "least-squares"] = Field(
        "logistic", description="cost of a difference of logits"
    )


def build_mm(options: LogisticOptions) -> Game:
    from ganzoo_losses import logistic  # torch loads here, not at --help

    return logistic.minimax_game(real_target=options.real_target)


def build_ns(options: LogisticOptions) -> Game:
    from ganzoo_losses import logistic

    return logistic.non_saturating_game(real_target=options.real_target)


def build_lsgan(options: LeastSquaresOptions) -> Game:
    from ganzoo_losses import least_squares

    a, b, c = options.abc
    return least_squares.least_squares_game(a=a, b=b, c=c)


def build_hinge(options: Options) -> Game:
    from ganzoo_losses import hinge

    return Game(hinge.hinge_d_loss, hinge.hinge_g_loss)


def build_wasserstein(options: Options) -> Game:
    from ganzoo_losses import wasserstein

    return Game(wasserstein.wasserstein_d_loss, wasserstein.wasserstein_g_loss)


def build_rpgan(options: RelativisticOptions) -> Game:
    from ganzoo_losses import relativistic

    return relativistic.relativistic_game(relativistic.paired_loss, relativistic.MARGINS[options.margin])


def build_ragan(options: RelativisticOptions) -> Game:
    from ganzoo_losses import relativistic

    return relativistic.relativistic_game(relativistic.average_loss, relativistic.MARGINS[options.margin])


def build_softmax(options: Options) -> Game:
    from ganzoo_losses import softmax

    return Game(softmax.softmax_d_loss, softmax.softmax_g_loss, needs_real_logits=True)


@hookimpl
def register_losses(register: Callable[[Loss], None]) -> None:
    register(
        Loss(
            name="mm",
            build=build_mm,
            options=LogisticOptions,
            defaults=DCGAN_TRAINING,
            paper="arXiv:1406.2661",
            summary="The minimax game of 2014: G lowers the log-probability that its images are called generated.",
        )
    )
    register(
        Loss(
            name="ns",
            build=build_ns,
            options=LogisticOptions,
            defaults=DCGAN_TRAINING,
            paper="arXiv:1406.2661",
            summary="The non-saturating game: G raises the log-probability that its images are called real.",
        )
    )
    register(
        Loss(
            name="lsgan",
            build=build_lsgan,
            options=LeastSquaresOptions,
            defaults=LSGAN_TRAINING,
            paper="arXiv:1611.04076",
            summary="Least squares: outputs are drawn to targets, however right or wrong they already are.",
        )
    )
    register(
        Loss(
            name="hinge",
            build=build_hinge,
            defaults=SNGAN_TRAINING,
            paper="arXiv:1705.02894",
            summary="Hinge loss under a margin of 1, with spectral normalisation.",
        )
    )
    register(
        Loss(
            name="wgan",
            build=build_wasserstein,
            critic=True,
            defaults=WGAN_TRAINING,
            paper="arXiv:1701.07875",
            summary="Wasserstein distance, by a critic whose weights are clipped.",
        )
    )
    register(
        Loss(
            name="wgangp",
            build=build_wasserstein,
            critic=True,
            defaults=WGANGP_TRAINING,
            paper="arXiv:1704.00028",
            summary="Wasserstein distance, by a critic with a gradient penalty.",
        )
    )
    register(
        Loss(
            name="rpgan",
            build=build_rpgan,
            options=RelativisticOptions,
            defaults=RELATIVISTIC_TRAINING,
            paper="arXiv:1807.00734",
            summary="Relativistic pairing: each real image is to look more real than the generated one beside it.",
        )
    )
    register(
        Loss(
            name="ragan",
            build=build_ragan,
            options=RelativisticOptions,
            defaults=RELATIVISTIC_TRAINING,
            paper="arXiv:1807.00734",
            summary="Relativistic average: real images are to look more real than generated ones on average.",
        )
    )
    register(
        Loss(
            name="softmax",
            build=build_softmax,
            defaults=DCGAN_TRAINING,
            paper="arXiv:1704.06191",
            summary="Softmax over the batch: D draws the probability to real images, G spreads it over all.",
        )
    )
