"""Decoding images in several processes, since Pillow holds the GIL; what comes out does not depend on their number."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from math import prod
from typing import TypeAlias

import numpy as np

from ganzoo.data.broken import reason
from ganzoo.errors import GanzooError
from ganzoo.specs import ImageSource

TASK_BYTES = 1 << 20  # stored or decoded, whichever is reached first; what is under way takes a few times that a worker
MOST_IMAGES = 256  # of a task, so that progress is seen with tiny images too

Stored: TypeAlias = bytes | str  # str: why an image cannot be read
Decoded: TypeAlias = np.ndarray | str
Decode: TypeAlias = Callable[[bytes], np.ndarray]


def decoded(source: ImageSource, start: int, workers: int) -> Generator[list[Decoded], None, None]:
    """The pixels of the images from ``start`` on, in order and a few at a time; for a broken one, the reason.

    Files are read here and decoded in ``workers`` processes, or here if that is one. Raises GanzooError if a process ends
    on its own.
    """
    tasks = _tasks(source, start)
    if workers == 1:
        for stored in tasks:
            yield _decode(source.decode, stored)
        return
    # Spawned, not forked: a fork of a process with threads (a progress bar has one) may wait for ever.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin)
    waiting: deque[Future[list[Decoded]]] = deque()
    try:
        for stored in tasks:
            waiting.append(pool.submit(_decode, source.decode, stored))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise GanzooError(
            "A process that decodes images was ended from outside, as happens where memory runs out.\n"
            f"Run the same command again with fewer than '--workers {workers}'."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _tasks(source: ImageSource, start: int) -> Iterator[list[Stored]]:
    """The stored images from ``start`` on, in lists that are small when decoded and when not."""
    most = min(MOST_IMAGES, max(1, TASK_BYTES // prod(source.shape)))
    task: list[Stored] = []
    for i in range(start, len(source.names)):
        try:
            task.append(source.read(i))
        except Exception as error:  # a damaged file or archive may raise nearly anything
            task.append(reason(error))
        if len(task) == most or sum(map(len, task)) > TASK_BYTES:
            yield task
            task = []
    if task:
        yield task


def _decode(decode: Decode, task: list[Stored]) -> list[Decoded]:
    return [stored if isinstance(stored, str) else _pixels(decode, stored) for stored in task]


def _pixels(decode: Decode, stored: bytes) -> Decoded:
    try:
        return decode(stored)
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        return reason(error)


def _begin() -> None:
    """Leave Ctrl-C to the process that waits for this one, and end with it: a pool does not when that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
