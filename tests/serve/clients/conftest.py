"""A server as a process of its own, for the clients that people have."""

import re
import signal
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def address(model_dir):
    """``127.0.0.1:PORT`` of a server of the tiny models."""
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0", "--device", "cpu", "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
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
