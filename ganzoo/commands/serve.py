"""``ganzoo serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("serve")
@click.argument("models", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--workers", type=click.IntRange(min=1), help="Images drawn at once.  [default: one per core]")
def command(
    models: tuple[Path, ...], host: str, port: int, device: Literal["auto", "cpu", "cuda"], workers: int | None
) -> None:
    """Serve exported models over HTTP, without torch; with no argument the models that come with ganzoo.

    \b
    ganzoo serve
    ganzoo serve runs/00001-dcgan-wgangp-digits/model.onnx --port 9000
    curl -o 42.png http://127.0.0.1:8000/v1/models/NAME/images/42.png
    """
    from ganzoo.published import model_cards
    from ganzoo_serve.http.access_log import AccessLog
    from ganzoo_serve.http.app import Settings
    from ganzoo_serve.serving import serve

    settings = Settings(workers=workers, watch_s=2, log=AccessLog())
    serve(list(models) or [model_cards()], host=host, port=port, device=device, settings=settings)
