"""``ganzoo bench serve``: the command of the server's own room, which works without ganzoo, too."""

from ganzoo_serve.bench.command import command

__all__ = ["command"]
