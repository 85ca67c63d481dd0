"""Work done in threads, a little ahead of whoever looks at it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from ganzoo_serve.cores import usable_cores

A = TypeVar("A")
T = TypeVar("T")


def ahead(work: Callable[[A], T], items: Iterable[A], *, threads: int | None = None) -> Iterator[T]:
    """``work(item)`` of every item, in order, made by so many threads (default: one per core); raises what ``work`` raises.

    The threads live as long as the iteration does. Whoever closes it, or lets go of it, waits only for what is begun.
    """
    threads = threads or usable_cores()
    coming = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="ganzoo-ahead") as pool:
        # Enough that no thread idles while the caller looks at a result, few enough that memory stays flat.
        begun = deque(pool.submit(work, item) for item in islice(coming, 2 * threads))
        try:
            while begun:
                done = begun.popleft().result()
                begun.extend(pool.submit(work, item) for item in islice(coming, 1))
                yield done
        finally:
            pool.shutdown(cancel_futures=True)
