"""A generator of one parameter, theta, in two games of the zoo, against a critic that is trained well before every step.

Points are images of one row and two pixels, (N, 1, 1, 2), as the zoo's own losses and penalties take them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ganzoo import Game, ImageShape, TechniqueContext, get_registry
from ganzoo.techniques import Random, Step, Technique
from ganzoo_theory.networks import Critic

Float64 = npt.NDArray[np.float64]

GAMES = {"mm": None, "wgangp": "gradient-penalty"}  # a loss, and what keeps its critic Lipschitz
VIEW = np.linspace(-1.25, 1.25, 251)  # x of what the critic is asked before theta's first step


@dataclass(frozen=True)
class Course:
    """How a game goes: in rounds, each of some updates of the critic and, once theta is let go, one step of theta.

    Theta takes plain gradient steps, of ``lr`` at first and of 0 in the end: Adam would make large steps of tiny gradients.
    """

    held: int = 30
    moved: int = 80
    n_critic: int = 10
    lr: float = 0.025
    critic_lr: float = 1e-3
    batch_size: int = 128


@dataclass(frozen=True)
class Played:
    """One game: theta before each round and in the end (R + 1,), |dL/dtheta| after each round's updates of the critic (R,).

    ``logits``: what the critic says at points (x, 1/2) with x in ``VIEW``, (251,), before theta's first step.
    """

    theta: Float64
    gradient: Float64
    logits: Float64


class Line(nn.Module):
    """The generator: z (N, 1) of U[0, 1] -> the points (theta, z), (N, 1, 1, 2)."""

    def __init__(self, theta: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(theta))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        return torch.stack([self.theta.expand(len(z)), z[:, 0]], dim=1).view(-1, 1, 1, 2)


def play(name: str, start: float, *, seed: int = 0, course: Course | None = None) -> Played:
    """Play the game ``name`` of ``GAMES`` from theta = ``start``: the same every time."""
    course = course or Course()
    registry = get_registry()
    loss = registry.losses.get(name)
    game = loss.build(loss.options())
    critic, line, random = Critic(2, seed), Line(start), Random(torch.device("cpu"), seed)
    technique = _technique(GAMES[name], line, critic)
    adam = torch.optim.Adam(critic.parameters(), lr=course.critic_lr, betas=(0.5, 0.9))
    theta, gradient, logits = [start], [], np.empty(0)
    for turn in range(course.held + course.moved):
        for _ in range(course.n_critic):
            adam.zero_grad(set_to_none=True)
            _d_loss(game, technique, _critic_step(line, critic, random, course.batch_size)).backward()
            adam.step()
        if turn == course.held:
            logits = _view(critic)
        fake_logits = critic(line(random.uniform(course.batch_size, 1))).logits
        (slope,) = torch.autograd.grad(game.g_loss(fake_logits=fake_logits).mean(), line.theta)
        if turn >= course.held:
            with torch.no_grad():
                line.theta.sub_(course.lr * (1 - (turn - course.held) / course.moved) * slope)
        theta.append(line.theta.item())
        gradient.append(abs(slope.item()))
    return Played(np.array(theta), np.array(gradient), logits)


def _technique(name: str | None, line: Line, critic: Critic) -> Technique:
    """The zoo's regularizer of that name as it is by default; nothing, for None."""
    if name is None:
        return Technique()
    regularizer = get_registry().regularizers.get(name)
    assert regularizer.build is not None
    return regularizer.build(
        TechniqueContext(
            options=regularizer.options(),
            generator=line,
            discriminator=critic,
            image_shape=ImageShape(1, 1, 2),
            z_dim=1,
            num_classes=0,
        )
    )


def _critic_step(line: Line, critic: Critic, random: Random, n: int) -> Step:
    """New points of both lines, and what the critic says of them."""
    with torch.no_grad():
        z = random.uniform(n, 1)
        real, fake = Line(0.0)(random.uniform(n, 1)), line(z)
    return Step(
        generator=line,
        discriminator=critic,
        generate=line,
        augment=lambda images: images,
        discriminate=critic,
        z=z,
        generated_images=fake,
        fake_images=fake,
        labels=None,
        fake_output=critic(fake),
        real_images=real,
        real_output=critic(real),
        random=random,
        nimg=torch.zeros((), dtype=torch.int64),
    )


def _d_loss(game: Game, technique: Technique, step: Step) -> Tensor:
    assert step.real_output is not None  # as always in a discriminator's step
    loss = game.d_loss(real_logits=step.real_output.logits, fake_logits=step.fake_output.logits).mean()
    added = technique.d_penalty(step)
    return loss if added is None else loss + added.mean()


@torch.no_grad()
def _view(critic: Critic) -> Float64:
    x = torch.from_numpy(VIEW).to(torch.float32)
    logits: Float64 = critic(torch.stack([x, torch.full_like(x, 0.5)], dim=1)).logits.double().numpy()
    return logits
