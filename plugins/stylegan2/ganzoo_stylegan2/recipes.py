"""Games with StyleGAN2's networks. Imports no torch."""

from typing import Any

from ganzoo import Published, Recipe, both_players

CIFAR10 = {"dataset": "cifar10", "split": "train", "features": "inception", "samples": 50_000}


def adam(lr: float) -> dict[str, Any]:
    """Both players' optimizer."""
    return both_players({"kind": "adam", "lr": lr, "betas": (0.0, 0.99), "eps": 1e-8})


def lazy_r1(gamma: float) -> dict[str, Any]:
    """R1 at every 16th of the discriminator's updates."""
    return {"regularizers.r1.gamma": gamma, "regularizers.r1.interval": 16}


# The tuning for CIFAR-10: plain layers, a short mapping, and neither path lengths nor mixing.
TUNED = {"arch.mapping_depth": 2, "arch.d_architecture": "orig", "arch.mixing": 0.0}

# Networks for two cores of a CPU: 16 channels at 32x32 pixels, 64 at 8x8 and below.
SMALL: dict[str, Any] = {
    "arch.channel_base": 512,
    "arch.max_width": 64,
    "arch.w_dim": 64,
    "arch.mapping_depth": 2,
    "arch.d_mapping_depth": 2,
    "z_dim": 64,
    "resolution": 32,
    "batch_size": 32,
    "precision": "auto",
}

# Departs: R1's gamma and the length are those of FFHQ at 1024 pixels; for their sets of 256 the authors train three to four times
# as long, with gamma 100 for some.
RECIPES = (
    Recipe(
        name="stylegan2",
        architecture="stylegan2",
        loss="ns",
        settings={
            **adam(2e-3),
            **lazy_r1(10.0),
            "regularizers.path-length.weight": 2.0,
            "regularizers.path-length.interval": 4,
            "z_dim": 512,
            "resolution": 256,
            "batch_size": 32,
            "ema_halflife_kimg": 10.0,
            "ema_rampup": None,
            "kimg": 25_000,
        },
        parameters=(30_034_338, 28_864_129),
        paper="arXiv:1912.04958",
        summary="Config F at 256x256 pixels, for a GPU; the paper's pictures are not here: '--dataset folder:PATH'.",
    ),
    Recipe(
        name="stylegan2-ada-cifar",
        architecture="stylegan2",
        loss="ns",
        settings={
            **TUNED,
            **adam(2.5e-3),
            **lazy_r1(0.01),
            "arch.minibatch_group": 32,
            "augmentations.ada.target": 0.6,
            "augmentations.ada.kimg": 500.0,
            "dataset": "cifar10",
            "conditional": True,
            "z_dim": 512,
            "batch_size": 64,
            "ema_halflife_kimg": 500.0,
            "ema_rampup": 0.05,
            "kimg": 100_000,
        },
        published=(
            Published(name="fid", value=2.42, error=0.04, where=CIFAR10, source="arXiv:2006.06676, figure 11"),
            Published(name="is", value=10.14, error=0.09, where=CIFAR10, source="arXiv:2006.06676, figure 11"),
        ),
        parameters=(20_215_315, 23_089_152),
        paper="arXiv:2006.06676",
        summary="The paper's tuning for classes of CIFAR-10, with adaptive augmentation, for a GPU.",
    ),
    Recipe(
        name="stylegan2-small",
        architecture="stylegan2",
        loss="ns",
        settings={
            **SMALL,
            **adam(2e-3),
            **lazy_r1(1.0),
            "dataset": "fashion-mnist",
            "kimg": 200,
        },
        parameters=(188_251, 218_417),
        measured="FID 24.0, 60 kimg of Fashion-MNIST",
        paper="arXiv:1912.04958",
        summary="Small networks at 32x32 pixels: good pictures after minutes on a CPU.",
    ),
    Recipe(
        name="stylegan2-ada-small",
        architecture="stylegan2",
        loss="ns",
        settings={
            **SMALL,
            **TUNED,
            **adam(2.5e-3),
            **lazy_r1(0.01),
            "augmentations.ada.target": 0.6,
            "dataset": "cifar10",
            "conditional": True,
            "kimg": 400,
        },
        parameters=(193_411, 224_848),
        paper="arXiv:2006.06676",
        summary="The tuning for CIFAR-10 with small networks, for a CPU.",
    ),
)
