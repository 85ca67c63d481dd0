"""BigGAN's recipes: ImageNet's of the paper, CIFAR-10's of the two reference implementations, and small ones for a CPU.

"The other zoo" is POSTECH-CVLab/PyTorch-StudioGAN, whose settings and figures for CIFAR-10 these are.
"""

from __future__ import annotations

from math import log
from typing import Any

from ganzoo import Published, Recipe, both_players

Settings = dict[str, Any]


def adam(lr_g: float, lr_d: float, betas: tuple[float, float]) -> Settings:
    """Adam for both players."""
    return both_players({"kind": "adam", "betas": betas}) | {"optimizer_g.lr": lr_g, "optimizer_d.lr": lr_d}


def game(batch: int, n_critic: int, steps: int, decay: float = 0.9999) -> Settings:
    """Batch, critic steps, budget in generator steps, and the average of the generator's weights with a ``decay`` a step.

    The references begin to average at step 1000 or 20,000; here the half-life rises with the images seen, to the same effect.
    """
    images = batch * n_critic
    return {
        "batch_size": batch,
        "n_critic": n_critic,
        "kimg": images * steps / 1000,
        "ema_halflife_kimg": round(images * log(0.5) / log(decay) / 1000, 1),
        "ema_rampup": 0.25,
    }


# The other zoo's configs/CIFAR10/BigGAN.yaml. Its discriminator has twice ch on every map, ours four times: half of its 96.
# Departs: generated images are mirrored, too.
CIFAR: Settings = {
    "arch.width_g": 96,
    "arch.width_d": 48,
    "arch.attention_at": 16,
    "dataset": "cifar10",
    "conditional": True,
    "z_dim": 80,
    "augmentations.flip.p": 0.5,
    **adam(2e-4, 2e-4, (0.5, 0.999)),
    **game(batch=64, n_critic=5, steps=100_000),
}

# scripts/launch_cifar_ema.sh of ajbrock/BigGAN-PyTorch, whose 500 epochs are of 50,000 images.
AUTHORS: Settings = {
    "arch.width_g": 64,
    "arch.width_d": 64,
    "arch.shared_dim": 0,
    "arch.hierarchical": False,
    "arch.attention_at": 0,
    "arch.init": "normal",
    "dataset": "cifar10",
    "conditional": True,
    "z_dim": 128,
    **adam(2e-4, 2e-4, (0.0, 0.999)),
    **game(batch=50, n_critic=4, steps=125_000),
}

# Appendix C of the paper. The number of steps, and that batch norm sees an eighth of a batch, are from the authors' PyTorch code.
IMAGENET: Settings = {
    "resolution": 128,
    "conditional": True,
    "accumulate": 8,
    "regularizers.orthogonal.weight": 1e-4,
    **adam(5e-5, 2e-4, (0.0, 0.999)),
    **game(batch=2048, n_critic=2, steps=150_000),
}

SMALL: Settings = {
    "arch.width_g": 8,
    "arch.width_d": 8,
    "arch.shared_dim": 32,
    "arch.attention_at": 16,
    "dataset": "fashion-mnist",
    "conditional": True,
    "z_dim": 64,
    "batch_size": 32,
    "n_critic": 1,
    "precision": "auto",
    "kimg": 300,
    **adam(5e-4, 1e-3, (0.0, 0.99)),  # rates of 2e-4 are for days
}


# What the recipes that follow add to BigGAN. Their numbers on CIFAR-10 are the other zoo's, as the defaults here are.
CONSISTENCY: Settings = {"regularizers.consistency.weight": 10.0}
IMPROVED: Settings = {
    "regularizers.improved-consistency.weight_real": 10.0,
    "regularizers.improved-consistency.weight_fake": 10.0,
    "regularizers.improved-consistency.weight_g": 0.5,
    "regularizers.improved-consistency.weight_d": 20.0,
}
CONTRASTIVE: Settings = {
    "regularizers.2c.weight_d": 1.0,
    "regularizers.2c.weight_g": 1.0,
    "regularizers.2c.temperature": 1.0,
    "regularizers.2c.width": 512,
}
DATA_TO_DATA: Settings = {
    "regularizers.d2d-ce.weight_d": 0.5,
    "regularizers.d2d-ce.weight_g": 0.5,
    "regularizers.d2d-ce.temperature": 0.5,
    "regularizers.d2d-ce.margin_positive": 0.98,
    "regularizers.d2d-ce.margin_negative": 0.02,
    "regularizers.d2d-ce.width": 512,
}
# Twice the batch of the others, and the root of 2 times their rate.
REACGAN_TRAINING = adam(2**0.5 * 2e-4, 2**0.5 * 2e-4, (0.5, 0.999)) | game(batch=128, n_critic=5, steps=100_000)

BIGGAN, CR, ICR, CONTRAGAN, REACGAN = (
    f"arXiv:{number}" for number in ("1809.11096", "1910.12027", "2002.04724", "2006.12681", "2111.01118")
)


def on_test(value: float) -> Published:
    """FID of 10,000 images against the test split, the best of a run, with batch norms that see whole batches."""
    return _fid(value, "test", 10_000, "https://github.com/POSTECH-CVLab/PyTorch-StudioGAN, README of February 2022")


