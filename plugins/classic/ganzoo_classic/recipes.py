"""The experiments of the first papers, by name. Imports no torch."""

from dataclasses import replace
from typing import Any

from ganzoo import Published, Recipe, both_players

KIMG_2014, BATCH_2014 = 15_000, 100  # 250 times through MNIST
KIMG_SMALL = 1200
GAN_DECAY, CGAN_DECAY = 1.000004, 1.00004


def _sgd(decay: float, kimg: float = KIMG_2014) -> dict[str, Any]:
    """Gradient descent as the 2014 papers have it: the rate falls by ``decay`` an update, the momentum grows to 0.7.

    All of it in ``kimg``, if that is less than their 250 epochs.
    """
    optimizer = {
        "kind": "sgd",
        "lr": 0.1,
        "momentum": 0.5,
        "lr_anneal": {"to": 0.1 / decay ** (1000 * KIMG_2014 / BATCH_2014), "kimg": kimg, "shape": "exponential"},
        "momentum_anneal": {"to": 0.7, "kimg": kimg},
    }
    return {"optimizer_g": optimizer, "optimizer_d": optimizer, "kimg": kimg}


def _small(recipe: Recipe, training: dict[str, Any], summary: str, measured: str) -> Recipe:
    """``recipe`` for a CPU: the same networks, another training."""
    settings = {**recipe.settings, **training}
    return replace(
        recipe, name=f"{recipe.name}-small", settings=settings, published=(), summary=summary, measured=measured
    )


# Fully connected networks as they are trained here: MNIST at its own size, in batches of 100.
MNIST_2014: dict[str, Any] = {"dataset": "mnist", "resolution": 28, "batch_size": BATCH_2014}
# Both papers estimate from 10,000 samples.
PARZEN_2014: dict[str, Any] = {"dataset": "mnist", "image": [28, 28, 1], "samples": 10_000, "split": "train"}

# The authors' code on MNIST: the rate falls by a factor of 1.000004 an update, the momentum grows in 250 epochs.
GAN_2014 = Recipe(
    name="gan2014",
    architecture="maxout",
    loss="ns",
    settings={**MNIST_2014, **_sgd(GAN_DECAY)},
    published=(Published(name="parzen", value=225, error=2, where=PARZEN_2014, source="arXiv:1406.2661, table 1"),),
    parameters=(2_503_984, 1_231_441),
    paper="arXiv:1406.2661",
    summary="The 2014 paper's MNIST experiment: maxout networks, plain gradient descent with momentum.",
)

# Section 4.1. Departs: the first layers are dense where the paper gives the class units of its own (G: 200 for z and 1000 for
# the class, D: 240 and 50 maxout units), D's joint layer has 5 pieces for 4, and nothing of the generator is dropped.
CGAN_MNIST = Recipe(
    name="cgan-mnist",
    architecture="maxout",
    loss="ns",
    settings={
        **MNIST_2014,
        **_sgd(CGAN_DECAY),
        "arch.hidden_d": (290, 240),
        "arch.dropout_input": 0.0,
        "conditional": True,
        "z_distribution": "uniform",
    },
    published=(
        Published(
            name="parzen",
            value=132,
            error=1.8,
            where={**PARZEN_2014, "classes": "uniform"},
            source="arXiv:1411.1784, table 1",
        ),
    ),
    parameters=(2_515_984, 1_502_191),
    paper="arXiv:1411.1784",
    summary="The first conditional GAN: MNIST's digits by class, from fully connected networks.",
)

# Steps and batch of the Keras implementation that most others follow. Departs: batch norm before the rectifier.
GAN_MLP = Recipe(
    name="gan-mlp",
    architecture="mlp",
    loss="ns",
    settings={
        "dataset": "mnist",
        "resolution": 28,
        "batch_size": 32,
        "steps": 30_000,
        "z_dim": 100,
        "z_distribution": "normal",
        "ema_halflife_kimg": 0.0,
        "sample_every": 6.4,  # 200 steps
    },
    parameters=(1_488_144, 533_505),
    paper="https://github.com/eriklindernoren/Keras-GAN",
    summary="The multilayer perceptron of countless first implementations, on MNIST; small enough for a CPU as it is.",
)

ADAM = both_players(
    {"kind": "adam", "lr": 2e-4, "betas": (0.5, 0.999), "lr_anneal": None, "momentum": 0.0, "momentum_anneal": None}
)

RECIPES = (
    GAN_2014,
    _small(
        GAN_2014,
        _sgd(GAN_DECAY, KIMG_SMALL),
        "The 2014 paper's MNIST experiment in 20 epochs, for a CPU.",
        "FID 33.0, 1,125 kimg of MNIST",
    ),
    CGAN_MNIST,
    # By the paper's gradient descent, drawn together to 20 epochs, D wins early and leaves one blot whatever the class (FID 267).
    _small(
        CGAN_MNIST,
        {**ADAM, "kimg": 600},
        "The first conditional GAN in 10 epochs by Adam, for a CPU.",
        "FID 21.5, class accuracy 83 %, 600 kimg of MNIST",
    ),
    GAN_MLP,
)
