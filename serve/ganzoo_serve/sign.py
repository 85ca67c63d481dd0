"""Addresses for people without a key: ``python -m ganzoo_serve.sign /v1/models/digits/images/42.png --for 3600``."""

import os
import time

import click


@click.command()
@click.argument("address")
@click.option(
    "--for", "seconds", default=3600, show_default=True, type=click.IntRange(1), help="Valid for so many seconds."
)
def main(address: str, seconds: int) -> None:
    """Print ADDRESS (a path with or without a query) with an expiry and a signature.

    The secret is in GANZOO_SIGNING_SECRET, here and where the server is started.
    """
    from ganzoo_serve.http.keys import Signer  # not at --help

    secret = os.environ.get("GANZOO_SIGNING_SECRET", "")
    if not secret:
        raise click.UsageError("GANZOO_SIGNING_SECRET is not set. Set it to what the server was started with.")
    path, _, query = address.partition("?")
    if not path.startswith("/"):
        raise click.UsageError(f"'{address}' is no path: expected such as /v1/models/digits/images/42.png?class=7.")
    click.echo(Signer(secret).sign(path, query, expires=int(time.time()) + seconds))


if __name__ == "__main__":
    main()