def on_train(value: float) -> Published:
    """FID of 50,000 images against the training split."""
    return _fid(value, "train", 50_000, "arXiv:2206.09479")


def _fid(value: float, split: str, samples: int, source: str) -> Published:
    where = {"dataset": "cifar10", "features": "inception", "split": split, "samples": samples}
    return Published(name="fid", value=value, where=where, source=source)


def recipe(
    name: str,
    summary: str,
    paper: str,
    settings: Settings,
    parameters: tuple[int, int],
    *published: Published,
    architecture: str = "biggan",
    measured: str = "",
) -> Recipe:
    """A recipe of the hinge loss. ``parameters`` are for the classes of its data, ImageNet's 1000 where it names none."""
    return Recipe(
        name=name,
        architecture=architecture,
        loss="hinge",
        settings=settings,
        published=published,
        parameters=parameters,
        measured=measured,
        paper=paper,
        summary=summary,
    )


RECIPES = (
    recipe(
        "biggan-cifar",
        "BigGAN on CIFAR-10 with its classes, as the other zoo trains it; a day on a GPU.",
        BIGGAN,
        CIFAR,
        (9_416_196, 2_415_170),
        on_test(8.034),
        on_train(4.16),
    ),
    recipe(
        "biggan-cifar-authors",
        "BigGAN on CIFAR-10 as its authors' code trains it: no attention, no parts of z, no shared embedding.",
        BIGGAN,
        AUTHORS,
        (4_304_387, 4_207_361),
    ),
    recipe(
        "biggan-128",
        "The paper's ImageNet model at 128 pixels; give your own images with classes by '--dataset folder:PATH'.",
        BIGGAN,
        IMAGENET | {"arch.width_g": 96, "arch.width_d": 96, "z_dim": 120},
        (70_433_988, 87_982_370),
    ),
    recipe(
        "biggan-deep-128",
        "The paper's deep ImageNet model at 128 pixels; give your own images with classes by '--dataset folder:PATH'.",
        BIGGAN,
        IMAGENET | {"arch.width_g": 128, "arch.width_d": 128, "z_dim": 128},
        (50_244_484, 34_590_210),
        architecture="biggan-deep",
    ),
    recipe(
        "biggan-cr",
        "BigGAN on CIFAR-10 with consistency regularization.",
        CR,
        CIFAR | CONSISTENCY,
        (9_416_196, 2_415_170),
        on_test(7.178),
        on_train(3.16),
    ),
    recipe(
        "biggan-icr",
        "BigGAN on CIFAR-10 with improved consistency regularization.",
        ICR,
        CIFAR | IMPROVED,
        (9_416_196, 2_415_170),
        on_test(7.43),
    ),
    recipe(
        "contragan",
        "ContraGAN on CIFAR-10: BigGAN whose discriminator compares images of a class.",
        CONTRAGAN,
        CIFAR | CONTRASTIVE,
        (9_416_196, 2_413_250),
        on_test(8.065),
    ),
    recipe(
        "reacgan",
        "ReACGAN on CIFAR-10: BigGAN whose discriminator compares images with those of other classes.",
        REACGAN,
        CIFAR | REACGAN_TRAINING | DATA_TO_DATA,
        (9_416_196, 2_413_250),
        on_test(7.792),
    ),
    recipe(
        "biggan-small",
        "A narrow BigGAN: clothes by class, in minutes on a CPU.",
        BIGGAN,
        SMALL,
        (87_746, 67_810),
        measured="FID 7.4, class accuracy 91 %, 60 kimg of Fashion-MNIST",
    ),
    recipe(
        "biggan-deep-small",
        "A narrow BigGAN-deep: clothes by class, in minutes on a CPU.",
        BIGGAN,
        SMALL | {"arch.width_d": 12},  # between the outer layers of a block there is a quarter of it
        (126_450, 26_858),
        architecture="biggan-deep",
        measured="FID 26.2, class accuracy 63 %, 50 kimg of Fashion-MNIST",
    ),
    recipe(
        "biggan-cr-small",
        "A narrow BigGAN with consistency regularization, for a CPU.",
        CR,
        SMALL | CONSISTENCY,
        (87_746, 67_810),
        measured="FID 17.1, class accuracy 81 %, 50 kimg of Fashion-MNIST",
    ),
    recipe(
        "biggan-icr-small",
        "A narrow BigGAN with improved consistency regularization, for a CPU.",
        ICR,
        SMALL | IMPROVED,
        (87_746, 67_810),
        measured="FID 19.8, class accuracy 75 %, 50 kimg of Fashion-MNIST",
    ),
    recipe(
        "contragan-small",
        "A narrow ContraGAN, for a CPU.",
        CONTRAGAN,
        SMALL | CONTRASTIVE | {"regularizers.2c.width": 64},
        (87_746, 67_490),
        measured="FID 18.4, the classes permuted, 50 kimg of Fashion-MNIST",
    ),
    recipe(
        "reacgan-small",
        "A narrow ReACGAN, for a CPU.",
        REACGAN,
        SMALL | DATA_TO_DATA | {"regularizers.d2d-ce.width": 64},
        (87_746, 67_490),
        measured="FID 12.6, class accuracy 80 %, 80 kimg of Fashion-MNIST",
    ),
)
