"""``ganzoo sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from ganzoo.params import Seeds


@click.command("sample")
@click.argument("model", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--seeds", type=Seeds(), required=True, help="42, 0-63 or 1,5,10-12; every seed is an image.")
@click.option("--class", "classes", metavar="C", help="Class by name or number.  [default: each seed has its own]")
@click.option("--truncation", type=float, help="1 is off; less is closer to the average image.")
@click.option("--columns", type=click.IntRange(min=1), help="Columns of a grid.  [default: about square]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help=".png, .jpg or .webp: one image, or a grid of several; .npy: an array; a folder: one .png a seed.",
)
def command(
    model: Path,
    seeds: list[int],
    classes: str | None,
    truncation: float | None,
    columns: int | None,
    device: Literal["auto", "cpu", "cuda"],
    out: Path,
) -> None:
    """Draw images of an exported model FILE. The same seed is the same image here, on the server and in previews.

    \b
    ganzoo sample model.onnx --seeds 42 -o 42.png
    ganzoo sample model.onnx --seeds 0-63 -o grid.png
    ganzoo sample model.onnx --seeds 0-9999 --class 7 -o sevens/
    """
    from ganzoo.sampling import sample_to

    click.echo(
        str(sample_to(model, seeds, out, classes=classes, truncation=truncation, columns=columns, device=device))
    )
