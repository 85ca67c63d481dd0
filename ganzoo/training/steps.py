"""One update of each player."""

from collections.abc import Callable

import torch
from torch import Tensor

from ganzoo.nn import DOutput
from ganzoo.techniques import Step, Technique
from ganzoo.training.state import TrainingState


def d_step(s: TrainingState) -> dict[str, Tensor]:
    """Update the discriminator on a fresh batch of real and of generated images. Returns scalars to log."""
    s.freeze_discriminator(False)
    real_images, labels = s.data.batch(s.config.batch_size)
    z = s.latents(s.config.batch_size)
    with torch.no_grad(), s.autocast():
        fake_images = s.G(z, labels).float()
    real_images, fake_images = s.augment(real_images), s.augment(fake_images)
    real, fake = s.judge_pair(real_images, fake_images, labels)
    step = _step(s, z, fake_images, labels, fake, real_images, real, index=s.d_steps)

    losses = s.game.d_loss(real_logits=real.logits, fake_logits=fake.logits)
    total, penalties = _with_penalties(losses.mean(), s, step, lambda technique: technique.d_penalty(step))
    s.opt_d.zero_grad(set_to_none=True)
    total.backward()
    s.opt_d.step()
    with torch.no_grad():
        for technique in s.techniques.values():
            technique.after_d_step(step)

    s.d_steps += 1
    s.nimg += s.config.batch_size
    logits = {"real_logits": real.logits.detach().mean(), "fake_logits": fake.logits.detach().mean()}
    return {"d_loss": losses.detach().mean(), **logits, **penalties}


def g_step(s: TrainingState) -> dict[str, Tensor]:
    """Update the generator against a discriminator that stays as it is. Returns scalars to log."""
    s.freeze_discriminator(True)
    real_images, real = None, None
    if s.game.needs_real_logits or any(technique.needs_real for technique in s.techniques.values()):
        real_images, labels = s.data.batch(s.config.batch_size)  # of the same classes, so that like meets like
        real_images = s.augment(real_images)
        real = s.judge(real_images, labels)
    else:
        labels = s.data.draw_labels(s.config.batch_size, s.random)
    z = s.latents(s.config.batch_size)
    with s.autocast():
        fake_images = s.G(z, labels).float()
    fake_images = s.augment(fake_images)
    fake = s.judge(fake_images, labels)
    step = _step(s, z, fake_images, labels, fake, real_images, real, index=s.g_steps)

    losses = s.game.g_loss(fake_logits=fake.logits, real_logits=None if real is None else real.logits)
    total, penalties = _with_penalties(losses.mean(), s, step, lambda technique: technique.g_penalty(step))
    s.opt_g.zero_grad(set_to_none=True)
    total.backward()
    s.opt_g.step()
    s.g_steps += 1
    return {"g_loss": losses.detach().mean(), **penalties}


def iterate(s: TrainingState) -> None:
    """One iteration at the usual pace, for timing: ``n_critic`` updates of the discriminator and one of the generator."""
    for _ in range(s.config.n_critic):  # a boost is an exception, not the pace
        d_step(s)
    g_step(s)


def _with_penalties(
    loss: Tensor, s: TrainingState, step: Step, penalty_of: Callable[[Technique], Tensor | None]
) -> tuple[Tensor, dict[str, Tensor]]:
    logged = {}
    for name, technique in s.techniques.items():
        if step.index % technique.interval:
            continue
        penalty = penalty_of(technique)
        if penalty is not None:
            logged[name] = penalty.detach().mean()
            loss = loss + technique.interval * penalty.mean()
    return loss, logged


def _step(
    s: TrainingState,
    z: Tensor,
    fake_images: Tensor,
    labels: Tensor | None,
    fake: DOutput,
    real_images: Tensor | None,
    real: DOutput | None,
    *,
    index: int,
) -> Step:
    return Step(
        generator=s.G,
        discriminator=s.D,
        discriminate=s.discriminate,
        z=z,
        fake_images=fake_images,
        labels=labels,
        fake_output=fake,
        real_images=real_images,
        real_output=real,
        random=s.random,
        nimg=s.nimg,
        index=index,
    )
