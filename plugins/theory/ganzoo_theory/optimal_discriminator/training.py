"""A small discriminator that sees samples only, trained by the zoo's minimax loss: how near does it come to D*?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ganzoo import get_registry
from ganzoo_theory.networks import Critic
from ganzoo_theory.optimal_discriminator.densities import GRID, Float64, draw


@dataclass(frozen=True)
class Training:
    """Adam with a rate that falls to 0 along half a cosine; every batch is new."""

    steps: int = 500
    batch_size: int = 2048
    lr: float = 0.01


def train(shift: float, *, seed: int = 0, training: Training | None = None) -> Float64:
    """Logits on ``GRID``, (N,), of a discriminator of p_data against p_g, which is ``shift`` to the right of it.

    The same every time.
    """
    training = training or Training()
    loss = get_registry().losses.get("mm")
    game = loss.build(loss.options())
    random, discriminator = np.random.default_rng(seed), Critic(1, seed)
    adam = torch.optim.Adam(discriminator.parameters(), lr=training.lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, training.steps)
    for _ in range(training.steps):
        real, fake = (torch.from_numpy(draw(training.batch_size, by, random))[:, None] for by in (0.0, shift))
        d_loss = game.d_loss(real_logits=discriminator(real).logits, fake_logits=discriminator(fake).logits)
        adam.zero_grad(set_to_none=True)
        d_loss.mean().backward()
        adam.step()
        schedule.step()
    with torch.no_grad():
        logits: Float64 = discriminator(torch.from_numpy(GRID).to(torch.float32)[:, None]).logits.double().numpy()
    return logits
