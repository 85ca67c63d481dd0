"""One line for every request, as JSON or for people; written a few at a time, because a write costs a system call."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted
from typing import Literal, TextIO, TypeAlias

LogFormat: TypeAlias = Literal["auto", "json", "text", "off"]

_FLUSH_S = 0.2
_SECRET = re.compile(r"sig=[0-9A-Za-z%]*")  # wherever it stands: a misplaced one is as good


@dataclass(slots=True)
class Line:
    """What is known of a request when its reply is sent. ``seconds`` from head to end, ``trace`` of its traceparent."""

    request_id: str
    method: str
    path: str
    query: str
    status: int
    sent: int
    seconds: float
    client: str
    trace: str | None
    time: float  # seconds since 1970, when the reply was sent


class AccessLog:
    """Writes to ``stream``; ``auto`` is for people where that is a terminal, else JSON. ``flush`` writes the rest."""

    def __init__(self, form: LogFormat = "auto", stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        if form == "auto":
            form = "text" if self._stream.isatty() else "json"
        self.on = form != "off"
        self.form: Literal["json", "text"] = "json" if form == "json" else "text"
        self._render = _json if form == "json" else _text
        self._lines: list[Line] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, line: Line) -> None:
        """Write a line, soon. Only of a log that is ``on``."""
        self._lines.append(line)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_S, self.flush)

    def flush(self) -> None:
        """Write what there is."""
        self._timer = None
        lines, self._lines = self._lines, []
        self._stream.write("".join(map(self._render, lines)))
        self._stream.flush()


def _json(line: Line) -> str:
    # Written out: what is not quoted here was checked where it came in, and json.dumps of a record costs four times as much.
    trace = "" if line.trace is None else f', "trace": "{line.trace}"'
    return (
        f'{{"time": {line.time:.3f}, "id": "{line.request_id}", "client": {_quoted(line.client)}, "method": '
        f'{_quoted(line.method)}, "path": {_quoted(_address(line))}, "status": {line.status}, "bytes": {line.sent}, '
        f'"ms": {line.seconds * 1e3:.2f}{trace}}}\n'
    )


def _text(line: Line) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(line.time))
    address = _address(line).encode("unicode_escape").decode()  # a line break in it would forge a line
    return (
        f"{clock} {line.status} {line.method} {address} {line.sent} B {line.seconds * 1e3:.1f} ms {line.request_id}\n"
    )


def _address(line: Line) -> str:
    address = f"{line.path}?{line.query}" if line.query else line.path
    return _SECRET.sub("sig=-", address) if "sig=" in address else address
