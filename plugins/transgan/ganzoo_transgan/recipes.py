"""TransGAN's training on CIFAR-10, and a small one of digits."""

from typing import Any

from ganzoo import Published, Recipe, both_players

# exps/cifar_train.py of the authors' code, which is for 8 GPUs: 500,000 updates of the generator, 4 of the discriminator for
# each, on 64 images; the generator's are 128 there, and gradients are clipped to a norm of 5. The average's half-life there is
# counted in the generator's updates of 64 images, here in images shown to the discriminator, four times as many.
# Departs: their drift is the square of the mean logit, ours the mean of the squares.
TRAINING: dict[str, Any] = both_players({"kind": "adam", "lr": 1e-4, "betas": (0.0, 0.99)}) | {
    "regularizers.gradient-penalty.weight": 10.0,
    "regularizers.drift.weight": 1e-3,
    "augmentations.diffaugment.colour": True,
    "augmentations.diffaugment.translation": True,
    "augmentations.diffaugment.cutout": True,
    "z_dim": 256,
    "z_distribution": "normal",
    "batch_size": 64,
    "n_critic": 4,
    "ema_halflife_kimg": 2000,
    "ema_rampup": 0.4,
}

RECIPES = (
    Recipe(
        name="transgan-cifar",
        architecture="transgan",
        loss="wgangp",
        settings=TRAINING | {"dataset": "cifar10", "kimg": 128_000},
        published=(
            Published(
                name="fid",
                value=9.26,
                where={"dataset": "cifar10", "features": "inception", "samples": 50_000},
                source="arXiv:2102.07074, abstract",
            ),
        ),
        parameters=(83_312_495, 10_210_393),
        paper="arXiv:2102.07074",
        summary="TransGAN on CIFAR-10 as published: 128 million images, days on a GPU.",
    ),
    Recipe(
        name="transgan-small",
        architecture="transgan",
        loss="ns",
        settings={
            "arch.width_g": 8,
            "arch.max_width": 128,
            "arch.depth_g": (2, 1, 1),
            "arch.width_d": 64,
            "arch.depth_d": 1,
            "arch.patch": 4,
            "arch.heads": 2,
            "arch.max_places": 8,
            "arch.grid": 8,
            "arch.embedding_dim": 8,
            "regularizers.r1.gamma": 1.0,
            "regularizers.r1.interval": 4,
            "augmentations.diffaugment.cutout": False,
            "dataset": "mnist",
            "resolution": 32,
            "z_dim": 64,
            "z_distribution": "normal",
            "batch_size": 32,
            "precision": "auto",
            "kimg": 200,
        }
        | both_players({"kind": "adam", "lr": 1e-3, "betas": (0.0, 0.99)}),
        parameters=(968_097, 134_469),
        measured="FID 133, 40 kimg of MNIST: no digits yet",
        paper="arXiv:2102.07074",
        summary="A narrow TransGAN of MNIST digits at 32 pixels, for minutes on a CPU.",
    ),
)
