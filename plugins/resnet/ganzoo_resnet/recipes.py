"""What residual networks of this kind are known for, by name. Imports no torch.

Departs: the authors of all of them show the discriminator 128 generated images in the generator's step, and 64 in its own;
here a batch is 64 in both. Those called ``-small`` play the same games on narrow networks, for minutes on two cores of a CPU.
"""

from typing import Any

from ganzoo import Published, Recipe, both_players

CIFAR: dict[str, Any] = {"dataset": "cifar10", "image": [32, 32, 3], "features": "inception"}
SCORE = CIFAR | {"samples": 50_000, "options.splits": 10}
# Miyato et al., appendix B.1: of "10000 and 5000 samples", and CIFAR-10's test split has 10,000. Their ten Inception scores
# of 5,000 images each are ten parts of 50,000.
DISTANCE = CIFAR | {"samples": 5000, "split": "test"}

# 100,000 updates of the generator, five of D for each, in which the rate falls to 0; no averaging.
TRAINING: dict[str, Any] = {
    "dataset": "cifar10",
    "resolution": 32,
    "batch_size": 64,
    "n_critic": 5,
    "kimg": 32_000,
    "z_dim": 128,
    "ema_halflife_kimg": 0.0,
    **both_players({"lr": 2e-4, "betas": (0.0, 0.9), "lr_anneal.to": 0.0}),
}

WGANGP_ARCH = {"arch.width_g": 128, "arch.width_d": 128, "arch.widths": "constant", "arch.pool": "mean"}
# Appendix B.2: "we doubled the feature map in the generator".
SNGAN_ARCH = {"arch.width_g": 256, "arch.width_d": 128, "arch.widths": "constant", "arch.pool": "sum"}

# Departs: the authors add noise of U(0, 1/128) to real images, one grey level wide.
WGANGP_RESNET = Recipe(
    name="wgangp-resnet",
    architecture="resnet",
    loss="wgangp",
    settings={**TRAINING, **WGANGP_ARCH},
    published=(Published(name="is", value=7.86, error=0.07, where=SCORE, source="arXiv:1704.00028, table 3"),),
    parameters=(1_204_483, 1_053_825),
    paper="arXiv:1704.00028",
    summary="WGAN-GP's residual networks on CIFAR-10.",
)

WGANGP_RESNET_AC = Recipe(
    name="wgangp-resnet-ac",
    architecture="resnet",
    loss="wgangp",
    settings={
        **WGANGP_RESNET.settings,
        "conditional": True,
        "regularizers.ac.weight_d": 1.0,
        "regularizers.ac.weight_g": 0.1,
        "regularizers.ac.fake": False,  # the critic's classifier learns of real images only
    },
    published=(Published(name="is", value=8.42, error=0.1, where=SCORE, source="arXiv:1704.00028, table 3"),),
    parameters=(1_218_307, 1_053_825),
    paper="arXiv:1704.00028",
    summary="WGAN-GP's residual networks with classes: conditional batch norm, and a critic that classifies besides.",
)

SNGAN = Recipe(
    name="sngan",
    architecture="resnet",
    loss="hinge",
    settings={**TRAINING, **SNGAN_ARCH},
    published=(
        Published(name="is", value=8.22, error=0.05, where=SCORE, source="arXiv:1802.05957, table 2"),
        Published(name="fid", value=21.7, error=0.21, where=DISTANCE, source="arXiv:1802.05957, table 2"),
    ),
    parameters=(4_276_739, 1_053_825),
    paper="arXiv:1802.05957",
    summary="Spectral normalisation and the hinge loss on residual networks: CIFAR-10.",
)

PDGAN = Recipe(
    name="pdgan",
    architecture="resnet",
    loss="hinge",
    settings={**SNGAN.settings, "conditional": True},
    published=(
        Published(name="is", value=8.62, where=SCORE, source="arXiv:1802.05637, appendix A"),
        Published(name="fid", value=17.5, where=DISTANCE, source="arXiv:1802.05637, appendix A"),
    ),
    parameters=(4_304_387, 1_055_105),
    paper="arXiv:1802.05637",
    summary="SNGAN with classes: conditional batch norm, and a discriminator onto whose features they are projected.",
)

SMALL: dict[str, Any] = {
    "arch.width_g": 16,
    "arch.width_d": 16,
    "arch.widths": "doubling",
    "arch.max_width": 64,
    "ema_halflife_kimg": 10.0,
    "n_critic": 1,  # five are for days on a GPU
    # So is the paper's rate: after 50 kimg of Fashion-MNIST sngan has an FID of 64 by it, of 31 by this one (one run each).
    **both_players({"lr": 1e-3}),
    "precision": "auto",
    "kimg": 200,
}


def _small(
    recipe: Recipe, parameters: tuple[int, int], dataset: str, summary: str, measured: str, **more: Any
) -> Recipe:
    """``recipe`` for a CPU."""
    return Recipe(
        name=f"{recipe.name}-small",
        architecture=recipe.architecture,
        loss=recipe.loss,
        settings={**recipe.settings, **SMALL, "dataset": dataset, **more},
        parameters=parameters,
        measured=measured,
        paper=recipe.paper,
        summary=summary,
    )


RECIPES = (
    WGANGP_RESNET,
    WGANGP_RESNET_AC,
    SNGAN,
    PDGAN,
    _small(
        WGANGP_RESNET,
        (248_097, 113_793),
        "mnist",
        "The game of wgangp-resnet on narrow networks: MNIST in minutes on a CPU.",
        "FID 10.4, 80 kimg of MNIST",
    ),
    _small(
        WGANGP_RESNET_AC,
        (252_993, 113_793),
        "mnist",
        "The game of wgangp-resnet-ac on narrow networks: MNIST by class in minutes on a CPU.",
        "FID 21.5, class accuracy 34 %, 60 kimg of MNIST",
        # At the full recipe's tenth of it minutes leave the class ignored (accuracy 13 %, FID 11.9 after 80 kimg).
        **{"regularizers.ac.weight_g": 1.0},
    ),
    _small(
        SNGAN,
        (248_097, 113_793),
        "fashion-mnist",
        "The game of sngan on narrow networks: Fashion-MNIST in minutes on a CPU.",
        "FID 16.7, 100 kimg of Fashion-MNIST",
    ),
    _small(
        PDGAN,
        (252_993, 114_433),
        "fashion-mnist",
        "The game of pdgan on narrow networks: Fashion-MNIST by class in minutes on a CPU.",
        "FID 17.2, class accuracy 87 %, 100 kimg of Fashion-MNIST",
    ),
)
