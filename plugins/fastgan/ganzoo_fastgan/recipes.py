"""FastGAN's training, and a small one of digits."""

from typing import Any

from ganzoo import Recipe, both_players

# The authors' train.py: the same Adam for both, a batch of 8, 50,000 updates of each player, averaged weights at 0.999 an
# update. Horizontal flips of the data are left to '--augmentation flip'.
TRAINING: dict[str, Any] = both_players({"kind": "adam", "lr": 2e-4, "betas": (0.5, 0.999)}) | {
    "n_critic": 1,
    "z_dim": 256,
    "z_distribution": "normal",
    "regularizers.reconstruction.weight": 1.0,
    "regularizers.random-margin.spread": 0.2,
    "augmentations.diffaugment.colour": True,
    "augmentations.diffaugment.translation": True,
    "augmentations.diffaugment.cutout": False,
}

RECIPES = (
    Recipe(
        name="fastgan",
        architecture="fastgan",
        loss="hinge",
        settings=TRAINING
        | {
            "resolution": 256,
            "batch_size": 8,
            "ema_halflife_kimg": 5.54,  # 8 log(0.5) / log(0.999), in thousands
            "ema_rampup": None,
            "kimg": 400,
        },
        parameters=(29_127_654, 8_386_672),
        paper="arXiv:2101.04775",
        summary="FastGAN at 256 pixels, for a few hundred images of your own: '--dataset folder:PATH'.",
    ),
    Recipe(
        name="fastgan-small",
        architecture="fastgan",
        loss="hinge",
        settings=TRAINING
        | {
            "arch.width_g": 4,
            "arch.width_d": 8,
            "arch.embedding_dim": 8,
            "regularizers.reconstruction.width": 4,
            "dataset": "mnist",
            "resolution": 32,
            "z_dim": 64,
            "batch_size": 32,
            **both_players({"lr": 1e-3}),
            "precision": "auto",
            "kimg": 100,
        },
        parameters=(208_012, 122_320),
        measured="FID 18.0, 50 kimg of MNIST",
        paper="arXiv:2101.04775",
        summary="A narrow FastGAN of MNIST digits at 32 pixels, for minutes on a CPU.",
    ),
)
