"""R3GAN's settings (arXiv:2501.05441, table 9). Imports no torch."""

from __future__ import annotations

from typing import Any

from ganzoo import Published, Recipe

PAPER = "arXiv:2501.05441"

# Narrow networks bear five times the paper's rate. Its beta2 moves from 0.9, for which CUDA cannot record steps; here it stays.
SMALL_ADAM = {"lr": 1e-3, "betas": (0.0, 0.99), "lr_anneal": {"to": 2.5e-4, "kimg": 50, "shape": "cosine"}}


def _burn_in(
    kimg: float, *, gamma: tuple[float, float], augmentation: float | None, ema_kimg: float, falling: bool = True
) -> dict[str, Any]:
    """What moves along half a cosine over the first ``kimg``, from the first value to the second.

    Departs: the half-life of the average grows in a line, as in arXiv:2006.06676; penalties are on the gradient by the images
    that the discriminator sees, not by those before augmentation; generated images are mirrored, too.
    """
    moving = {"kimg": kimg, "shape": "cosine"}
    adam: dict[str, Any] = {"lr": 2e-4, "betas": (0.0, 0.9), "beta2_anneal": {"to": 0.99, **moving}}
    if falling:
        adam["lr_anneal"] = {"to": 5e-5, **moving}
    penalty = {"gamma": gamma[0], "gamma_end": gamma[1], "anneal_kimg": kimg}
    settings: dict[str, Any] = {
        "optimizer_g": adam,
        "optimizer_d": adam,
        "regularizers": {"r1": penalty, "r2": penalty},
        "ema_halflife_kimg": ema_kimg,
        "ema_rampup": ema_kimg / kimg,
    }
    if augmentation is not None:
        ada = {"end": augmentation, "ramp_kimg": kimg, "colour_rate": 0.5, "cutout": True}
        settings["augmentations"] = {"flip": {"p": 0.5}, "ada": ada}
    return settings


RECIPES = (
    Recipe(
        name="r3gan-cifar",
        architecture="r3gan",
        loss="rpgan",
        settings={
            "dataset": "cifar10",
            "conditional": True,
            "arch.width": 768,
            "batch_size": 512,
            "kimg": 250_000,
            **_burn_in(20_000, gamma=(0.05, 0.005), augmentation=0.55, ema_kimg=5000),
        },
        published=(
            Published(
                name="fid",
                value=1.96,
                where={"dataset": "cifar10", "features": "inception", "samples": 50_000, "split": "train"},
                source=f"{PAPER}, table 6",
            ),
        ),
        parameters=(20_781_952, 21_280_512),
        paper=PAPER,
        summary="R3GAN on CIFAR-10 with its classes: 42 million weights, for days on several GPUs.",
    ),
    Recipe(
        name="r3gan-stacked",
        architecture="r3gan",
        loss="rpgan",
        settings={
            "dataset": "stacked-mnist",
            "arch.width": 768,
            "batch_size": 512,
            "kimg": 10_000,
            **_burn_in(2000, gamma=(1.0, 0.1), augmentation=None, ema_kimg=500, falling=False),
        },
        parameters=(20_732_160, 20_683_776),
        paper=PAPER,
        summary="R3GAN on Stacked MNIST, without classes: all thousand modes.",
    ),
    Recipe(
        name="r3gan-ffhq64",
        architecture="r3gan",
        loss="rpgan",
        settings={
            "resolution": 64,
            "arch.width": 384,
            "batch_size": 256,
            "kimg": 100_000,
            **_burn_in(20_000, gamma=(2.0, 0.2), augmentation=0.3, ema_kimg=500),
        },
        parameters=(22_429_824, 22_381_440),
        paper=PAPER,
        summary="R3GAN at 64 pixels as for FFHQ, which is no data set here: '--dataset folder:PATH'.",
    ),
    Recipe(
        name="r3gan-small",
        architecture="r3gan",
        loss="rpgan",
        settings={
            "dataset": "mnist",
            "arch.width": 8,
            "arch.max_width": 64,
            "arch.blocks": 1,
            "arch.embedding_dim": 16,
            "batch_size": 32,
            "precision": "auto",
            "kimg": 100,
            **_burn_in(50, gamma=(1.0, 0.1), augmentation=None, ema_kimg=5),
            "optimizer_g": SMALL_ADAM,
            "optimizer_d": SMALL_ADAM,
        },
        parameters=(64_616, 60_584),
        measured="FID 23.1, 50 kimg of MNIST",
        paper=PAPER,
        summary="A narrow R3GAN for a CPU: digits or clothes in a quarter of an hour.",
    ),
)
