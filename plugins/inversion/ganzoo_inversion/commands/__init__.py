"""The commands of this plugin: they parse, call the library and print. What is heavy they import when they run."""

from ganzoo_inversion.commands import encoder, inpaint, invert

COMMANDS = (encoder.command, invert.command, inpaint.command)
