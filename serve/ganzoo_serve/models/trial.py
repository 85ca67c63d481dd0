"""A file is tried out in a process of its own first: what loops, crashes or eats all memory there does no harm here."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from ganzoo_serve.errors import ModelError

logger = logging.getLogger(__name__)

PATIENCE_S = 120.0
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_TOO_MUCH = "{} needs more memory than half of what there is."


class Stopped(Exception):
    """Trying out was stopped: nothing is known of the file."""


class Trial:
    """The process, which does with each model what loading it does here. Starts with the first; ``close`` it, or use ``with``."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.Lock()  # so that no process starts after ``stop``

    def check_size(self, path: Path) -> None:
        """Raise ModelError if a file alone fills the memory that its trial may have: here it is read before there."""
        with contextlib.suppress(OSError):  # reading it will tell
            if path.stat().st_size > _memory():
                raise ModelError(_TOO_MUCH.format(path))

    def check(self, data: bytes, *, source: str) -> None:
        """Raise ModelError if a model cannot be loaded and drawn from, or not within the time and memory there is.

        Raises Stopped if ``stop`` was called, before or meanwhile.
        """
        process = self._start()
        logger.info("Trying out %s", source)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._patience_s, give_up)
        timer.start()
        try:
            line = _ask(process, data, source)
        finally:
            timer.cancel()
        if line:
            reason = json.loads(line)
            if reason is not None:
                raise ModelError(reason)
            return
        self.close()
        self.go_on()
        slow = f"did not draw an image within {self._patience_s:g} s"
        why = slow if late.is_set() else "ended the process that tried it out"
        raise ModelError(
            f"{source} {why} (on one core, with half of the memory).\n"
            "Expected a model written by 'ganzoo export RUN'; leave the file out, or make it smaller."
        )

    def go_on(self) -> None:
        """Raise Stopped if ``stop`` was called."""
        if self._stopped:
            raise Stopped

    def stop(self) -> None:
        """From another thread: end the process, for good."""
        with self._starting:
            self._stopped = True
            process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Trial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._starting:
            self.go_on()
            if self._process is None:
                self._process = _process()
            return self._process


def _process() -> subprocess.Popen[bytes]:
    # -P: what lies in the folder we were started in, which may be the one with the models, is no code of ours.
    command = [sys.executable, "-P", "-m", "ganzoo_serve.models.trial"]
    pipe = subprocess.PIPE
    secrets = ("GANZOO_API_KEYS", "GANZOO_SIGNING_SECRET")
    # In a session of its own: Ctrl-C is ours to answer. In a folder where a model finds nothing to read.
    return subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=Path(sys.executable).parent,
        env={name: value for name, value in os.environ.items() if name not in secrets},
    )


def _ask(process: subprocess.Popen[bytes], data: bytes, source: str) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"source": source, "bytes": len(data)}).encode() + b"\n")
        process.stdin.write(data)
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:  # it is gone
        return b""


def main() -> None:
    """In the process: a line of JSON and the model's bytes in, a line of JSON out: null, or what is wrong."""
    _end_with_the_parent()
    _limit_memory()
    from ganzoo_serve.generator import Generator
    from ganzoo_serve.models.tuning import tune

    # What a runtime prints is no answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        _limit_time()
        data = sys.stdin.buffer.read(asked["bytes"])
        reason = None
        try:
            # All of it: a model may be fit for one image and not for two.
            tune(data, Generator.from_bytes(data, path=asked["source"], device="cpu"), device="cpu")
        except ModelError as error:
            reason = str(error)
        except MemoryError:
            reason = _TOO_MUCH.format(asked["source"])
        answers.write(json.dumps(reason).encode() + b"\n")
        answers.flush()


def _end_with_the_parent() -> None:
    """However it ends: what is busy with a model does not notice that nobody asks any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_time() -> None:
    """For the next model, and a little more than is waited for: where the parent cannot end us any more."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(time.process_time() + PATIENCE_S) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (_memory(), _memory()))


def _memory() -> int:
    """Half of what this machine, or our control group, has, in bytes; no bound where that cannot be told."""
    if not hasattr(os, "sysconf"):  # Windows
        return sys.maxsize
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no control group, or one without a limit ("max")
        memory = min(memory, int(_CGROUP.read_text()))
    return memory // 2


if __name__ == "__main__":
    main()
