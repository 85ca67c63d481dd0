"""The ``ganzoo`` command: the group, and the one place where an error becomes an exit code.

Exit codes: 0 done, 1 failed, 2 misused, 130 and 143 stopped by Ctrl-C or SIGTERM. Results go to stdout, progress to stderr.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from ganzoo import __version__, torchrun
from ganzoo.errors import GanzooError
from ganzoo.hookspecs import COMMANDS
from ganzoo_serve.errors import RequestError, ServeError


class Failure(click.ClickException):
    """An error that the user can put right, on its way to the exit code."""

    def __init__(self, error: Exception) -> None:
        who = f"(process {torchrun.number()}) " if torchrun.number() else ""
        super().__init__("\n".join([who + str(error), *getattr(error, "__notes__", [])]))
        # ganzoo_serve knows no exit codes; a RequestError is a value that a model cannot take.
        self.code = getattr(error, "exit_code", 2 if isinstance(error, RequestError) else 1)

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # a class variable in click; ours is the error's own
        return self.code


class Zoo(click.Group):
    """Loads a command's module when it is asked for, and those of plugins after the built-in ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(self._from_plugins())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"ganzoo.commands.{cmd_name}").command
            return command
        return self._from_plugins().get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (GanzooError, ServeError) as error:
            raise Failure(error) from error
        except OSError as error:
            if error.filename is None:  # no file that the user named: click knows a closed pipe, the rest are bugs
                raise
            problem = f"{error.filename}: {error.strerror}.\nExpected a path that can be read and written here."
            raise Failure(GanzooError(problem)) from error
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None

    def _from_plugins(self) -> dict[str, click.Command]:
        from ganzoo.registry import get_registry

        try:
            commands = get_registry().commands
        except GanzooError:  # two plugins claim one name: commands that need the registry say so
            return {}
        return {str(command.name): command for command in commands}


def wait_briefly() -> None:
    """Let threads of torch that wait for one whose core is taken give theirs away soon, unless the user said otherwise.

    With GNU's runtime they keep it busy for milliseconds: beside another program a training was seen at a tenth of its
    speed. To be called before torch is loaded, when that runtime reads it.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "30000")


@click.group(cls=Zoo, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="ganzoo")
def main() -> None:
    """A zoo of generative adversarial networks: train them, export them to ONNX, serve them.

    \b
    ganzoo train dcgan-wgangp                        # embedded digits, no download, no GPU
    ganzoo export                                    # the newest run -> RUN/model.onnx
    ganzoo sample RUN/model.onnx --seeds 0-63 -o grid.png
    ganzoo serve RUN/model.onnx                      # http://127.0.0.1:8000
    """
    wait_briefly()
