"""What SAGAN is known for, by name. Imports no torch."""

from typing import Any

from ganzoo import Recipe

# Section 4; the authors' code names the batch and the million updates.
TRAINING: dict[str, Any] = {
    "conditional": True,
    "batch_size": 256,
    "n_critic": 1,
    "z_dim": 128,
    "optimizer_g.lr": 1e-4,
    "optimizer_g.betas": (0.0, 0.9),
    "optimizer_d.lr": 4e-4,
    "optimizer_d.betas": (0.0, 0.9),
}

SAGAN = Recipe(
    name="sagan",
    architecture="sagan",
    loss="hinge",
    settings={
        **TRAINING,
        "resolution": 128,
        "ema_halflife_kimg": 0.0,  # neither the paper nor its code averages weights
        "kimg": 256_000,
    },
    parameters=(42_078_852, 39_463_618),
    paper="arXiv:1805.08318",
    summary="Attention, two rates and spectral normalisation of both players at 128 pixels; '--dataset' is yours to choose.",
)

SMALL = Recipe(
    name="sagan-small",
    architecture="sagan",
    loss="hinge",
    settings={
        **TRAINING,
        "arch.width_g": 16,
        "arch.width_d": 16,
        "arch.max_width": 64,
        "arch.attention_at": 16,
        "dataset": "fashion-mnist",
        "resolution": 32,
        "batch_size": 64,
        "optimizer_g.lr": 5e-4,  # five times the paper's, which are for days
        "optimizer_d.lr": 1e-3,
        "ema_halflife_kimg": 10.0,
        "precision": "auto",
        "kimg": 200,
    },
    parameters=(254_274, 149_362),
    measured="FID 7.9, class accuracy 90 %, 100 kimg of Fashion-MNIST",
    paper="arXiv:1805.08318",
    summary="The game of sagan on narrow networks: Fashion-MNIST by class in minutes on a CPU.",
)

RECIPES = (SAGAN, SMALL)
