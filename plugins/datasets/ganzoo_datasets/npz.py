"""``npz:PATH``: images in an array.

Images stand under the first of these names that is there, uint8, 0 ... 255; labels, if any, likewise:

=========  ==========================================  ==================================================
split      images                                      labels
=========  ==========================================  ==================================================
train      images, x, x_train, train_images, arr_0     labels, y, y_train, train_labels, arr_1
test       images_test, x_test, test_images            labels_test, y_test, test_labels
=========  ==========================================  ==================================================

Shapes: (N, H, W), (N, H, W, C) or (N, C, H, W), C of 1, 3 or 4; an array that could be read either way is (N, H, W, C).
Labels are integers from 0, (N,) or (N, 1). ``class_names`` may name the classes.
"""

import zipfile
from math import prod
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from ganzoo import ConfigError, DataError, DataRequest, ImageData
from ganzoo.data import NoSplit
from ganzoo_datasets.layout import MAX_CLASSES, numbered

IMAGES = {
    "train": ("images", "x", "x_train", "train_images", "arr_0"),
    "test": ("images_test", "x_test", "test_images"),
}
LABELS = {
    "train": ("labels", "y", "y_train", "train_labels", "arr_1"),
    "test": ("labels_test", "y_test", "test_labels"),
}
CHANNELS = (1, 3, 4)


def load(request: DataRequest) -> ImageData:
    """The images of one split. Raises DataError naming the array and what was expected of it."""
    path = request.path
    if path is None:
        raise ConfigError("Data set 'npz' needs a path: '--dataset npz:PATH'.")
    if not path.is_file():
        raise DataError(f"There is no file {path}; expected an npz file with an array 'images'.")
    wanted = (*IMAGES[request.split], *LABELS[request.split], "class_names")
    arrays = _read(path, wanted)
    images_key = next((key for key in IMAGES[request.split] if key in arrays), None)
    if images_key is None:
        raise (NoSplit if request.split == "test" else DataError)(
            f"{path} has no images for split {request.split!r}: expected an array named "
            f"{' or '.join(IMAGES[request.split])}; found {', '.join(_names(path)) or 'none'}."
        )
    images = _images(arrays[images_key], f"Array {images_key!r} of {path}")
    labels_key = next((key for key in LABELS[request.split] if key in arrays), None)
    if labels_key is None:
        return ImageData(images=images)
    labels = _labels(arrays[labels_key], len(images), f"Array {labels_key!r} of {path}")
    names = arrays.get("class_names")
    class_names = numbered(labels) if names is None else _class_names(names, labels, path)
    return ImageData(images=images, labels=labels, class_names=class_names)


def _images(array: np.ndarray, what: str) -> np.ndarray:
    """uint8 (N, H, W), (N, H, W, C) or (N, C, H, W) -> (N, H, W, C)."""
    if array.dtype != np.uint8:
        remedy = "scale to 0 ... 255 and store '(x * 255).round().astype(np.uint8)' if x is in 0 ... 1"
        raise DataError(f"{what} is {array.dtype}; expected uint8, 0 ... 255: {remedy}.")
    images = array[..., None] if array.ndim == 3 else array
    if images.ndim == 4 and images.shape[3] not in CHANNELS and images.shape[1] in CHANNELS:
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in CHANNELS or not images.size:
        raise DataError(f"{what} has shape {array.shape}; expected (N, H, W) or (N, H, W, C) with C of 1, 3 or 4.")
    return np.ascontiguousarray(images)


def _labels(array: np.ndarray, number: int, what: str) -> np.ndarray:
    """Integers (N,) or (N, 1) -> int64 (N,)."""
    labels = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if labels.shape != (number,) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{what} is {array.dtype} of shape {array.shape}; expected {number} integers, one an image.")
    if labels.min() < 0 or labels.max() >= MAX_CLASSES:
        raise DataError(f"{what} holds {labels.min()} ... {labels.max()}; expected class numbers, 0 and up.")
    return labels.astype(np.int64)


def _class_names(array: np.ndarray, labels: np.ndarray, path: Path) -> tuple[str, ...]:
    if array.ndim != 1 or array.dtype.kind != "U" or len(array) <= labels.max():
        raise DataError(
            f"Array 'class_names' of {path} is {array.dtype} of shape {array.shape}; "
            f"expected at least {labels.max() + 1} strings."
        )
    return tuple(str(name) for name in array)


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def _read(path: Path, wanted: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Those of the wanted arrays that are there; pickled ones are refused, and so are headers that lie about a size."""
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in wanted:
                if f"{name}.npy" in archive.NameToInfo:
                    arrays[name] = _array(archive, f"{name}.npy")
    except MemoryError as error:
        raise DataError(f"{path} does not fit into memory.") from error
    except Exception as error:  # a damaged file makes zipfile and numpy raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} cannot be read as an npz file of plain arrays: {reason}.") from error
    return arrays


def _array(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    size = archive.getinfo(member).file_size
    with archive.open(member) as file:
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read_header(file)
        claimed = file.tell() + prod(shape) * dtype.itemsize
    if not dtype.hasobject and claimed != size:
        raise ValueError(f"{member} is {size} bytes but says that it holds {dtype} of shape {shape}")
    with archive.open(member) as file:
        return np.asarray(npy.read_array(file, allow_pickle=False))
