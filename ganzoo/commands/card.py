"""``ganzoo card``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from ganzoo.params import ModelName


@click.command("card")
@click.argument("run", required=False, type=click.Path(path_type=Path), metavar="[RUN_DIR]")
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--name", type=ModelName(), help="What the model is called.  [default: RECIPE-DATASET]")
@click.option("--licence", metavar="ID", help="Of the weights, an SPDX id such as apache-2.0; the file says it too.")
@click.option("--best", is_flag=True, help="The checkpoint that scored best ('train --eval-every'), not the newest.")
def command(run: Path | None, out: Path, name: str | None, licence: str | None, best: bool) -> None:
    """Write a model card of RUN_DIR (default: the newest run): a folder ready for the Hugging Face hub.

    \b
    ganzoo card runs/00001-dcgan-wgangp-digits -o model_cards/digits --licence apache-2.0

    It holds README.md, model.onnx (exported anew), samples.png and config.json.
    """
    from ganzoo.card import write_card
    from ganzoo.export import export_run
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import newest_run

    run = run or newest_run()
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as folder:
        file = Path(folder) / "model.onnx"
        report = export_run(run, get_registry(), path=file, name=name, licence=licence, best=best)
        click.echo(str(write_card(run, report.path, out, licence=licence)))
