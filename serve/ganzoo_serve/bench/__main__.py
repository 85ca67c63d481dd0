"""``python -m ganzoo_serve.bench``."""

import sys

import click

from ganzoo_serve.bench.command import command
from ganzoo_serve.errors import ServeError

if __name__ == "__main__":
    try:
        command()
    except ServeError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
