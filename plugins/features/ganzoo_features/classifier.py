"""Features of a classifier that is trained on the data set's own labels: the usual stand-in for Inception on digits and such.

It is trained once and kept: the file's name is a hash of the training images, their labels and all that the training
depends on, so that whoever measures on the same data measures with the same network.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from ganzoo import ConfigError, DataError, FeatureContext, ImageData, ImageShape
from ganzoo.devices import pick_device
from ganzoo.evaluation import Extractor, Features
from ganzoo.sealed import Damaged, digest, read_sealed, write_sealed
from ganzoo_features.device import exactly, place
from ganzoo_features.networks import DIM, MIDDLE, STEM, TOP, Classifier, blank
from ganzoo_features.training import default_epochs, train

if TYPE_CHECKING:
    from ganzoo.evaluation import Labels, Pixels
    from ganzoo_features import ClassifierOptions

Kept: TypeAlias = tuple[dict[str, Tensor], dict[str, Any]]

VERSION = 1  # of the network and its training: to be raised with every change that changes the weights
HELD_OUT = 0.1  # of the training images, to measure on where there is no test split
BATCH = 128  # small enough for a processor's caches


class ClassifierFeatures(Extractor):
    """Pooled activations (N, 192), of a total variance of 192 over real images, and the posterior of the data set's classes."""

    resizer = "none: images at their own size"
    dim = DIM

    def __init__(
        self, network: Classifier, image_shape: ImageShape, class_names: tuple[str, ...], device: torch.device
    ) -> None:
        self.identity = digest(network.state_dict(), f"classifier {VERSION} {tuple(image_shape)}")
        self.num_classes, self.class_names = len(class_names), class_names
        self._expected = (image_shape.height, image_shape.width, image_shape.channels)
        self._network = place(network, device)
        self._device = device

    def __call__(self, images: Pixels) -> Features:
        if images.shape[1:] != self._expected:
            raise ValueError(f"expected images {self._expected}, got {images.shape[1:]}")
        features = np.empty((len(images), self.dim), np.float32)
        probabilities = np.empty((len(images), self.num_classes), np.float32)
        with torch.inference_mode(), exactly():
            for start in range(0, len(images), BATCH):
                part = slice(start, start + BATCH)
                shown = torch.tensor(images[part], device=self._device).permute(0, 3, 1, 2)
                pooled, logits = self._network(shown)
                features[part], probabilities[part] = pooled.cpu().numpy(), logits.softmax(dim=1).cpu().numpy()
        return Features(features, probabilities)


def build(context: FeatureContext[ClassifierOptions]) -> Extractor:
    """The data set's classifier, out of the cache or trained now.

    Raises ConfigError for images without labels, or of one class; DataError if the cache cannot be used.
    """
    device = pick_device(context.device)
    data = context.load("train")
    if data.labels is None or len(data.class_names) < 2:
        found = "has no labels" if data.labels is None else f"has {len(data.class_names)} class"
        raise ConfigError(
            f"The features 'classifier' are learnt from labels, but data set {context.dataset!r} {found}.\n"
            "Take others, such as '--features inception'; see them with 'ganzoo list features'."
        )
    path = context.cache / f"{_key(context, data)}.safetensors"
    kept = _kept(path, context.say)
    if kept is None:
        with _alone(path, context.say):
            kept = _kept(path, lambda _: None)  # another process may have trained it meanwhile
            if kept is None:
                kept = _trained(context, data, device)
                _keep(path, kept, context.say)
    tensors, plain = kept
    context.say(f"The classifier is right about {plain['accuracy']:.2%} of {plain['of']}.")
    network = blank(context.image_shape, len(data.class_names), norm=False).eval().requires_grad_(False)
    network.load_state_dict(tensors, assign=True)
    return ClassifierFeatures(network, context.image_shape, data.class_names, device)


def _key(context: FeatureContext[ClassifierOptions], data: ImageData) -> str:
    """Hash of all that decides the weights: images, labels, options, and this code's version."""
    assert data.labels is not None
    images = np.ascontiguousarray(data.images)
    said = {
        "version": VERSION,
        "widths": (STEM, MIDDLE, TOP),
        "images": images.shape,
        "classes": data.class_names,
        "epochs": context.options.epochs or default_epochs(len(images)),
        "seed": context.options.seed,
    }
    held = hashlib.sha256(json.dumps(said).encode())
    held.update(images.data)
    held.update(data.labels.astype("<i8").tobytes())
    return held.hexdigest()


def _kept(path: Path, say: Callable[[str], None]) -> Kept | None:
    """What the cache holds, or None; what is damaged is named."""
    try:
        return read_sealed(path)
    except FileNotFoundError:
        return None
    except Damaged as error:
        say(f"{error}; the classifier is trained again.")
        return None


@contextmanager
def _alone(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a file of the cache, after whoever holds it now. Raises DataError for a folder that cannot be written."""
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say("Another process trains this classifier; waiting for it.")
            lock.acquire()
    except OSError as error:
        raise DataError(
            f"The classifier cannot be kept in {path.parent}: {error.strerror or error}.\n"
            "Name another folder for the cache by $GANZOO_CACHE."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _keep(path: Path, kept: Kept, say: Callable[[str], None]) -> None:
    """Write to the cache; what was trained is good even if it cannot be kept."""
    try:
        write_sealed(path, *kept)
    except OSError as error:
        say(
            f"The classifier could not be kept as {path}: {error.strerror or error}. It will be trained anew next time."
        )


def _trained(context: FeatureContext[ClassifierOptions], data: ImageData, device: torch.device) -> Kept:
    """A network trained on ``data``, and how often it is right about images that it was not shown."""
    assert data.labels is not None
    images, labels, test, of = data.images, data.labels, _test_split(context, data), "test images"
    if test is None:
        order = np.random.default_rng(context.options.seed).permutation(len(images))
        held_out, shown = np.split(order, [max(1, round(HELD_OUT * len(images)))])
        test, of = (images[held_out], labels[held_out]), "training images that it was not shown"
        images, labels = images[shown], labels[shown]
    epochs = context.options.epochs or default_epochs(len(data.images))
    channels, height, width = context.image_shape
    context.say(
        f"Training a classifier of {context.dataset} at {height}x{width}x{channels} for the features, once: "
        f"{len(images):,} images, {epochs} epochs."
    )
    started = time.monotonic()
    network = train(
        context.image_shape,
        len(data.class_names),
        images,
        labels,
        epochs=epochs,
        seed=context.options.seed,
        device=device,
        say=context.say,
    )
    context.say(f"Trained in {time.monotonic() - started:.0f} s.")
    extractor = ClassifierFeatures(network, context.image_shape, data.class_names, device)
    right = _predicted(extractor, test[0]) == test[1]
    return network.cpu().state_dict(), {"accuracy": float(right.mean()), "of": f"{len(right):,} {of}"}


def _test_split(context: FeatureContext[ClassifierOptions], data: ImageData) -> tuple[Pixels, Labels] | None:
    """Images and labels of the test split, or None where there is none of the same classes."""
    try:
        test = context.load("test")
    except DataError:
        return None
    if test.labels is None or test.class_names != data.class_names:
        return None
    return test.images, test.labels


def _predicted(extractor: ClassifierFeatures, images: Pixels) -> Labels:
    """The most probable class of each image."""
    probabilities = extractor(images).probabilities
    assert probabilities is not None
    classes: Labels = probabilities.argmax(axis=1)
    return classes
