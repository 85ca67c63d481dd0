"""What was first shown on networks of DCGAN's kind, by name. Imports no torch.

The full recipes have their paper's numbers: where one is silent here, its loss has them already. Those called ``-small`` play
the same game on narrower networks and MNIST's digits, for minutes on two cores of a CPU.
"""

from dataclasses import replace
from typing import Any

from ganzoo import Published, Recipe, both_players

BEDROOMS_KIMG = 3033.042  # LSUN's, the data of DCGAN and WGAN, once
NO_AVERAGE = {"ema_halflife_kimg": 0.0}  # these papers show the generator as it is

SMALL: dict[str, Any] = {
    "dataset": "mnist",
    "resolution": 32,
    "arch.width_g": 32,
    "arch.width_d": 32,
    "ema_halflife_kimg": 10.0,
    "precision": "auto",
}


def _adam(lr: float, betas: tuple[float, float]) -> dict[str, Any]:
    """Adam for both players."""
    return both_players({"lr": lr, "betas": betas})


def _small(recipe: Recipe, parameters: tuple[int, int], summary: str, measured: str = "", **settings: Any) -> Recipe:
    """``recipe`` for a CPU, with more settings of its own. ``measured`` are an FID by ``classifier`` features and its budget."""
    return replace(
        recipe,
        name=f"{recipe.name}-small",
        settings={**recipe.settings, **SMALL, **settings},
        published=(),
        parameters=parameters,
        measured=measured,
        summary=summary,
    )


QUICK_ADAM = _adam(1e-3, (0.0, 0.99))

# The paper's five critic steps and learning rate 1e-4 are for days on a GPU. With one step, ten times the rate and
# Adam's second moments averaged over a longer time, digits are good after minutes on a CPU. The paper's own settings
# come with the loss: '--set n_critic=5 ...', or any other architecture with wgangp.
DCGAN_WGANGP = Recipe(
    name="dcgan-wgangp",
    architecture="dcgan",
    loss="wgangp",
    settings={"arch.width_g": 32, "arch.width_d": 32, "n_critic": 1, "kimg": 300, **QUICK_ADAM},
    parameters=(164_545, 34_401),
    paper="arXiv:1704.00028",
    summary="DCGAN with a gradient penalty, made quick: digits in minutes on a CPU.",
)

# The best of what was tried for the first minutes on two cores (MNIST, one run each): one update each of small batches,
# R1 (arXiv:1801.04406) at every fourth in place of the discriminator's norm, and the number format that is quickest.
# A class embedding of half the latents' size drowned them: each class collapsed to a few images (FID 39 for 1.3).
QUICK = Recipe(
    name="quick",
    architecture="dcgan",
    loss="ns",
    settings={
        "arch.width_g": 32,
        "arch.width_d": 32,
        "arch.norm_d": "none",
        "arch.embedding_dim": 8,
        "regularizers.r1.gamma": 1.0,
        "regularizers.r1.interval": 4,
        "z_dim": 64,
        "batch_size": 32,
        "precision": "auto",
        "kimg": 400,
        **QUICK_ADAM,
    },
    parameters=(99_009, 34_401),
    paper="arXiv:1801.04406",
    summary="Good pictures after a few minutes on a CPU.",
)

DCGAN = Recipe(
    name="dcgan",
    architecture="dcgan",
    loss="ns",
    settings={"arch.width_g": 128, "arch.width_d": 128, "resolution": 64, "kimg": 5 * BEDROOMS_KIMG, **NO_AVERAGE},
    parameters=(12_658_435, 11_036_289),
    paper="arXiv:1511.06434",
    summary="The paper's networks at 64 pixels, for five passes over its 3 million bedrooms; '--dataset' is yours to choose.",
)

# ~ The rate and the batch are from memory of the paper; the budget is DCGAN's.
LSGAN = Recipe(
    name="lsgan",
    architecture="dcgan",
    loss="lsgan",
    settings={"resolution": 64, "kimg": 5 * BEDROOMS_KIMG, **NO_AVERAGE},
    parameters=(3_576_707, 2_765_633),
    paper="arXiv:1611.04076",
    summary="Least squares on DCGAN at 64 pixels; the paper's bedrooms are not in the zoo: '--dataset' is yours to choose.",
)

WGAN = Recipe(
    name="wgan",
    architecture="dcgan",
    loss="wgan",
    settings={"resolution": 64, "kimg": 25 * BEDROOMS_KIMG, **NO_AVERAGE},
    parameters=(3_576_707, 2_765_633),
    paper="arXiv:1701.07875",
    summary="Clipped weights and RMSProp as the authors ran them, for 25 passes over bedrooms; '--dataset' is yours to choose.",
)

