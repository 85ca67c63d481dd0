"""``ganzoo serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ganzoo_serve import options
from ganzoo_serve.devices import Device


@click.command("serve")
@click.argument("models", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
@options.server_options
def command(models: tuple[Path, ...], host: str, port: int, device: Device, **given: Any) -> None:
    """Serve exported models over HTTP, without torch; with no argument the models that come with ganzoo.

    \b
    ganzoo serve
    ganzoo serve runs/00001-dcgan-wgangp-digits/model.onnx --port 9000
    curl -o 42.png http://127.0.0.1:8000/v1/models/NAME/images/42.png
    """
    from ganzoo.published import model_cards
    from ganzoo_serve.serving import serve

    serve(list(models) or [model_cards()], host=host, port=port, device=device, settings=options.settings(given))
