"""A discriminator or critic, as small as the lessons."""

import torch
from torch import Tensor, nn

from ganzoo.nn import DOutput

WIDTH = 32


class Critic(nn.Module):
    """Two hidden layers under tanh. Points (N, ...) of ``inputs`` numbers each -> logits (N,), features (N, 32).

    Its weights depend on ``seed`` alone.
    """

    def __init__(self, inputs: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.hidden = nn.Sequential(nn.Linear(inputs, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh())
            self.to_logit = nn.Linear(WIDTH, 1)

    def forward(self, points: Tensor, c: Tensor | None = None) -> DOutput:
        features = self.hidden(points.flatten(1))
        return DOutput(logits=self.to_logit(features).squeeze(1), features=features)
