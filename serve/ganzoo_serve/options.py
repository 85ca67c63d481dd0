"""The options of a server's command line, for ``ganzoo-serve`` and ``ganzoo serve`` alike. Imports neither server nor runtime."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ganzoo_serve.devices import DEVICES
from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.limits import MOST_SAMPLES, NAMED, Limits, named

if TYPE_CHECKING:
    from ganzoo_serve.http.app import Settings

F = TypeVar("F", bound=Callable[..., Any])


def _by_name(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    try:
        return dict(map(named, given))
    except ServeError as error:
        raise click.BadParameter(str(error)) from error


_OPTIONS = [
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one."),
    click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."),
    click.option(
        "--device", default="auto", show_default=True, type=click.Choice(DEVICES),
        help="auto is CUDA if there is a GPU that works, else the CPU. Any other is used, or refused.",
    ),
    click.option(
        "--workers", type=click.IntRange(1, 256),
        help="Threads that draw and encode.  [default: one per core, and one more with a GPU]",
    ),
    click.option(
        "--watch", "watch_s", default=2.0, show_default=True, type=click.FloatRange(0), metavar="SECONDS",
        help="Look for new, changed and removed models so often; 0 never does.",
    ),
    click.option(
        "--api-key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Let in only who has one of the keys in this file, a key on each line that is no # remark, or in GANZOO_API_KEYS.",
    ),
    click.option(
        "--rate", default=0.0, metavar="N", type=click.FloatRange(0), help="Images a second for each key; 0 is no bound.",
    ),
    click.option("--cors", "origins", multiple=True, metavar="ORIGIN", help="Let pages of this origin ask; '*' any."),
    click.option("--admin", is_flag=True, help="Offer POST /admin/reload and /admin/drain; needs a key."),
    click.option(
        "--max-images", default=Limits.samples, show_default=True, type=click.IntRange(1, MOST_SAMPLES),
        help="In one request.",
    ),
    click.option(
        "--queue", default=Limits.waiting, show_default=True, type=click.IntRange(1),
        help="Images that may wait, by model.",
    ),
    click.option(
        "--deadline", default=Limits.deadline_s, show_default=True, type=click.FloatRange(0.001), metavar="SECONDS",
        help="How long a request may wait until its last image is begun.",
    ),
    click.option(
        "--limit", "limits", multiple=True, metavar="NAME=N", callback=_by_name,
        help=f"Of one request, as often as you like: {', '.join(f'{name}={getattr(Limits, name)}' for name in NAMED)}.",
    ),
    click.option(
        "--connections", default=4096, show_default=True, type=click.IntRange(1),
        help="Open at once; more are refused. More than --queue, or that is never full.",
    ),
    click.option(
        "--cache", "cache_mb", default=0, show_default=True, type=click.IntRange(0), metavar="MB",
        help="Memory for encoded images that are asked for again.",
    ),
    click.option(
        "--drain", "drain_s", default=10, show_default=True, type=click.IntRange(0), metavar="SECONDS",
        help="How long to finish what is being answered when told to stop.",
    ),
    click.option(
        "--log-format", default="auto", show_default=True, type=click.Choice(["auto", "json", "text", "off"]),
        help="Auto is text on a terminal, else json; off leaves out the line for each request.",
    ),
    click.option(
        "--proxies", metavar="IP,...", help="Believe X-Forwarded-For and X-Forwarded-Proto from these; '*' any.",
    ),
    click.option(
        "--root-path", default="", metavar="/PREFIX", help="What a proxy takes off addresses before they come here.",
    ),
]  # fmt: skip


def server_options(command: F) -> F:
    """Add all of them to a click command, which passes what it gets to ``settings``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings(options: dict[str, Any]) -> Settings:
    """What the options (without host, port and device) and the environment (``http.requests.keys``) say. Raises ServeError."""
    from ganzoo_serve.http.access_log import AccessLog
    from ganzoo_serve.http.app import Settings
    from ganzoo_serve.http.requests.keys import Keys, keys_in_environment, signer_in_environment

    for name in ("rate", "watch_s", "deadline"):
        if not math.isfinite(options[name]):
            raise ServeError(f"--{name.removesuffix('_s')} is {options[name]}: expected a number.")
    for origin in options["origins"]:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ServeError(f"--cors {origin} is no origin: expected such as https://example.org, or '*'.")
    given = keys_in_environment()
    file = options["api_key_file"]
    if file is not None:
        try:
            lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
            given += [line for line in lines if line and not line.startswith("#")]
        except (OSError, UnicodeDecodeError) as error:
            raise ServeError(f"{file} cannot be read: {error}. Expected text, a key on each line.") from error
        if not given:
            raise ServeError(f"{file} holds no key. Expected one on each line.")
    if 0 < options["rate"] < 0.001:
        raise ServeError(f"--rate is {options['rate']:g}: expected 0.001 images a second at least, or 0 for no bound.")
    if options["rate"] and not given:
        raise ServeError("--rate is for each key, and there is none. Set GANZOO_API_KEYS, or give --api-key-file.")
    signer = signer_in_environment()
    if signer is not None and not given:
        raise ServeError(
            "GANZOO_SIGNING_SECRET is for those without a key, and there is no key. Set GANZOO_API_KEYS too."
        )
    return Settings(
        limits=Limits.of(
            max_images=options["max_images"],
            queue=options["queue"],
            deadline_s=options["deadline"],
            cache_mb=options["cache_mb"],
            **options["limits"],
        ),
        workers=options["workers"],
        watch_s=options["watch_s"],
        keys=Keys(given, rate=options["rate"]),
        signer=signer,
        origins=options["origins"],
        admin=options["admin"],
        drain_s=options["drain_s"],
        connections=options["connections"],
        proxies=options["proxies"],
        root_path=_prefix(options["root_path"]),
        log=AccessLog(options["log_format"]),
    )


def _prefix(text: str) -> str:
    if text and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text):
        raise ServeError(f"--root-path is '{text}': expected such as /gan, without a slash at the end.")
    return text
