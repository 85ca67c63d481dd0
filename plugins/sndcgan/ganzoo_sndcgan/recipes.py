"""What the standard CNN is known for, by name. Imports no torch."""

from typing import Any

from ganzoo import Published, Recipe, both_players

CIFAR: dict[str, Any] = {"dataset": "cifar10", "image": [32, 32, 3], "features": "inception"}

# Table 2 says "optimal settings" and not which: these are C of table 1 (Adam 2e-4, 0.5, 0.999, one step of D), that of the
# paper's figure 9. ~ The batch is that of the authors' residual networks: the paper names none.
SNDCGAN = Recipe(
    name="sndcgan",
    architecture="sndcgan",
    loss="hinge",
    settings={
        "dataset": "cifar10",
        "resolution": 32,
        "batch_size": 64,
        "n_critic": 1,
        "optimizer_g.lr": 2e-4,
        "optimizer_g.betas": (0.5, 0.999),
        "optimizer_d.lr": 2e-4,
        "optimizer_d.betas": (0.5, 0.999),
        "ema_halflife_kimg": 0.0,
        "kimg": 6400,  # 100,000 updates of the generator
    },
    published=(
        # Appendix B.1: ten times 5,000 images; "10000 and 5000 samples", and CIFAR-10's test split has 10,000.
        Published(
            name="is",
            value=7.58,
            error=0.12,
            where=CIFAR | {"samples": 50_000, "options.splits": 10},
            source="arXiv:1802.05957, table 2, SN-GANs, eq. (17)",
        ),
        Published(
            name="fid",
            value=25.5,
            where=CIFAR | {"samples": 5000, "split": "test"},
            source="arXiv:1802.05957, table 2, SN-GANs, eq. (17)",
        ),
    ),
    parameters=(3_804_739, 2_935_873),
    paper="arXiv:1802.05957",
    summary="Spectral normalisation and the hinge loss on the standard CNN: CIFAR-10, without residual blocks.",
)

# Narrower, five times the rate, and the averaged generator: what it draws after minutes is far from settled.
SMALL = Recipe(
    name="sndcgan-small",
    architecture="sndcgan",
    loss="hinge",
    settings={
        **SNDCGAN.settings,
        "arch.width_g": 24,
        "arch.width_d": 24,
        **both_players({"lr": 1e-3}),
        "dataset": "mnist",
        "ema_halflife_kimg": 10.0,
        "precision": "auto",
        "kimg": 200,
    },
    parameters=(781_225, 415_081),
    measured="FID 16.5, 100 kimg of MNIST",
    paper="arXiv:1802.05957",
    summary="The game of sndcgan on narrow networks: MNIST in minutes on a CPU.",
)

RECIPES = (SNDCGAN, SMALL)
