"""CIFAR-10 (Krizhevsky 2009): the binary or the Python version, packed or unpacked, every file by its checksum.

What is looked for in the user's folder, in this order: ``cifar-10-binary.tar.gz``, ``cifar-10-python.tar.gz``,
``data_batch_1.bin`` ... and ``data_batch_1`` ... (in the folder itself or the one the tar unpacks to). Otherwise the
binary version is fetched: it holds no pickle.
"""

import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ganzoo import DataError, DataRequest, ImageData
from ganzoo_datasets.pickled import read_batch

RECORDS = 10_000
PIXELS = 3 * 32 * 32
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
URL = "https://www.cs.toronto.edu/~kriz/"
LARGEST_MEMBER = 64 << 20

Batch = tuple[np.ndarray, np.ndarray]  # uint8 (10000,) labels and (10000, 3072) pixels: red, green, blue planes


@dataclass(frozen=True)
class Version:
    """One of the two forms that the authors publish. ``read`` turns the bytes of a batch into labels and pixels."""

    tar: str
    tar_md5: str
    suffix: str
    folders: tuple[str, ...]
    md5: Mapping[str, str]
    read: Callable[[bytes, str], Batch]


def read_records(data: bytes, name: str) -> Batch:
    """A batch of the binary version: for each image a label byte and 3,072 bytes of pixels."""
    _check_size(len(data), name)
    records = np.frombuffer(data, np.uint8).reshape(RECORDS, 1 + PIXELS)
    return records[:, 0], records[:, 1:]


def _check_size(size: int, name: str) -> None:
    whole = RECORDS * (1 + PIXELS)
    if size != whole:
        raise DataError(
            f"{name} holds {size} bytes, {size // (1 + PIXELS)} images; expected {whole} bytes, {RECORDS} images: "
            "this is a sample or a damaged copy of CIFAR-10, not the data set."
        )


BINARY = Version(
    tar="cifar-10-binary.tar.gz",
    tar_md5="c32a1d4ab5d03f1284b67883e8d87530",
    suffix=".bin",
    folders=("", "cifar-10-batches-bin/", "cifar-10/"),
    md5={
        "data_batch_1": "5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2": "5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3": "942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4": "ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5": "53f37980c15c3d472c316c40844f3f0d",
        "test_batch": "803d5f7f4d78ea53de84dbe85f74fb6d",
    },
    read=read_records,
)

PYTHON = Version(
    tar="cifar-10-python.tar.gz",
    tar_md5="c58f30108f718f92721af3b95e74349a",
    suffix="",
    folders=("", "cifar-10-batches-py/", "cifar-10/"),
    md5={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
    read=lambda data, name: read_batch(data, name, (RECORDS, PIXELS)),
)


def load(request: DataRequest) -> ImageData:
    """32x32 colour photographs, the same number of each class.

    Raises DataError naming the file and what was expected of it.
    """
    batches = BATCHES[request.split]
    for version in (BINARY, PYTHON):
        if request.files.local(version.tar):
            return _assemble(_read_tar(request, version, batches))
    for version in (BINARY, PYTHON):
        for folder in version.folders:
            if request.files.local(f"{folder}{batches[0]}{version.suffix}"):
                return _assemble([_read_file(request, version, folder, batch) for batch in batches])
    return _assemble(_read_tar(request, BINARY, batches))


def _assemble(batches: list[Batch]) -> ImageData:
    labels = np.concatenate([labels for labels, _ in batches]).astype(np.int64)
    planes = np.concatenate([pixels for _, pixels in batches]).reshape(-1, 3, 32, 32)
    return ImageData(images=np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels=labels, class_names=CLASSES)


def _read_file(request: DataRequest, version: Version, folder: str, batch: str) -> Batch:
    name = f"{folder}{batch}{version.suffix}"
    here = request.files.local(name)
    if here is None:
        raise DataError(f"{name} of CIFAR-10 is missing where other batches are; expected {', '.join(version.md5)}.")
    if version is BINARY:
        _check_size(here.stat().st_size, str(here))  # says more than a wrong checksum would
    return version.read(request.files.find(name, urls=(), checksum=f"md5:{version.md5[batch]}").read_bytes(), str(here))


def _read_tar(request: DataRequest, version: Version, batches: tuple[str, ...]) -> list[Batch]:
    path = request.files.find(version.tar, urls=[URL + version.tar], checksum=f"md5:{version.tar_md5}")
    members = read_members(path, {batch + version.suffix for batch in batches})
    return [version.read(members[batch + version.suffix], f"{batch} in {path}") for batch in batches]


def read_members(path: Path, names: set[str]) -> dict[str, bytes]:
    """The files of a tar by their last name, read in one pass and never written to disk.

    Raises DataError for one that is missing.
    """
    found = {}
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                name = PurePosixPath(member.name).name
                if name in names and member.isreg() and member.size <= LARGEST_MEMBER:
                    file = tar.extractfile(member)
                    found[name] = file.read() if file else b""
                if len(found) == len(names):
                    break
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read as a tar: {error}.") from error
    missing = sorted(names - found.keys())
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; expected the CIFAR-10 archive of the authors.")
    return found
