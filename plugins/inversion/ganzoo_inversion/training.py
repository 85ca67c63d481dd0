"""Training an encoder on a generator's own samples, of which none repeats: "learned approximate inference"."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from ganzoo import GanzooError
from ganzoo_inversion.model import Model
from ganzoo_inversion.network import EncoderNetwork
from ganzoo_inversion.prior import variance
from ganzoo_serve.ahead import ahead
from ganzoo_serve.generator import Generator

FIRST_SEED = 2**32  # below are the seeds that people ask for, and that are held out
WARM_UP = 50  # steps
Sample: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.int64] | None]


@dataclass(frozen=True)
class Training:
    """The settings of one training. ``image_weight`` 0 leaves the images' error out, and needs no gradient of the generator."""

    steps: int = 3000
    batch_size: int = 64
    width: int = 32
    lr: float = 3e-3
    image_weight: float = 10.0
    seed: int = 0

    def with_steps(self, steps: int | None) -> Training:
        """The same with another budget; None leaves it."""
        return self if steps is None else replace(self, steps=steps)


def train_encoder(model: Model, training: Training) -> EncoderNetwork:
    """E that minimises |E(G(z)) - z|^2 / Var z + image_weight |G(E(G(z))) - G(z)|^2, means over components and pixels in [-1, 1].

    Plus the cross-entropy of the class in nats, if there are classes. On the CPU, in evaluation mode. Source: Goodfellow et
    al. 2014, arXiv:1406.2661, section 7, item 2, for the first term. Raises GanzooError if it diverges.
    """
    latent = model.latent
    with torch.random.fork_rng():
        torch.manual_seed(training.seed)
        network = EncoderNetwork(
            model.image, z_dim=latent.dim, num_classes=len(model.classes), width=training.width
        ).to(model.device)
    adam = torch.optim.Adam(network.parameters(), lr=training.lr, betas=(0.9, 0.99))
    shown = 0.5 if sys.stderr.isatty() else 10.0
    with tqdm(total=training.steps, desc="Training the encoder", unit="step", mininterval=shown) as bar:
        batches = samples(model.generator, training)
        for step in range(training.steps):
            images, z, labels = (None if a is None else torch.from_numpy(a).to(model.device) for a in next(batches))
            assert images is not None
            assert z is not None
            adam.param_groups[0]["lr"] = training.lr * schedule(step, training.steps)
            found, logits = network(images)
            z_loss = (found - z).square().mean() / variance(latent)
            image_loss = _image_loss(model, found, labels, images) if training.image_weight else z_loss.new_zeros(())
            class_loss = z_loss.new_zeros(()) if labels is None else F.cross_entropy(logits, labels)
            loss = z_loss + training.image_weight * image_loss + class_loss
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            if step % 50 == 0 or step == training.steps - 1:
                if not math.isfinite(loss.item()):
                    raise GanzooError("The encoder's training diverged. Nothing was written; try another '--seed'.")
                bar.set_postfix(z=f"{z_loss.item():.3f}", image=f"{image_loss.item():.4f}", refresh=False)
            bar.update()
    return network.cpu().eval()


def samples(generator: Generator, training: Training) -> Iterator[Sample]:
    """Batches of images (n, h, w, c), z (n, z_dim) and classes (n,) or None, drawn ahead on all cores.

    The seeds run on from one that depends on ``training.seed``: none repeats, and the order is the same every time.
    """
    first = FIRST_SEED * (training.seed + 1)
    starts = range(first, first + training.steps * training.batch_size, training.batch_size)
    batches = (range(start, start + training.batch_size) for start in starts)
    return ahead(partial(_draw, generator), batches)


def schedule(step: int, steps: int) -> float:
    """The share of the learning rate: up over the first 50 steps, down to 0 along half a cosine."""
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


def _draw(generator: Generator, seeds: range) -> Sample:
    z, labels = generator.latents(seeds), generator.labels(seeds)
    return generator.run(z, labels), z, labels


def _image_loss(model: Model, z: Tensor, labels: Tensor | None, images: Tensor) -> Tensor:
    """Mean squared difference of pixels in [-1, 1], with the true class."""
    return ((model.pixels(z, labels) - images) / 127.5).square().mean()
