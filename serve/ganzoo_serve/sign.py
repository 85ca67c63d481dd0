"""Addresses for people without a key: ``python -m ganzoo_serve.sign /v1/models/digits/images/42.png --for 3600``."""

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
    from ganzoo_serve.http.requests.keys import signer_in_environment  # not at --help

    signer = signer_in_environment()
    if signer is None:
        raise click.UsageError("GANZOO_SIGNING_SECRET is not set. Set it to what the server was started with.")
    path, _, query = address.partition("?")
    if not path.startswith("/"):
        raise click.UsageError(f"'{address}' is no path: expected such as /v1/models/digits/images/42.png?class=7.")
    click.echo(signer.sign(path, query, expires=int(time.time()) + seconds))


if __name__ == "__main__":
    main()
