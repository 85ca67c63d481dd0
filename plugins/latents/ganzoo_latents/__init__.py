"""Walks, mixtures and directions in the latents of exported models, for ganzoo."""

from collections.abc import Callable

import click

from ganzoo import hookimpl
from ganzoo_latents.commands import COMMANDS


@hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    for command in COMMANDS:
        register(command)
