"""Games of networks that grow."""

from ganzoo import Published, Recipe, both_players

# Appendix A.1, for both players.
ADAM = both_players({"kind": "adam", "lr": 1e-3, "betas": (0.0, 0.99), "eps": 1e-8})
TARGET = 750.0  # gamma of CIFAR-10, section 6.5; the penalty is divided by its square

PGGAN = Recipe(
    name="pggan",
    architecture="progressive",
    loss="wgangp",
    settings={
        "dataset": "cifar10",
        "arch.phase_kimg": 800.0,
        "arch.fade_kimg": 800.0,
        "z_dim": 512,
        "batch_size": 16,
        "n_critic": 1,
        "regularizers.gradient-penalty.weight": 10.0 / TARGET**2,
        "regularizers.gradient-penalty.target": TARGET,
        "regularizers.drift.weight": 1e-3,
        # A decay of 0.999 an update of 16 images.
        "ema_halflife_kimg": 11.1,
        "ema_rampup": None,
        "kimg": 20_000.0,  # the authors' published settings; the paper names no length
        **ADAM,
    },
    published=(
        Published(
            name="is",
            value=8.80,
            where={"dataset": "cifar10", "features": "inception", "samples": 50_000},
            source="arXiv:1710.10196, section 6.5 (the highest during training)",
        ),
    ),
    parameters=(20_719_628, 20_726_785),
    paper="arXiv:1710.10196",
    summary="PGGAN's CIFAR-10 experiment: grows from 4x4 to 32x32 under a gradient penalty.",
)

PGGAN_SMALL = Recipe(
    name="pggan-small",
    architecture="progressive",
    loss="wgangp",
    settings={
        "dataset": "mnist",
        "resolution": 32,
        "arch.channel_base": 512,
        "arch.max_width": 64,
        "arch.phase_kimg": 20.0,
        "arch.fade_kimg": 20.0,
        "z_dim": 64,
        "batch_size": 32,
        "n_critic": 1,
        "regularizers.drift.weight": 1e-3,
        "precision": "auto",
        "kimg": 200.0,
        **ADAM,
    },
    parameters=(211_220, 212_081),
    measured="FID 24.2, 100 kimg of MNIST at 12 a phase",
    paper="arXiv:1710.10196",
    summary="PGGAN, narrow: digits grow from 4x4 to 32x32 in minutes on a CPU.",
)

RECIPES = (PGGAN, PGGAN_SMALL)
