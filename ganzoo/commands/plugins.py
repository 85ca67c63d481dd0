"""``ganzoo plugins``."""

from __future__ import annotations

import click


@click.command("plugins")
def command() -> None:
    """List the plugins that were found, what they bring, and why one was left out.

    \b
    ganzoo plugins
    GANZOO_LOAD_PLUGINS=mine ganzoo plugins          # of other distributions, only 'mine'
    """
    from ganzoo.registry import get_registry

    registry = get_registry()
    width = max((len(info.name) for info in registry.plugins), default=0)
    for info in registry.plugins:
        brings = [
            f"{catalogue.kind} {name}"
            for catalogue in registry.catalogues().values()
            for name in sorted(catalogue.names())
            if catalogue.origin(name) == info.name
        ]
        text = f"left out: {info.problem}" if info.problem else ", ".join(brings) or "nothing"
        click.echo(f"{info.name:{width}}  {info.distribution}  {text}")
