"""From images back to latents, for exported models: learned inference, inversion by optimisation, inpainting."""

from collections.abc import Callable

import click

from ganzoo import hookimpl
from ganzoo_inversion.commands import COMMANDS


@hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    for command in COMMANDS:
        register(command)
