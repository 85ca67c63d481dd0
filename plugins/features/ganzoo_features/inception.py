"""Features of the Inception network with which FID, KID and the Inception score are published.

The network is that of 2015-12-05 which Heusel et al. 2017, arXiv:1706.08500, took: TensorFlow's, with its own resizing, its
pooling and 1,008 classes. torch-fidelity (Obukhov et al. 2020, doi:10.5281/zenodo.4957738) has it in torch, to the last digits.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganzoo import ConfigError, DataError, FeatureContext
from ganzoo.data import to_channels
from ganzoo.devices import pick_device
from ganzoo.evaluation import Extractor, Features
from ganzoo_features.device import exactly, place

if TYPE_CHECKING:
    from ganzoo.evaluation import Pixels
    from ganzoo_features import InceptionOptions

NAME = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{NAME}"
# torch-fidelity's sources give the first eight digits, in the file's name.
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
OUTPUTS = ("2048", "logits_unbiased")  # torch-fidelity's names; the Inception score is of the logits without bias
BATCH = 16  # at 299 x 299 pixels, about 0.2 GB


class InceptionFeatures(Extractor):
    """The pooled activations (N, 2048), and the posterior (N, 1008) that the Inception score is computed from."""

    resizer = "bilinear to 299x299 as in TensorFlow 1, without antialiasing"
    dim, num_classes = 2048, 1008

    def __init__(self, network: nn.Module, weights_sha256: str, device: torch.device) -> None:
        self.identity = hashlib.sha256(f"inception 1 {weights_sha256}".encode()).hexdigest()
        self._network = place(network, device)
        self._device = device

    def __call__(self, images: Pixels) -> Features:
        features = np.empty((len(images), self.dim), np.float32)
        probabilities = np.empty((len(images), self.num_classes), np.float32)
        with torch.inference_mode(), exactly():
            for start in range(0, len(images), BATCH):
                part = slice(start, start + BATCH)
                shown = torch.tensor(to_channels(images[part], 3), device=self._device)
                pooled, logits = self._network(shown.permute(0, 3, 1, 2))
                features[part], probabilities[part] = pooled.cpu().numpy(), logits.softmax(dim=1).cpu().numpy()
        return Features(features, probabilities)


def build(context: FeatureContext[InceptionOptions]) -> Extractor:
    """The network with its weights.

    Raises ConfigError if torch-fidelity is missing, DataError for weights that are missing or damaged.
    """
    device, library = pick_device(context.device), _library()
    if context.options.weights:
        path = Path(
            os.path.expanduser(context.options.weights)
        )  # not Path.expanduser, which raises for an unknown ~user
    else:
        files = replace(context.files, kind="the features")
        path = files.find(NAME, urls=[URL], checksum=f"sha256:{SHA256}")
    content, weights_sha256 = _read(path)
    if weights_sha256 != SHA256:
        context.say(f"{path} holds other weights than those of published scores, which have the sha256 {SHA256[:8]}...")
    return InceptionFeatures(_network(library, content, path), weights_sha256, device)


def _library() -> ModuleType:
    """torch-fidelity's module of the network."""
    try:
        return import_module("torch_fidelity.feature_extractor_inceptionv3")
    except ImportError as error:
        raise ConfigError(
            f"The features 'inception' need torch-fidelity, which cannot be imported: {error}.\n"
            "Run: pip install 'ganzoo[inception]'"
        ) from error
    except RuntimeError as error:  # torchvision's, made for another torch
        raise ConfigError(
            f"The features 'inception' need torch-fidelity, which cannot be imported: {error}.\n"
            f"Its torchvision must be made for torch {torch.__version__}: see https://pytorch.org/get-started/locally."
        ) from error


def _read(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their sha256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    return content, hashlib.sha256(content).hexdigest()


def _network(library: Any, content: bytes, path: Path) -> nn.Module:
    """torch-fidelity's network with these weights, its batch norms folded into the convolutions before them."""
    try:
        # It unpickles whatever stands in its file; so it gets one that holds tensors and nothing else.
        checked = BytesIO()
        torch.save(torch.load(BytesIO(content), map_location="cpu", weights_only=True), checked)
        checked.seek(0)
        with torch.random.fork_rng(devices=[]):  # its weights are drawn at random before they are replaced
            network: nn.Module = library.FeatureExtractorInceptionV3(
                "inception", list(OUTPUTS), feature_extractor_weights_path=checked
            )
    except Exception as error:  # a foreign file may fail in any way
        raise DataError(
            f"{path} holds no weights of the Inception network: {' '.join(str(error).split())[:200]}.\n"
            f"Expected {NAME} ({URL})."
        ) from error
    for module in network.modules():
        if isinstance(module, library.BasicConv2d):
            module.conv, module.bn = fuse_conv_bn_eval(module.conv, module.bn), nn.Identity()
    return network.eval().requires_grad_(False)
