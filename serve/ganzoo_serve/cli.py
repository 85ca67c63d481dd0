"""``ganzoo-serve``: parses, calls ``serving.serve``, and turns an error into an exit code."""

import sys
from pathlib import Path
from typing import Literal

import click

from ganzoo_serve import __version__
from ganzoo_serve.errors import ServeError


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path(exists=True, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@click.option("--workers", type=click.IntRange(1, 256), help="Images drawn at once.  [default: one per core]")
@click.version_option(__version__)
def cli(
    paths: tuple[Path, ...], host: str, port: int, device: Literal["auto", "cpu", "cuda"], workers: int | None
) -> None:
    """Serve exported models: .onnx files, and folders of them."""
    # ONNX Runtime loads here, not at --help
    from ganzoo_serve.http.access_log import AccessLog
    from ganzoo_serve.http.app import Settings
    from ganzoo_serve.serving import serve

    serve(paths, host=host, port=port, device=device, settings=Settings(workers=workers, watch_s=2, log=AccessLog()))


def main() -> None:
    """Run the command; exit 0 done, 1 failed, 2 misused."""
    try:
        cli()
    except ServeError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
