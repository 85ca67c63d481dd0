"""Servers as processes of their own, for the clients that people have."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest


@contextlib.contextmanager
def serving(model_dir, **environment):
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0", "--device", "cpu", "--workers", "1"]
    variables = {**os.environ, **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        try:
            log = ""
            while "Listening" not in log:
                line = process.stderr.readline()
                assert line, log
                log += line
            yield re.search(r"Listening on http://(127\.0\.0\.1:\d+)", log)[1]
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=20)
            assert process.returncode == 0
            assert "Traceback" not in log + rest
        finally:
            process.kill()


@pytest.fixture(scope="session")
def address(model_dir):
    """``127.0.0.1:PORT`` of a server of the tiny models."""
    with serving(model_dir) as found:
        yield found


@pytest.fixture(scope="session")
def locked_address(model_dir):
    """Of one that wants the key ``first``, and signs addresses for those without."""
    with serving(model_dir, GANZOO_API_KEYS="first", GANZOO_SIGNING_SECRET="hush") as found:
        yield found
