"""Writing a packed folder: a few images at a time, in memory that does not grow with them, and on after any stop.

Every few seconds what was written is made durable and ``unfinished.json`` says how far it reaches; what lies behind that is
cut off and written again by whoever goes on. ``pack.json`` comes last.
"""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from math import prod
from pathlib import Path

import numpy as np
import PIL

from ganzoo.data.broken import Broken
from ganzoo.data.cut import remark
from ganzoo.data.identity import public_name
from ganzoo.data.load import NoSplit
from ganzoo.data.packing.packed import FORMAT, Pack, PackFacts
from ganzoo.data.packing.parallel import decoded
from ganzoo.data.packing.scan import scan_dataset
from ganzoo.data.packing.split_files import SplitFiles, writing
from ganzoo.data.packing.unfinished import Asked, SplitProgress, Unfinished, held
from ganzoo.errors import BrokenPlugin, DataError
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.specs import ImageSource, Split
from ganzoo_serve.cores import usable_cores

SAVE_EVERY_S = 5.0
RESIZED = "the largest centred {part}, resized by Pillow's Lanczos with antialiasing"
SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class PackRequest:
    """What is to be packed, and where. Without ``resolution`` or ``channels`` they are those that the data set chooses.

    ``workers``: processes that decode; None is one for each usable CPU.
    """

    source: str
    out: Path
    resolution: Size | None = None
    channels: int | None = None
    data_dir: Path | None = None
    workers: int | None = None


def pack(request: PackRequest, registry: Registry, stages: Stages) -> Pack:
    """Pack both splits of a data set (the training split where there is no other) into the folder ``request.out``.

    Goes on where an unfinished pack of the same data and options stands. Raises DataError for a folder that holds anything
    else, a full disk, and whatever is wrong with the data; GanzooError for a process that ended on its own.
    """
    asked = Asked(
        source=public_name(request.source),
        resolution=request.resolution,
        channels=request.channels,
        pillow=PIL.__version__,
    )
    dataset = registry.dataset_of(request.source)
    # What is in memory already is not worth sending about.
    workers = 1 if dataset.scan is None else request.workers or usable_cores()
    with held(request.out):
        begun = Unfinished.find(request.out, asked)
        for split in SPLITS:
            shape = begun.state.shape
            try:
                with scan_dataset(
                    request.source,
                    registry,
                    resolution=shape.size if shape else request.resolution,
                    channels=shape.channels if shape else request.channels,
                    data_dir=request.data_dir,
                    split=split,
                ) as source:
                    _pack_split(source, split, begun, workers, stages)
            except NoSplit:
                if split == "train":
                    raise
        return _finish(begun)


def _pack_split(source: ImageSource, split: Split, begun: Unfinished, workers: int, stages: Stages) -> None:
    """Pack a split to its end, unless that is done."""
    progress = begun.enter(split, source)
    if progress.facts:
        return
    if lost := remark(len(source.names), source.cut_from, source.shape.size):
        stages.say(lost)
    if progress.taken:
        stages.say(f"Going on with {split} after {progress.taken:,} of {len(source.names):,} images.")
    broken = Broken(source.where, source.names, progress.left_out)
    progress.left_out = broken.reasons
    with SplitFiles(begun.folder, split, source.shape, progress.taken - len(broken.reasons)) as files:
        _warn_of_space(begun.folder, (len(source.names) - progress.taken) * prod(source.shape), stages)
        with stages.open():
            _write_images(source, split, begun, progress, broken, files, workers, stages)
        broken.report()
        labels = None if source.labels is None else np.delete(source.labels, sorted(broken.reasons))
        facts = files.finish(labels, source.class_names, stages)
    progress.facts = facts.model_copy(update={"left_out": broken.by_name()})
    begun.save()


def _write_images(
    source: ImageSource,
    split: Split,
    begun: Unfinished,
    progress: SplitProgress,
    broken: Broken,
    files: SplitFiles,
    workers: int,
    stages: Stages,
) -> None:
    """Decode and append what is not taken yet; the record of it is written after the images are on the disk."""
    begun.save()
    saved = time.monotonic()
    stage = stages.stage(f"Packing {split}", len(source.names))
    stage.advance(progress.taken)
    with closing(decoded(source, progress.taken, workers)) as blocks:
        for block in blocks:
            for image in block:
                if isinstance(image, str):
                    broken.add(progress.taken, image)
                else:
                    files.append(_checked(image, source))
                progress.taken += 1
            stage.advance(len(block))
            try:
                broken.judge()
            except DataError as error:
                error.add_note(f"Then delete {begun.folder} and pack again: there are others by now.")
                raise
            if time.monotonic() - saved > SAVE_EVERY_S:
                files.save()
                begun.save()
                saved = time.monotonic()
    files.save()
    begun.save()


def _checked(image: object, source: ImageSource) -> np.ndarray:
    channels, height, width = source.shape
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.shape == (height, width, channels):
        return image
    found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    raise BrokenPlugin(f"{source.where}: an image was decoded to {found}; expected uint8 {(height, width, channels)}.")


def _warn_of_space(folder: Path, needed: int, stages: Stages) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        stages.say(f"{folder} will need {needed / 1e9:.1f} GB more, and {free / 1e9:.1f} GB are free there.")


def _finish(begun: Unfinished) -> Pack:
    state = begun.state
    if state.shape is None:
        raise ValueError("there is nothing packed to finish")
    facts = PackFacts(
        format=FORMAT,
        source=state.asked.source,
        licence=state.licence,
        resolution=state.shape.size,
        channels=state.shape.channels,
        resized=RESIZED.format(part="square" if len(set(state.shape.size)) == 1 else "part of that shape"),
        pillow=state.asked.pillow,
        ganzoo=version("ganzoo"),
        splits={split: progress.facts for split, progress in state.splits.items() if progress.facts},
    )
    pack = Pack(begun.folder, facts)
    with writing(begun.folder):
        pack.write()
        begun.remove()
    return pack
