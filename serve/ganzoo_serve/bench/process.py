"""A server as a process of its own on cores of its own: started, asked the odd thing, stopped."""

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ganzoo_serve.bench.pinning import pinned
from ganzoo_serve.errors import ServeError

_LISTENING = re.compile(r"Listening on http://([0-9.]+):(\d+)")


class ServerProcess:
    """A context manager around a command that logs ``Listening on http://HOST:PORT`` to stderr.

    With a ``port`` it is waited for there instead, whatever it logs. Raises ServeError, with the end of the log, if it does not
    come up.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cores: tuple[int, ...] = (),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        port: int | None = None,
        patience: float = 120.0,
    ) -> None:
        self._command, self._cores, self._environment = list(command), cores, environment
        self._patience, self._port, self._folder = patience, port, folder
        self.address = ("127.0.0.1", port or 0)

    @classmethod
    def of_model(cls, model: Path, *, workers: int, cores: tuple[int, ...], options: Sequence[str] = ()) -> Self:
        """Our own server over one model."""
        command = [sys.executable, "-m", "ganzoo_serve", str(model), "--port", "0", "--workers", str(workers)]
        return cls([*command, "--device", "cpu", *options], cores=cores)

    def __enter__(self) -> Self:
        # A file: a pipe that nobody reads would hold the server up.
        self._log = tempfile.NamedTemporaryFile("ab", prefix="ganzoo-bench-", suffix=".log")
        with pinned(self._cores):
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                env=None if self._environment is None else {**os.environ, **self._environment},
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is ours; and what it starts itself ends with it
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one reply."""
        return self.ask("GET", path, headers=headers)

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServeError(f"The server does not answer: {error}.\n{self.log()}") from error
        finally:
            connection.close()

    @property
    def memory(self) -> int | None:
        """Resident bytes of the process, None where the system does not say."""
        with suppress(OSError, AttributeError):
            found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text())
            return 1024 * int(found[1]) if found else None
        return None

    def log(self, most: int = 2000) -> str:
        """The end of what it has written."""
        with open(self._log.name, "rb") as log:
            log.seek(max(0, os.stat(log.fileno()).st_size - most))
            return log.read().decode(errors="replace")

    def _wait(self) -> None:
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise ServeError(f"The server ended with {self._process.returncode}:\n{self.log()}")
            if self._port is None:
                found = _LISTENING.search(self.log(10_000))
                if found:
                    self.address = (found[1], int(found[2]))
            if self.address[1] and self._answers():
                return
            time.sleep(0.05)
        raise ServeError(f"The server did not come up within {self._patience:g} s:\n{self.log()}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def _stop(self) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))  # what it has left behind, too
        self._process.wait()
        self._log.close()

    def _signal(self, number: int) -> None:
        """To the process and those that it started: a session of their own."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
