"""A picture of a game of points in the plane: what the discriminator says everywhere, real points, and generated ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from torch import Tensor

from ganzoo.specs import ImageShape

POINT = ImageShape(1, 1, 2)  # x and y, as images of one row and two pixels
POINTS = 1000
FIELD = 80  # places along each side where the discriminator is asked
SIDE, DOT = 400, 1.5  # pixels
GENERATED, REAL = (200, 40, 40), (60, 60, 60)
FOR_REAL, FOR_GENERATED = np.array([190, 215, 245.0]), np.array([250, 225, 190.0])


def picture(logits: Tensor, real: Tensor, generated: Tensor) -> npt.NDArray[np.uint8]:
    """uint8 (SIDE, SIDE, 3), y upwards: blue ground where logits (FIELD, FIELD) are high, sand where they are low.

    Only their order counts, since a critic's have no scale. Points (N, 2) are in [-1, 1]: real ones grey, generated ones red.
    """
    ranks = logits.flatten().argsort().argsort().view_as(logits) / max(logits.numel() - 1, 1)
    share = ranks.numpy()[:, :, np.newaxis]
    ground = (FOR_GENERATED + (FOR_REAL - FOR_GENERATED) * share).round().astype(np.uint8)
    drawn = Image.fromarray(ground).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(drawn)
    for points, colour in ((real, REAL), (generated, GENERATED)):
        for x, y in ((points.clamp(-1, 1) + 1) / 2 * (SIDE - 1)).tolist():
            draw.circle((x, SIDE - 1 - y), DOT, fill=colour)
    return np.asarray(drawn)
