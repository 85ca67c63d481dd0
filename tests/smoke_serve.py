"""Run by hand and by CI in an environment that holds ganzoo-serve and nothing else: ``python smoke_serve.py MODELS``."""

import importlib.util
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def get(url: str, *, patience_s: float = 60) -> bytes:
    """The body of ``url``, waiting for the server to come up."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                body: bytes = reply.read()
                return body
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def is_ready(url: str) -> bool:
    try:
        return b"true" in get(url)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 503:
            raise
        return False


def main(models: str) -> None:
    for name in ("torch", "ganzoo"):
        assert importlib.util.find_spec(name) is None, f"{name} must not be here"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = str(Path(sys.executable).with_name("ganzoo-serve"))
    server = subprocess.Popen([command, models, "--port", str(port)])
    try:
        while not is_ready(f"http://127.0.0.1:{port}/readyz"):
            time.sleep(0.2)
        listed = json.loads(get(f"http://127.0.0.1:{port}/v1/models"))["data"]
        assert len(listed) >= 2, listed
        for model in listed:
            png = get(f"http://127.0.0.1:{port}/v1/models/{model['id']}/images/42.png")
            assert png.startswith(b"\x89PNG"), png[:16]
            print(f"{model['id']}: image 42 is a PNG of {len(png)} bytes")
    finally:
        server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=30) == 0


if __name__ == "__main__":
    main(sys.argv[1])
