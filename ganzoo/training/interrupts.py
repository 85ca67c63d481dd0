"""Ctrl-C and SIGTERM as a request to stop at the next good moment."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


@contextmanager
def terminable() -> Iterator[None]:
    """While entered, SIGTERM ends the process with 143 and lets it clear up, which by itself it would not.

    For the time before there is a game to save, within which ``Interrupts`` takes over.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


class Interrupts:
    """While entered, SIGINT and SIGTERM are only noted, but a second SIGINT ends the process as usual.

    ``received`` is the first one's number, or None.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, object] = {}
        self._pressed = False

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is not threading.main_thread():
            return self  # Python gives signals to the main thread only; whoever trains elsewhere has them in hand
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # None: it was set by another language, and cannot be given back
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._pressed:
            raise KeyboardInterrupt
        self._pressed = self._pressed or number == signal.SIGINT  # launchers send SIGTERM beside the terminal's SIGINT
        self.received = self.received or number
