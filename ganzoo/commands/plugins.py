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
    from ganzoo.errors import DuplicateName
    from ganzoo.registry import Registry, get_registry, installed_plugins

    clash = None
    try:
        registry = get_registry()
    except DuplicateName as error:  # who the two are and where they come from is what the user needs now
        registry, clash = Registry(plugins=installed_plugins()[1]), error
    width = max((len(info.name) for info in registry.plugins), default=0)
    for info in registry.plugins:
        parts = [
            f"{catalogue.kind} {name}"
            for catalogue in registry.catalogues().values()
            for name in catalogue.names()
            if info.loaded and catalogue.origin(name) == info.name
        ]
        if info.problem:
            parts.append(f"left out: {info.problem}")
        text = ", ".join(parts) or ("not asked, as two plugins clash" if clash else "nothing")
        click.echo(f"{info.name:{width}}  {info.distribution}  {text}")
    if clash:
        raise clash
