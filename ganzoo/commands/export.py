"""``ganzoo export``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from ganzoo.params import ModelName


@click.command("export")
@click.argument("run", required=False, type=click.Path(path_type=Path), metavar="[RUN_DIR]")
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.  [default: RUN_DIR/model.onnx]"
)
@click.option(
    "--output",
    type=click.Choice(["uint8", "float"]),
    default="uint8",
    show_default=True,
    help="uint8, or float32 (n, c, h, w) in [-1, 1].",
)
@click.option(
    "--layout",
    type=click.Choice(["nhwc", "nchw"]),
    help="Axes of uint8 images: (n, h, w, c), or (n, c, h, w).  [default: nhwc]",
)
@click.option(
    "--name", type=ModelName(), help="What the model is called where it is served.  [default: RECIPE-DATASET]"
)
@click.option(
    "--fp16",
    is_flag=True,
    help="Weights and arithmetic in half precision: half the size, for GPUs. Default names then end in -fp16.",
)
@click.option(
    "--triton",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Add the model to a Triton model repository instead: DIR/NAME/config.pbtxt, DIR/NAME/1/model.onnx, then 2, 3 ...",
)
@click.option("--licence", metavar="ID", help="Of the weights, an SPDX id such as Apache-2.0; the file says it.")
@click.option("--best", is_flag=True, help="The checkpoint that scored best ('train --eval-every'), not the newest.")
def command(
    run: Path | None,
    out: Path | None,
    output: Literal["uint8", "float"],
    layout: Literal["nhwc", "nchw"] | None,
    name: str | None,
    fp16: bool,
    triton: Path | None,
    licence: str | None,
    best: bool,
) -> None:
    """Export the averaged generator of RUN_DIR (default: the newest run) as one self-describing ONNX file.

    \b
    ganzoo export
    ganzoo export runs/00001-dcgan-wgangp-digits -o digits.onnx
    ganzoo export --fp16
    ganzoo export --triton models

    The file is refused unless ONNX Runtime and torch agree on its images.
    """
    from ganzoo.export import export_run
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import newest_run

    report = export_run(
        run or newest_run(),
        get_registry(),
        path=out,
        output=output,
        layout=layout,
        precision="fp16" if fp16 else "fp32",
        name=name,
        triton=triton,
        licence=licence,
        best=best,
        stages=Stages(),
    )
    if report.growth:
        click.echo(report.growth, err=True)
    parity, metadata, image = report.parity, report.metadata, report.metadata.image
    mean = f", mean {parity.mean:.2g}" if fp16 else ""
    largest = f"{parity.largest:.3g}{mean}"
    agreement = f"against torch {parity.equal:.3%} of values equal, largest difference {largest} of 255"
    if output == "float":  # of which few are equal to the last bit, and need not be
        agreement = f"largest difference from torch {largest}"
    kimg = f" of {metadata.training.kimg:g} kimg" if metadata.training and metadata.training.kimg is not None else ""
    size = (
        f"{image.height}x{image.width}x{image.channels}, {metadata.output} {metadata.layout}{', half precision' * fp16}"
    )
    click.echo(f"{report.path}: {metadata.name}{kimg}, {size}, {report.size / 1e6:.2f} MB; {agreement}.")
