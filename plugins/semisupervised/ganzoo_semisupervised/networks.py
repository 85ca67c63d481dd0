"""The two players of the game: small convolutional networks that a CPU can train in minutes.

Departs from Salimans et al. 2016 (arXiv:1606.03498), whose discriminator on MNIST is a perceptron of 1000-500-250-250-250 units
and whose generator one of 500-500: to a convolution a shifted stroke is the same stroke, so that fewer
images need to be shown. Kept are weight normalisation with its data-dependent start, the Gaussian noise (0.3 on the
images, 0.5 before hidden layers but the first), uniform latents, batch norm in the generator only, and features from the layer
before the last.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import ImageShape
from ganzoo_semisupervised.weight_norm import WeightNorm, initialise

Z_DIM = 100
D_WIDTHS, FEATURES = (16, 32, 64), 128
G_WIDTHS = (32, 16)
INPUT_NOISE, HIDDEN_NOISE = 0.3, 0.5


class Output(NamedTuple):
    """``logits``: (N, K), of the classes; ``features``: (N, 128), what they are computed from."""

    logits: Tensor
    features: Tensor


class Noise(nn.Module):
    """Adds Gaussian noise of standard deviation ``sigma`` in training: (N, ...) -> the same."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        # Drawn with the channels last, as the activations lie: torch fills a strided tensor ten times slower.
        noise = torch.randn_like(x.movedim(1, -1), memory_format=torch.contiguous_format).movedim(-1, 1)
        return torch.add(x, noise, alpha=self.sigma)


class Halve(nn.Module):
    """Each 2x2 pixels become one with four times the channels: (N, C, H, W) -> (N, 4 C, ceil(H / 2), ceil(W / 2))."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        x = F.pad(x, [0, width % 2, 0, height % 2], mode="replicate")
        # A convolution of one channel is the slowest of all on a CPU, and channels last the quickest.
        return F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)


class Discriminator(nn.Module):
    """Images to class logits, for every resolution from 8 on.

    images: (N, C, H, W) in [0, 1]. Returns Output.
    """

    def __init__(self, shape: ImageShape, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [Noise(INPUT_NOISE), Halve()]
        channels, size = 4 * shape.channels, -(-shape.height // 2)
        for i, width in enumerate(D_WIDTHS):
            stride = 2 if i else 1
            # No noise on the first layer's output: it is the largest by far, and has the images' noise in it.
            layers += [Noise(HIDDEN_NOISE)] if i > 1 else []
            layers += [WeightNorm(nn.Conv2d(channels, width, 3, stride=stride, padding=1)), nn.LeakyReLU(0.2)]
            channels, size = width, -(-size // stride)
        layers += [Noise(HIDDEN_NOISE), nn.Flatten(), WeightNorm(nn.Linear(channels * size**2, FEATURES))]
        self.body = nn.Sequential(*layers, nn.LeakyReLU(0.2))
        self.head = nn.Sequential(Noise(HIDDEN_NOISE), WeightNorm(nn.Linear(FEATURES, num_classes), train_scale=True))

    def forward(self, images: Tensor) -> Output:
        features = self.body(images)
        return Output(self.head(features), features)

    def initialise(self, images: Tensor) -> None:
        """Data-dependent initialisation by a batch of images (N, C, H, W)."""
        initialise([*self.body, *self.head], images)


class Generator(nn.Module):
    """Latents to images: z (N, 100), uniform on [0, 1] -> (N, C, H, W) in [0, 1]."""

    def __init__(self, shape: ImageShape) -> None:
        super().__init__()
        wide, narrow = G_WIDTHS
        self.height, self.width, self.size = shape.height, shape.width, -(-shape.height // 4)
        units = wide * self.size**2
        self.stem = nn.Sequential(nn.Linear(Z_DIM, units, bias=False), nn.BatchNorm1d(units), nn.ReLU())
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
            nn.Conv2d(narrow, 4 * shape.channels, 3, padding=1),
            nn.PixelShuffle(2),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> Tensor:
        x = self.stem(z).unflatten(1, (-1, self.size, self.size)).contiguous(memory_format=torch.channels_last)
        images: Tensor = self.layers(x)
        return images[..., : self.height, : self.width]
