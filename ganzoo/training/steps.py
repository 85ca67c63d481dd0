"""One update of each player.

Nothing here waits for the device or depends on a number that Python holds and that changes from step to step, so that an
update can be recorded as a CUDA graph: what is due, how many images were shown, and the batch come from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from ganzoo import ranks
from ganzoo.nn import DOutput
from ganzoo.techniques import Step
from ganzoo.training.data import Taken
from ganzoo.training.state import TrainingState

Scalars = dict[str, Tensor]


def update_d(s: TrainingState, taken: Taken | None, *, due: Sequence[str]) -> Scalars:
    """Update the discriminator on a batch of real and of as many generated images, with the techniques that are due.

    Returns scalars to log, this process's.
    """
    s.freeze_discriminator(False)
    s.opt_d.zero_grad(set_to_none=True)
    logged = []
    for z, labels, real_images in _rounds(s, taken):
        assert real_images is not None  # as always in this update
        with torch.set_grad_enabled(z.requires_grad):  # where a technique moved them along the discriminator's gradient
            generated_images = s.generate(z, labels)
        for transform in s.augmentations.values():
            real_images = transform.real_images(real_images, generated_images.detach(), s.random)
        real_images, fake_images = s.augment(real_images), s.augment(generated_images)
        real, fake = s.judge_pair(real_images, fake_images, labels)
        step = _step(
            s,
            z=z,
            labels=labels,
            generated_images=generated_images,
            fake_images=fake_images,
            fake_output=fake,
            real_images=real_images,
            real_output=real,
        )

        real_logits, fake_logits = real.logits, fake.logits
        for technique in s.techniques.values():
            real_logits, fake_logits = technique.d_logits(real_logits, fake_logits, s.random)
        losses = s.game.d_loss(real_logits=real_logits, fake_logits=fake_logits)
        total, penalties = _with_penalties(losses.mean(), s, due, step, "d")
        _backward(s, total)
        logits = {"real_logits": real.logits.detach().mean(), "fake_logits": fake.logits.detach().mean()}
        logged.append({"d_loss": losses.detach().mean(), **logits, **penalties})
    _update(s.opt_d)
    with torch.no_grad():
        for technique in s.techniques.values():
            technique.after_d_step(step)
        for transform in s.augmentations.values():
            transform.after_d_step(step)
    return _means(logged)


def update_g(s: TrainingState, taken: Taken | None, *, due: Sequence[str]) -> Scalars:
    """Update the generator against a discriminator that stays as it is; ``taken`` only where real images are looked at.

    Returns scalars to log, this process's.
    """
    s.freeze_discriminator(True)
    s.opt_g.zero_grad(set_to_none=True)
    logged = []
    for z, labels, real_images in _rounds(s, taken):
        real = None
        if real_images is not None:
            real_images = s.augment(real_images)
            real = s.judge(real_images, labels)
        generated_images = s.generate(z, labels)
        fake_images = s.augment(generated_images)
        fake = s.judge(fake_images, labels)
        step = _step(
            s,
            z=z,
            labels=labels,
            generated_images=generated_images,
            fake_images=fake_images,
            fake_output=fake,
            real_images=real_images,
            real_output=real,
        )

        losses = s.game.g_loss(fake_logits=fake.logits, real_logits=None if real is None else real.logits)
        for technique in s.techniques.values():
            losses = technique.g_losses(losses, step)
        total, penalties = _with_penalties(losses.mean(), s, due, step, "g")
        _backward(s, total)
        logged.append({"g_loss": losses.detach().mean(), **penalties})
    _update(s.opt_g)
    return _means(logged)


def needs_real(s: TrainingState) -> bool:
    """Whether the generator's update looks at real images too: then of the same classes, so that like meets like."""
    return s.game.needs_real_logits or any(technique.needs_real for technique in s.techniques.values())


class Round(NamedTuple):
    """What a round of a batch begins with; without images in an update that looks at none."""

    z: Tensor
    labels: Tensor | None
    real_images: Tensor | None


def _rounds(s: TrainingState, taken: Taken | None) -> Iterator[Round]:
    """The rounds of a batch. Without real images, labels are drawn as the data have them."""
    size, rounds = s.round_size, range(s.config.accumulate)
    # Drawn beforehand: the game's numbers then come in the same order in one piece and in rounds.
    drawn = [s.data.draw_labels(size, s.random) for _ in rounds] if taken is None else None
    latents = [s.latents() for _ in rounds]
    for i, z in enumerate(latents):
        part = None if taken is None else taken.part(i * size, size)
        labels = s.data.labels_of(part) if part else drawn[i] if drawn else None
        yield Round(_moved(s, z, labels), labels, s.shown(s.data.images(part)) if part else None)


def _moved(s: TrainingState, z: Tensor, labels: Tensor | None) -> Tensor:
    """Latents as techniques want them."""
    for technique in s.techniques.values():
        z = technique.latents(z, lambda z: s.judge(s.augment(s.generate(z, labels)), labels).logits)
    return z


def _with_penalties(
    loss: Tensor, s: TrainingState, due: Sequence[str], step: Step, player: Literal["d", "g"]
) -> tuple[Tensor, Scalars]:
    logged = {}
    for name in due:
        technique = s.techniques[name]
        penalty = technique.d_penalty(step) if player == "d" else technique.g_penalty(step)
        if penalty is not None:
            logged[name] = penalty.detach().mean()
            loss = loss + technique.interval * penalty.mean()
    return loss, logged


def _backward(s: TrainingState, loss: Tensor) -> None:
    """Add the gradient of a round's loss to those of the rounds before it: their mean is the batch's."""
    (loss if s.config.accumulate == 1 else loss / s.config.accumulate).backward()


def _update(optimizer: torch.optim.Optimizer) -> None:
    """Step along the mean of all processes' gradients. One flat sum: a DDP wrapper would not see what penalties differentiate."""
    ranks.average(p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None)
    optimizer.step()


def _means(rounds: list[Scalars]) -> Scalars:
    if len(rounds) == 1:
        return rounds[0]
    return {name: torch.stack([scalars[name] for scalars in rounds]).mean() for name in rounds[0]}


def _step(
    s: TrainingState,
    *,
    z: Tensor,
    labels: Tensor | None,
    generated_images: Tensor,
    fake_images: Tensor,
    fake_output: DOutput,
    real_images: Tensor | None,
    real_output: DOutput | None,
) -> Step:
    return Step(
        generator=s.G,
        discriminator=s.D,
        generate=s.generate,
        augment=s.augment,
        discriminate=s.discriminate,
        z=z,
        labels=labels,
        generated_images=generated_images,
        fake_images=fake_images,
        fake_output=fake_output,
        real_images=real_images,
        real_output=real_output,
        random=s.random,
        nimg=s.nimg_here,
    )
