"""Real images that stay the same, by which a game is looked at while it goes on: some of its own, and some held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganzoo.config import TrainConfig
from ganzoo.data.load import load_dataset
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.specs import ImageData

SIZE = (
    256  # images: their mean logits are known to a sixteenth of a deviation, and cost little beside 10 kimg of training
)


@dataclass(frozen=True)
class Images:
    """(N, C, H, W) float32 in [-1, 1] and their labels (N,) int64, or None; on the device."""

    images: Tensor
    labels: Tensor | None


@dataclass(frozen=True)
class Probe:
    """``own``: images that the game is trained on. ``held_out``: of the test split, which it never sees, or None without one."""

    own: Images
    held_out: Images | None

    @classmethod
    def of(cls, config: TrainConfig, registry: Registry, data: ImageData, device: torch.device) -> Probe:
        """Draw them. Raises ConfigError if a rule to stop needs images that there are not."""
        held_out, why = None, ""
        _, height, width, channels = data.images.shape
        try:
            test = load_dataset(
                config.dataset,
                registry,
                resolution=Size(height, width),
                channels=channels,
                data_dir=config.data_dir,
                split="test",
            )
            if test.images.shape[1:] == data.images.shape[1:] and test.class_names == data.class_names:
                held_out = _drawn(test, config, device)
            else:
                why = "Its test images have another shape, or other classes."
        except GanzooError as error:
            why = str(error).splitlines()[0]
        if held_out is None and "wasserstein-plateau" in config.stop_when:
            raise ConfigError(
                f"stop_when.wasserstein-plateau looks at images that are held out of training, and there are none.\n{why}\n"
                "Expected a data set with a test split, or '--stop-when fid-plateau --eval-every KIMG'."
            )
        return cls(_drawn(data, config, device), held_out)


def _drawn(data: ImageData, config: TrainConfig, device: torch.device) -> Images:
    count = len(data.images)
    random = np.random.default_rng(0)
    places = np.sort(random.choice(count, size=min(SIZE, count), replace=False))
    # Read in the order of the file, shown in another: data lie class by class often, and some discriminators look at a batch.
    mixed = random.permutation(len(places))
    pixels = torch.from_numpy(np.ascontiguousarray(data.images[places])[mixed]).to(device)
    labelled = config.conditional and data.labels is not None
    labels = torch.from_numpy(data.labels[places[mixed]]).to(device) if labelled and data.labels is not None else None
    return Images(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1, labels)
