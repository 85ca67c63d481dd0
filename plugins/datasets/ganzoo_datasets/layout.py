"""Which images belong to a split, and to which class: read from where they lie, or from StyleGAN's ``dataset.json``.

- One folder that holds everything is looked through, however deep.
- ``train/`` and ``test/``, if both exist, are the splits. Without them everything is ``train``; there is no ``test``.
- Two or more folders at the top are the classes, sorted by name; deeper folders belong to theirs. With images beside
  them, or with a single folder, there are no classes.
- ``dataset.json`` with ``{"labels": [["path", 0], ...]}``, a dict, or null for no labels, comes before the folders.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ganzoo import DataError
from ganzoo.data import NoSplit
from ganzoo.kinds import kind_of_path
from ganzoo_datasets.sources import LABELS_FILE, SUFFIXES, Files

SPLITS = ("train", "test")
MAX_CLASSES = 100_000
MAX_LABELS_BYTES = 512 << 20


@dataclass(frozen=True)
class Layout:
    """Image files in order, and the class of each: int64 (N,), or None."""

    names: list[str]
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()


def arrange(files: Files, split: Literal["train", "test"]) -> Layout:
    """The images of one split and their classes. Raises DataError for a place without images, or without that split."""
    images = [name for name in files.names if name.rpartition("/")[2] != LABELS_FILE]
    if not images:
        found = f"; found {', '.join(map(repr, files.others))}" if files.others else "; it is empty"
        archives = ((kind_of_path(files.where / name), name) for name in files.others) if files.where.is_dir() else ()
        meant = next((f"\nTry '{kind}:{files.where / name}'." for kind, name in archives if kind), "")
        raise DataError(
            f"There are no images in {files.where}: expected {', '.join(sorted(SUFFIXES))} files{found}.{meant}"
        )
    root = _common_folder(images)
    tops = {_top(name, root) for name in images}
    if not set(SPLITS) <= tops:
        if split == "test":
            raise NoSplit(
                f"{files.where} has no test split; expected folders 'train' and 'test' at its top.\n"
                "Without them all of its images are for training."
            )
        return _classify(files, images, [root])
    roots = [f"{root}{part}/" for part in (split, *SPLITS)]  # the asked one first
    outside = sum(_top(name, root) not in SPLITS for name in images)
    if outside:
        print(f"{files.where}: {outside} images outside of 'train' and 'test' are left out.", file=sys.stderr)
    return _classify(files, [name for name in images if name.startswith(tuple(roots))], roots)


def numbered(labels: np.ndarray) -> tuple[str, ...]:
    """Names of classes that have none: their numbers."""
    return tuple(str(i) for i in range(int(labels.max()) + 1))


def _classify(files: Files, images: list[str], roots: list[str]) -> Layout:
    """The images under the first root. All roots together say which classes there are, so that splits agree on them."""
    wanted = [name for name in images if name.startswith(roots[0])]
    for folder in _ancestors(roots[0]):
        if folder + LABELS_FILE in files.names:
            return _by_labels_file(files, folder, wanted)
    folders = sorted({_top(name, root) for root in roots for name in images if name.startswith(root)})
    if "" in folders and len(folders) > 1:
        print(f"{files.where}: images lie beside folders, so the folders are not read as classes.", file=sys.stderr)
    if "" in folders or len(folders) < 2:
        return Layout(wanted)
    number = {folder: i for i, folder in enumerate(folders)}
    labels = np.fromiter((number[_top(name, roots[0])] for name in wanted), np.int64, len(wanted))
    # A name that is no valid Unicode could not be written into a configuration or a model.
    return Layout(wanted, labels, tuple(folder.encode(errors="replace").decode() for folder in folders))


def _by_labels_file(files: Files, folder: str, images: list[str]) -> Layout:
    where = f"{folder}{LABELS_FILE} of {files.where}"
    labels = _labels_table(files, folder + LABELS_FILE, where)
    if labels is None:
        return Layout(images)
    missing = [name for name in images if name.removeprefix(folder) not in labels]
    if missing:
        raise DataError(f"{where} has no label for {len(missing)} of {len(images)} images, such as {missing[0]!r}.")
    wrong = next((item for item in labels.items() if type(item[1]) is not int or not 0 <= item[1] < MAX_CLASSES), None)
    if wrong:
        raise DataError(f"{where} gives {wrong[0]!r} the label {wrong[1]!r}; expected a class number, 0 and up.")
    every = np.array(list(labels.values()), np.int64)
    return Layout(images, np.array([labels[name.removeprefix(folder)] for name in images], np.int64), numbered(every))


def _labels_table(files: Files, name: str, where: str) -> dict[str, Any] | None:
    try:
        with files.open(name) as file:
            labels = json.loads(file.read(MAX_LABELS_BYTES)).get("labels")
            return None if labels is None else {str(path): label for path, label in dict(labels).items()}
    except Exception as error:  # not JSON, not this JSON, or not readable at all
        raise DataError(
            f'{where} cannot be read: {error}.\nExpected {{"labels": [["path", 0], ...]}}, or null for none.'
        ) from error


def _common_folder(names: list[str]) -> str:
    """The deepest folder that holds all of them: "" or a path that ends with a slash."""
    first, last = min(names).split("/")[:-1], max(names).split("/")[:-1]
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "".join(f"{part}/" for part in first[:shared])


def _top(name: str, root: str) -> str:
    """The folder directly under ``root`` in which a file lies; "" if it lies in ``root`` itself."""
    folder, slash, _ = name.removeprefix(root).partition("/")
    return folder if slash else ""


def _ancestors(folder: str) -> list[str]:
    """``a/b/`` -> ``a/b/``, ``a/``, ""."""
    parts = folder.split("/")[:-1]
    return ["".join(f"{part}/" for part in parts[:n]) for n in range(len(parts), -1, -1)]
