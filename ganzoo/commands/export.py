"""``ganzoo export``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from ganzoo.commands.params import ModelName


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
    help="uint8 (n, h, w, c), or float32 (n, c, h, w) in [-1, 1].",
)
@click.option(
    "--name", type=ModelName(), help="What the model is called where it is served.  [default: RECIPE-DATASET]"
)
def command(run: Path | None, out: Path | None, output: Literal["uint8", "float"], name: str | None) -> None:
    """Export the averaged generator of RUN_DIR (default: the newest run) as one self-describing ONNX file.

    \b
    ganzoo export
    ganzoo export runs/00001-dcgan-wgangp-digits -o digits.onnx

    The file is refused unless ONNX Runtime and torch agree on its images.
    """
    from ganzoo.export import export_run
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import newest_run

    report = export_run(run or newest_run(), get_registry(), path=out, output=output, name=name)
    parity, image = report.parity, report.metadata.image
    unit = " of 255" if output == "uint8" else ""
    click.echo(
        f"{report.path}: {report.metadata.name}, {image.height}x{image.width}x{image.channels}, "
        f"{report.size / 1e6:.2f} MB; against torch {parity.equal:.3%} of values equal, "
        f"largest difference {parity.largest:.3g}{unit}."
    )
