"""``ganzoo data``."""

from __future__ import annotations

from pathlib import Path

import click

from ganzoo.params import Resolution
from ganzoo.resolution import Size


@click.group("data")
def command() -> None:
    """Collections that do not fit into memory: pack them into files that are mapped, and check such files.

    \b
    ganzoo data pack folder:photos photos-64 --resolution 64
    ganzoo data check photos-64
    ganzoo train dcgan-wgangp --dataset packed:photos-64
    """


@command.command("pack")
@click.argument("source", metavar="SRC")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--resolution",
    type=Resolution(),
    help="Pixels: 64, or 64x32 (height x width).  [default: the data set's]",
)
@click.option(
    "--channels", type=click.Choice(["1", "3", "4"]), help="1 grey, 3 RGB, 4 RGBA.  [default: the data set's]"
)
@click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with data files.  [default: $GANZOO_DATA]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 60),  # Windows waits for no more than 63 things at once
    metavar="N",
    help="Processes that decode.  [default: one for each CPU]",
)
def pack(
    source: str,
    out: Path,
    resolution: Size | None,
    channels: str | None,
    data_dir: Path | None,
    workers: int | None,
) -> None:
    """Pack SRC, a data set such as folder:PATH, zip:PATH or mnist, into the folder OUT.

    \b
    ganzoo data pack folder:photos photos-64 --resolution 64
    ganzoo data pack zip:faces.zip faces-128 --resolution 128 --channels 3
    ganzoo data pack folder:portraits portraits-64 --resolution 64x32
    ganzoo data pack mnist mnist-32 --data-dir data

    The images are cut to that shape, resized and decoded once, the test split too if there is one. OUT then holds pack.json and
    plain .npy files, which training maps: they may be larger than memory. It is used as '--dataset packed:OUT'.

    Stopped at any moment, the same command goes on where it was. A folder that is packed to its end is never written over.
    Folders, zips and plain tars are read image by image; the files of a compressed tar are kept in memory, and may have 4 GiB.
    """
    from ganzoo.data.packing.pack import PackRequest
    from ganzoo.data.packing.pack import pack as pack_images
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry

    request = PackRequest(
        source=source,
        out=out,
        resolution=resolution,
        channels=int(channels) if channels else None,
        data_dir=data_dir,
        workers=workers,
    )
    stages = Stages()
    try:
        done = pack_images(request, get_registry(), stages)
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on where it was.", err=True)
        raise
    for split, facts in done.facts.splits.items():
        stages.say(f"{split}: {_described(facts.images, len(facts.class_names))}, {_shape(done.shape)}.")
    click.echo(f"packed:{out}")


@command.command("check")
@click.argument("out")
def check(out: str) -> None:
    """Read all of the packed folder OUT and compare it with what was packed.

    \b
    ganzoo data check photos-64

    Names the first file that is missing, cut short or damaged, with exit code 1.
    """
    from ganzoo.data.packing.packed import Pack
    from ganzoo.progress import Stages

    found = Pack.read(Path(out.removeprefix("packed:")))  # as 'ganzoo data pack' prints it
    found.check(Stages())
    for split, facts in found.facts.splits.items():
        described = _described(facts.images, len(facts.class_names))
        click.echo(f"{split}: {described}, {_shape(found.shape)}: whole, sha256 {facts.sha256}")


def _described(images: int, classes: int) -> str:
    return f"{images:,} images of {classes} classes" if classes else f"{images:,} images without classes"


def _shape(shape: tuple[int, int, int]) -> str:
    channels, height, width = shape
    return f"{height}x{width}x{channels}"
