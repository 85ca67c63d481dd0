"""Classification accuracy score (Ravuri & Vinyals 2019, arXiv:1905.10887): what a classifier learns from generated images.

A classifier is trained on generated images under the classes they were asked for, and tested on real ones; the same
classifier trained on as many real images is the measure. Departs: the paper's is a ResNet-50 on ImageNet; here it is three
strided convolutions, and images above 32 pixels are averaged down to 32, so that it takes a minute on a laptop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Measured, Pixels
from ganzoo_metrics.arrays import Ints, chosen

if TYPE_CHECKING:
    from ganzoo_metrics.options import CasOptions

_BATCH, _LARGEST, _WIDTHS = 128, 32, (32, 64, 128)


def build_classifier(shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Images (N, C, H, W) in [-1, 1], ``shape`` their (C, H, W) -> logits (N, num_classes)."""
    channels, height, width = shape
    layers: list[nn.Module] = []
    for outputs in _WIDTHS:
        layers += [nn.Conv2d(channels, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
        channels, height, width = outputs, (height + 1) // 2, (width + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * width, num_classes))


def train_classifier(images: Pixels, labels: Ints, *, num_classes: int, epochs: int, seed: int) -> nn.Module:
    """Train on images (N, H, W, C), labels (N,), N >= 2, with Adam under a one-cycle schedule.

    The same on the same machine for the same number of threads; the caller's random numbers are left alone.
    """
    inputs, targets = _inputs(images), torch.tensor(labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classifier = build_classifier(tuple(inputs.shape[1:]), num_classes).train()
        batch = min(_BATCH, len(inputs))
        steps = len(inputs) // batch
        optimizer = torch.optim.Adam(classifier.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=epochs * steps + 1)
        with torch.enable_grad():
            for _ in range(epochs):
                for index in torch.randperm(len(inputs))[: steps * batch].split(batch):
                    optimizer.zero_grad(set_to_none=True)
                    F.cross_entropy(classifier(inputs[index]), targets[index]).backward()
                    optimizer.step()
                    schedule.step()
    return classifier.eval()


def predict(classifier: nn.Module, images: Pixels) -> Ints:
    """The likeliest classes of images (N, H, W, C): (N,)."""
    with torch.no_grad():
        found = [classifier(_inputs(images[k : k + 1000])).argmax(dim=1) for k in range(0, len(images), 1000)]
    return torch.cat(found).numpy()


def _inputs(images: Pixels) -> Tensor:
    """uint8 (N, H, W, C) -> float32 (N, C, h, w) in [-1, 1], h and w at most 32."""
    parts = []
    for start in range(0, len(images), 1000):
        x = torch.tensor(images[start : start + 1000]).permute(0, 3, 1, 2).float()
        if max(x.shape[2:]) > _LARGEST:
            x = F.interpolate(x, size=[min(side, _LARGEST) for side in x.shape[2:]], mode="area")
        parts.append(x / 127.5 - 1)
    return torch.cat(parts)


def compute(comparison: Comparison[CasOptions]) -> Measured:
    """``cas`` and ``cas_real`` are accuracies in 0 ... 1 on the test split, ``cas_ratio`` the first over the second.

    Raises DataError without a test split, ConfigError without classes or with a single image.
    """
    options, names = comparison.options, comparison.class_names
    generated, training, test = comparison.generated, comparison.real("train"), comparison.real("test")
    count = min(options.max_images, generated.count, training.count)
    if not names or count < 2:
        raise ConfigError("cas trains a classifier: it needs classes and at least 2 images, generated and real.")
    accuracies = []
    for side, kind in ((generated, "generated"), (training, "real")):
        comparison.say(f"Classification accuracy score: training on {count:,} {kind} images.")
        taken = chosen(side.count, count, options.seed)
        classifier = train_classifier(
            side.images[taken], side.labels[taken], num_classes=len(names), epochs=options.epochs, seed=options.seed
        )
        right = predict(classifier, test.images) == test.labels
        accuracies.append((float(right.mean()), _by_class(right, test.labels, names)))
    (cas, by_class), (cas_real, by_class_real) = accuracies
    return Measured(
        values={"cas": cas, "cas_real": cas_real, "cas_ratio": cas / cas_real if cas_real else 0.0},
        details={"images": count, "classes": by_class, "classes_real": by_class_real},
    )


def _by_class(right: np.ndarray, labels: Ints, names: tuple[str, ...]) -> dict[str, float]:
    present = np.unique(labels)
    return {names[label]: float(right[labels == label].mean()) for label in present}
