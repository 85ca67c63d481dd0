"""Training of the classifier: a few epochs of SGD under one cycle of the learning rate, few images shifted at random."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo_features.device import exactly, place
from ganzoo_features.networks import DIM, MIDDLE, Classifier, blank, fold

if TYPE_CHECKING:
    from ganzoo import ImageShape
    from ganzoo.evaluation import Labels, Pixels

BATCH = 128
SHOWN = 240_000  # images in all, epochs permitting
FEWEST, MOST = 4, 20  # epochs
LEARNING_RATE, WEIGHT_DECAY, MOMENTUM = 0.1, 5e-4, 0.9
LONG_S = 10.0  # what is worth a word of warning
MEASURED = 10_000  # images on which the features are brought to scale
REACH = 16  # images are shifted by up to a sixteenth of their size ...
OFTEN = 10  # ... if they are gone through so often: seen four times, Fashion-MNIST is learnt better as it is


def default_epochs(count: int) -> int:
    """How often ``count`` images are gone through if the user does not say."""
    return min(max(SHOWN // count, FEWEST), MOST)


def train(
    image_shape: ImageShape,
    num_classes: int,
    images: Pixels,
    labels: Labels,
    *,
    epochs: int,
    seed: int,
    device: torch.device,
    say: Callable[[str], None],
) -> Classifier:
    """A classifier of these images, uint8 (N, H, W, C), with batch norm folded away.

    All randomness is drawn from ``seed``, none from torch's global generators. The schedule is the one-cycle policy of Smith &
    Topin 2017, arXiv:1708.07120.
    """
    random = torch.Generator().manual_seed(seed)
    network = place(initialised(blank(image_shape, num_classes, norm=True), random), device)
    batch = min(BATCH, max(len(images) // 8, 2))
    steps = max(len(images) // batch, 1)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=epochs * steps + 1, pct_start=0.25, cycle_momentum=False
    )
    with exactly():
        started = time.monotonic()
        for epoch in range(epochs):
            order = torch.randperm(len(images), generator=random)
            for index in order.split(batch)[:steps]:
                shown = torch.from_numpy(images[index.numpy()]).to(device)
                shown = shifted(shown, random) if epochs >= OFTEN else shown
                asked = torch.from_numpy(labels[index.numpy()]).to(device)
                loss = F.cross_entropy(network(shown.permute(0, 3, 1, 2))[1], asked)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                schedule.step()
            if (left := (time.monotonic() - started) / (epoch + 1) * (epochs - epoch - 1)) > LONG_S:
                say(f"Epoch {epoch + 1} of {epochs}, about {left:.0f} s to go.")
        folded = fold(network.eval(), blank(image_shape, num_classes, norm=False))
        shown_once = torch.randperm(len(images), generator=random)[:MEASURED]
        balance(folded, images[shown_once.numpy()], device)
    return folded.cpu()


def shifted(images: Tensor, random: torch.Generator) -> Tensor:
    """images (N, H, W, C), each moved by up to H // 16 and W // 16 pixels, at least 1; its border is repeated."""
    number, height, width, _ = images.shape
    rows, columns = (_moved(number, size, random).to(images.device) for size in (height, width))
    return images[torch.arange(number, device=images.device)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _moved(number: int, size: int, random: torch.Generator) -> Tensor:
    """Indices (number, size) along an axis of that size, each row moved by its own distance."""
    reach = max(size // REACH, 1)
    by = torch.randint(-reach, reach + 1, (number, 1), generator=random)
    return (torch.arange(size) + by).clamp(0, size - 1)


@torch.inference_mode()
def balance(network: Classifier, images: Pixels, device: torch.device) -> None:
    """Scale each stage's features to a total variance, over these images, of as much as it has features.

    The last stage tells the classes apart by activations tens of times as strong as those before it, which would count for
    nothing in a Frechet distance. One factor for each stage, and not for each feature: a feature that real images hardly
    ever show would be blown up wherever generated ones do.
    """
    shown = torch.from_numpy(images).split(BATCH)
    features = torch.cat([network(part.to(device).permute(0, 3, 1, 2))[0].double() for part in shown])
    for stage in (slice(0, MIDDLE), slice(MIDDLE, DIM)):
        variance = features[:, stage].var(dim=0, correction=0).sum()
        network.scale[stage] *= ((stage.stop - stage.start) / variance).sqrt() if variance > 0 else 1.0


def initialised(network: Classifier, random: torch.Generator) -> Classifier:
    """The network on the CPU, with weights by He et al. 2015, arXiv:1502.01852, drawn from ``random``."""
    network.to_empty(device="cpu")
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=random)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    nn.init.zeros_(network.head.bias)
    nn.init.ones_(network.scale)
    return network
