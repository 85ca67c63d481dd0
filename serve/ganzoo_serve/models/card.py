"""What people wrote about a model: the ``README.md`` beside its ``model.onnx``, as ``ganzoo card`` lays them out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_MOST_BYTES = 2**20
# A link may lead anywhere, opening a pipe may wait for ever, and folders come from strangers. Windows has neither flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class NoCard(Exception):
    """There is no card that can be shown; why not, after ``has``."""


def has_card(model: Path) -> bool:
    """Whether a model's file has a card."""
    try:
        os.close(_open(model))
    except NoCard:
        return False
    return True


def read_card(model: Path) -> bytes:
    """The card of a model's file, in Markdown. Raises NoCard."""
    with open(_open(model), "rb") as file:
        return file.read(_MOST_BYTES)


def _open(model: Path) -> int:
    """The card as an open file, which is the one that was looked at, whatever takes its place meanwhile."""
    if model.name != "model.onnx":  # what lies beside a file of another name is a README of the folder
        raise NoCard("no card: no README.md beside a model.onnx.")
    try:
        descriptor = os.open(model.with_name("README.md"), _FLAGS)
    except OSError as error:
        raise NoCard("no card: no README.md that can be read beside its model.onnx.") from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise NoCard(f"a card that is too large: {status.st_size} bytes, expected at most {_MOST_BYTES}.")
    raise NoCard("no card: the README.md beside its model.onnx is no file.")
