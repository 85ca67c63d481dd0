"""Training with few labels: the game of Salimans et al. 2016 (arXiv:1606.03498, section 5), and the same network without it.

Departs: Adam's rates are 2e-3 and 5e-3, not 3e-3 twice, and fall to 0 over the second half, and the average forgets faster,
since a run is shorter than the paper's 300 epochs (10 on MNIST); 50 labelled images a step, not 100; the generator matches the
features of the same real images, as the discriminator saw them before its step, not of a fresh batch; images are shifted
by up to two pixels, for both networks alike.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo_semisupervised.data import LabelledData, shift, shuffled, to_float
from ganzoo_semisupervised.losses import feature_matching_loss, labelled_loss, unlabelled_loss
from ganzoo_semisupervised.networks import Z_DIM, Discriminator, Generator

DEFAULT_STEPS = 6000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``batch_size`` counts unlabelled images and generated ones; ``labelled_batch`` at most, labelled ones."""

    steps: int
    batch_size: int = 100
    labelled_batch: int = 50
    d_lr: float = 2e-3
    g_lr: float = 5e-3
    beta1: float = 0.5
    ema_decay: float = 0.995
    max_shift: int = 2

    @classmethod
    def for_images(cls, count: int, epochs: int | None) -> "Settings":
        """The paper's batch of 100, or less where there are fewer images; ``epochs`` passes over ``count`` images."""
        batch_size = min(100, count)
        steps = DEFAULT_STEPS if epochs is None else ceil(epochs * count / batch_size)
        return cls(steps=steps, batch_size=batch_size)


def train(
    data: LabelledData,
    chosen: np.ndarray,
    *,
    settings: Settings,
    seed: int,
    game: bool,
    device: torch.device,
    after_step: Callable[[], None] = lambda: None,
) -> Discriminator:
    """The averaged discriminator, in evaluation mode, after a game with all images, or after the labelled ones alone.

    ``chosen``: indices of the images whose label may be seen. A function of ``seed`` on one machine and number of threads;
    torch's random state is left as it was.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        return _train(data, chosen, settings, seed, game, device, after_step)


def _train(
    data: LabelledData,
    chosen: np.ndarray,
    settings: Settings,
    seed: int,
    game: bool,
    device: torch.device,
    after_step: Callable[[], None],
) -> Discriminator:
    order = torch.Generator().manual_seed(seed)
    images = data.images.to(device)
    few, labels = images[chosen], torch.from_numpy(data.labels[chosen]).to(device)
    D = Discriminator(data.shape, data.num_classes).to(device)
    d_weights = [weight for weight in D.parameters() if weight.requires_grad]
    first = torch.randperm(len(images), generator=order)[:500]
    D.initialise(to_float(images[first]))
    average = copy.deepcopy(D).eval()
    G = Generator(data.shape).to(device)
    opt_d = torch.optim.Adam(d_weights, lr=settings.d_lr, betas=(settings.beta1, 0.999))
    opt_g = torch.optim.Adam(G.parameters(), lr=settings.g_lr, betas=(settings.beta1, 0.999))
    some = shuffled(len(few), min(settings.labelled_batch, len(few)), order)
    every = shuffled(len(images), settings.batch_size, order)

    def batch(source: Tensor, index: Tensor) -> Tensor:
        return shift(to_float(source[index]), settings.max_shift)

    def latents() -> Tensor:
        return torch.rand(settings.batch_size, Z_DIM, device=device)

    for step in range(settings.steps):
        slower = min(1.0, 2 * (1 - step / settings.steps))
        opt_d.param_groups[0]["lr"], opt_g.param_groups[0]["lr"] = settings.d_lr * slower, settings.g_lr * slower

        # Discriminator: the labelled, and with the game the unlabelled and the generated images.
        index = next(some)
        loss = labelled_loss(D(batch(few, index)).logits, labels[index]).mean()
        if game:
            real = batch(images, next(every))
            with torch.no_grad():
                fake = G(latents())
            real_output = D(real)
            unlabelled = unlabelled_loss(real_class_logits=real_output.logits, fake_class_logits=D(fake).logits)
            loss = loss + unlabelled.mean() / 2  # half of the images are generated (section 5)
        opt_d.zero_grad(set_to_none=True)
        loss.backward()
        opt_d.step()
        # The first steps count alike, so that the random start is soon forgotten.
        update_average(average, D, decay=min(settings.ema_decay, (1 + step) / (10 + step)))
        after_step()
        if not game:
            continue

        # Generator: the mean features of images, as the discriminator saw them just before its step.
        freeze(d_weights, True)
        g_loss = feature_matching_loss(real_features=real_output.features, fake_features=D(G(latents())).features)
        opt_g.zero_grad(set_to_none=True)
        g_loss.backward()
        opt_g.step()
        freeze(d_weights, False)
    return average


def freeze(weights: list[nn.Parameter], frozen: bool) -> None:
    """Whether gradients are computed for these."""
    for weight in weights:
        weight.requires_grad_(not frozen)


@torch.no_grad()
def update_average(average: nn.Module, module: nn.Module, *, decay: float) -> None:
    """average <- decay * average + (1 - decay) * module, for all parameters."""
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1 - decay)


@torch.no_grad()
def predict(D: Discriminator, images: Tensor, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """Class logits (N, K) and features (N, F) of uint8 images (N, C, H, W), without noise."""
    outputs = [D(to_float(part.to(device))) for part in images.split(500)]
    logits, features = (torch.cat([getattr(o, name) for o in outputs]).cpu().numpy() for name in ("logits", "features"))
    return logits, features
