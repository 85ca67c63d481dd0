"""A real Chromium without a window, spoken to by its DevTools protocol; no driver is needed."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """One tab. ``complaints`` are errors of scripts, of loading and of the content security policy; ``requested`` URLs."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.complaints: list[str] = []
        self.requested: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol. Raises RuntimeError if it fails."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=30))
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def open(self, url: str) -> None:
        """Go there, and forget what was noted before."""
        self.send("Page.navigate", url="about:blank")
        self.complaints.clear()
        self.requested.clear()
        self.send("Page.navigate", url=url)
        self.wait("document.readyState == 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression; a promise's is awaited."""
        reply = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(f"{script}: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    def wait(self, script: str, *, seconds: float = 10) -> None:
        """Until an expression is true. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not so within {seconds:g} s: {script}. Complaints: {self.complaints}")
            time.sleep(0.02)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif message["method"] == "Log.entryAdded" and params["entry"]["level"] in ("warning", "error"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif message["method"] == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])


@contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """A browser of its own, with one tab; ``profile`` is an empty folder."""
    assert EXECUTABLE is not None
    command = [EXECUTABLE, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--disable-gpu"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    with subprocess.Popen(
        [*command, "about:blank"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if line.startswith("DevTools listening on "))
            found = re.search(r"ws://([^/]+)/", line)
            assert found is not None
            with urllib.request.urlopen(f"http://{found[1]}/json/list", timeout=10) as reply:
                tab = next(each for each in json.load(reply) if each["type"] == "page")
            with connect(tab["webSocketDebuggerUrl"], max_size=2**26, proxy=None) as connection:
                yield Page(connection)
        finally:
            process.kill()
