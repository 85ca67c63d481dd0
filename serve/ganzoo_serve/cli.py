"""``ganzoo-serve``: parses, calls ``serving.serve``, and turns an error into an exit code."""

import sys
from pathlib import Path
from typing import Any

import click

from ganzoo_serve import __version__, options
from ganzoo_serve.devices import Device
from ganzoo_serve.errors import ServeError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path(exists=True, path_type=Path))
@options.server_options
@click.version_option(__version__)
def cli(paths: tuple[Path, ...], host: str, port: int, device: Device, **given: Any) -> None:
    """Serve exported models: .onnx files, and folders of them."""
    from ganzoo_serve.serving import serve  # ONNX Runtime loads here, not at --help

    serve(paths, host=host, port=port, device=device, settings=options.settings(given))


def main() -> None:
    """Run the command; exit 0 done, 1 failed, 2 misused."""
    try:
        cli()
    except ServeError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