# The authors' MNIST experiment: no norm in either player, He's weights. Departs: 4x4 kernels for 5x5, 32 pixels for 28.
WGANGP_MNIST = Recipe(
    name="wgangp-mnist",
    architecture="dcgan",
    loss="wgangp",
    settings={
        "arch.norm_g": "none",
        "arch.init": "he",
        "dataset": "mnist",
        "resolution": 32,
        "batch_size": 50,
        "z_dim": 128,
        "kimg": 50_000,  # 200,000 updates of the generator
        **_adam(1e-4, (0.5, 0.9)),
        **NO_AVERAGE,
    },
    parameters=(1_181_121, 660_929),
    paper="arXiv:1704.00028",
    summary="The authors' MNIST experiment: a gradient penalty, five critic steps, no norms.",
)

# Departs: the authors kept batch norm in D, under which a penalty on each sample's gradient is none; layer norm is what
# the authors of WGAN-GP put in its place (arXiv:1704.00028, section 4). The budget, 100 epochs, is not the paper's.
DRAGAN = Recipe(
    name="dragan",
    architecture="dcgan",
    loss="ns",
    settings={
        "arch.norm_d": "layer",
        "regularizers.dragan.weight": 10.0,
        "regularizers.dragan.target": 1.0,
        "regularizers.dragan.spread": 0.5,
        "dataset": "cifar10",
        "resolution": 32,
        "kimg": 5000,
        **_adam(1e-4, (0.5, 0.9)),
        **NO_AVERAGE,
    },
    parameters=(1_068_931, 663_745),
    paper="arXiv:1705.07215",
    summary="The non-saturating game with a gradient penalty around real images, on CIFAR-10.",
)

# Widths next to the paper's CIFAR-10 networks: G 384, 192 and 96, D up to 512, dropout of a half. Departs: D has three 4x4
# layers for the paper's six of 3x3. The budget is that of its ImageNet models, 50,000 updates.
ACGAN = Recipe(
    name="acgan",
    architecture="dcgan",
    loss="ns",
    settings={
        "arch.width_g": 96,
        "arch.width_d": 128,
        "arch.embedding_dim": 10,
        "arch.dropout_d": 0.5,
        "regularizers.ac.weight_d": 1.0,
        "regularizers.ac.weight_g": 1.0,
        "conditional": True,
        "dataset": "cifar10",
        "resolution": 32,
        "batch_size": 100,
        "kimg": 5000,
        **NO_AVERAGE,
    },
    parameters=(2_156_455, 2_637_441),
    paper="arXiv:1610.09585",
    summary="The discriminator says which class an image is of besides, on CIFAR-10.",
)

# Appendix C.1, and the authors' 50 epochs of 100 updates. The last two latents are the continuous codes. Departs: DCGAN's
# networks for two convolutions and two fully connected layers; 32 pixels for 28.
INFOGAN_MNIST = Recipe(
    name="infogan-mnist",
    architecture="dcgan",
    loss="ns",
    settings={
        "arch.embedding_dim": 10,
        "regularizers.infogan.categories": 10,
        "regularizers.infogan.continuous": 2,
        "conditional": True,
        "dataset": "mnist",
        "resolution": 32,
        "z_dim": 64,
        "optimizer_d.lr": 2e-4,
        "optimizer_g.lr": 1e-3,
        "kimg": 640,
        **NO_AVERAGE,
    },
    parameters=(960_485, 661_313),
    paper="arXiv:1606.03657",
    summary="Finds digits, slant and width of MNIST's strokes by itself: ten codes and two numbers.",
)

# The authors' settings of the paper's table 2: 64 packs of 2 a batch, 100,000 updates. Departs: the generator moves once for
# each of the discriminator's updates, not twice; 32 pixels for 28, and 4x4 places for 2x2 at the smallest.
PACGAN = Recipe(
    name="pacgan",
    architecture="dcgan",
    loss="ns",
    settings={
        "regularizers.packing.size": 2,
        "dataset": "stacked-mnist",
        "resolution": 32,
        "batch_size": 128,
        "kimg": 12_800,
        **NO_AVERAGE,
    },
    published=tuple(
        Published(
            name=name,
            value=value,
            error=error,
            where={"dataset": "stacked-mnist", "features": "stacked", "samples": 26_000},
            source="arXiv:1712.04086, table 2, PacDCGAN2",
        )
        for name, value, error in (("stacked_modes", 1000, 0.0), ("stacked_kl", 0.06, 0.003))
    ),
    parameters=(1_068_931, 666_433),
    paper="arXiv:1712.04086",
    summary="The discriminator judges images in pairs: all 1,000 modes of Stacked MNIST.",
)

# The authors' CIFAR-10 settings: the rate falls to 0 in the last third of 1,200 epochs. Departs: no labels, DCGAN's
# discriminator for one of nine layers, one update of the generator for three.
FALLING = both_players({"lr_anneal": {"to": 0.0, "begin_kimg": 40_000, "kimg": 60_000, "shape": "linear"}})
MINIBATCH_DISCRIMINATION = Recipe(
    name="minibatch-discrimination",
    architecture="dcgan",
    loss="ns",
    settings={
        "arch.width_g": 128,
        "arch.width_d": 96,
        "regularizers.minibatch-discrimination.kernels": 100,
        "regularizers.minibatch-discrimination.width": 5,
        "dataset": "cifar10",
        "resolution": 32,
        "batch_size": 100,
        "kimg": 60_000,
        **_adam(3e-4, (0.5, 0.999)),
        **FALLING,
        **NO_AVERAGE,
    },
    parameters=(3_448_579, 1_678_661),
    paper="arXiv:1606.03498",
    summary="The discriminator sees how close an image is to the others of its batch, on CIFAR-10.",
)

# Section 3.4 names the idea and the target; the rest is DCGAN's, for 100 epochs.
LABEL_SMOOTHING = Recipe(
    name="label-smoothing",
    architecture="dcgan",
    loss="ns",
    settings={
        "loss_options.real_target": 0.9,
        "dataset": "cifar10",
        "resolution": 32,
        "kimg": 5000,
        **NO_AVERAGE,
    },
    parameters=(1_068_931, 663_361),
    paper="arXiv:1606.03498",
    summary="One-sided label smoothing: real images are to be real with a probability of 0.9, on CIFAR-10.",
)

FULL = (
    DCGAN,
    LSGAN,
    WGAN,
    WGANGP_MNIST,
    DRAGAN,
    ACGAN,
    INFOGAN_MNIST,
    PACGAN,
    MINIBATCH_DISCRIMINATION,
    LABEL_SMOOTHING,
)

# The small ones have smaller batches, for more updates of as many images, and five times DCGAN's rate, which is meant for days:
# after 100 kimg of MNIST an FID of 14 for 35 (one run each).
FAST = both_players({"lr": 1e-3})
UNHURRIED = both_players({"lr_anneal": None})

SMALL_ONES = (
    _small(
        DCGAN,
        (369_601, 166_817),
        "The game of DCGAN, on MNIST for a CPU.",
        "FID 13.6, 150 kimg of MNIST",
        batch_size=64,
        kimg=300,
        **FAST,
    ),
    _small(
        LSGAN,
        (369_601, 166_817),
        "Least squares on DCGAN, on MNIST for a CPU.",
        "FID 8.4, 150 kimg of MNIST",
        kimg=300,
        **FAST,
    ),
    # Without the hundred critic steps at times, which alone would be half of the budget.
    _small(
        WGAN,
        (369_601, 166_817),
        "Clipped weights and RMSProp, on MNIST for a CPU.",
        "FID 29.6, 200 kimg of MNIST",
        critic_boost=None,
        kimg=400,
        **{"optimizer_g.lr": 5e-4, "optimizer_d.lr": 5e-4},
    ),
    _small(
        WGANGP_MNIST,
        (426_721, 166_625),
        "A gradient penalty, five critic steps, no norms, on MNIST for a CPU.",
        "FID 27.8, 150 kimg of MNIST",
        kimg=400,
        **_adam(1e-3, (0.5, 0.9)),
    ),
    _small(
        DRAGAN,
        (369_601, 167_009),
        "A gradient penalty around real images, on MNIST for a CPU.",
        "FID 7.8, 120 kimg of MNIST",
        batch_size=64,
        kimg=300,
        **_adam(1e-3, (0.5, 0.9)),
    ),
    # Departs: by the paper's weights each class came down to one image (FID 37 after 120 kimg); led gently, by a classifier of
    # real images, digits stay many (3.8 after 60).
    _small(
        ACGAN,
        (390_181, 166_817),
        "A discriminator that names the class, on MNIST for a CPU.",
        "FID 3.4, class accuracy 99 %, 120 kimg of MNIST",
        batch_size=64,
        kimg=300,
        z_distribution="normal",
        **FAST,
        **{"arch.dropout_d": 0.0, "regularizers.ac.weight_g": 0.2, "regularizers.ac.fake": False},
    ),
    # Departs: uniform latents and the paper's slow discriminator leave one image of each code (FID 89 after 150 kimg, these 12
    # after 120), though its codes are purer (0.92 for 0.73).
    _small(
        INFOGAN_MNIST,
        (316_453, 166_817),
        "Finds MNIST's digits by itself, on a CPU.",
        "FID 11.8, purity 73 %, 120 kimg of MNIST",
        batch_size=64,
        kimg=300,
        z_distribution="normal",
        **FAST,
    ),
    _small(
        PACGAN,
        (370_627, 169_377),
        "Images in pairs, on Stacked MNIST for a CPU.",
        "851 of 1,000 modes, 100 kimg of Stacked MNIST",
        dataset="stacked-mnist",
        batch_size=64,
        kimg=400,
        **FAST,
    ),
    _small(
        MINIBATCH_DISCRIMINATION,
        (369_601, 230_917),
        "A discriminator that compares a batch's images, on MNIST for a CPU.",
        "FID 11.1, 120 kimg of MNIST",
        kimg=300,
        **UNHURRIED,
        **FAST,
    ),
    _small(
        LABEL_SMOOTHING,
        (369_601, 166_817),
        "One-sided label smoothing, on MNIST for a CPU.",
        "FID 11.0, 150 kimg of MNIST",
        batch_size=64,
        kimg=300,
        **FAST,
    ),
)

RECIPES = (DCGAN_WGANGP, QUICK, *FULL, *SMALL_ONES)
