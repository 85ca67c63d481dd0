"""Faults on purpose: kills, full disks, damaged files, signals, rivals. What each test needs to commit them.

The short form runs with all other tests; ``pytest -m long tests/core/faults`` runs the long one (some minutes).
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed

PATIENCE_S = 60
NUMBERS = count()


def pytest_collection_modifyitems(items):
    if sys.platform == "linux":
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="forking a process that has loaded torch is safe on Linux only"))


class Prepared:
    """The process of ``prepared.py``, as seen from here."""

    def __init__(self):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("prepared.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._process.stdout.readline() == "ready\n"

    def ask(self, order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()


@dataclass
class Command:
    """A ``ganzoo`` command at work; ``code`` is its exit code once it has ended."""

    prepared: Prepared = field(repr=False)
    pid: int
    said: Path
    code: int | None = None

    @property
    def running(self):
        if self.code is None:
            self.code = self.prepared.ask({"pid": self.pid})
        return self.code is None

    def signal(self, number):
        if self.running:
            os.kill(self.pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.end()

    def end(self):
        """Wait for the end; the command itself, with what it said."""
        self.until(lambda: not self.running)
        return self

    def until(self, happened):
        """Wait for something, while the command runs or ends."""
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, f"waited in vain; {self}: {self.stderr}"
            time.sleep(0.001)

    @property
    def stdout(self):
        return self.said.with_suffix(".stdout").read_text()

    @property
    def stderr(self):
        return self.said.with_suffix(".stderr").read_text()


@pytest.fixture(scope="session")
def prepared():
    process = Prepared()
    yield process
    process.close()


@pytest.fixture
def begin(prepared, tmp_path, tmp_path_factory):
    """``begin("train", ..., prelude=CODE)``: a Command, started in the test's folder. CODE runs in it beforehand."""
    said, begun = tmp_path_factory.mktemp("said"), []

    def begin(*arguments, prelude=""):
        output = said / f"command{next(NUMBERS)}"
        order = {"arguments": [str(a) for a in arguments], "prelude": prelude, "folder": str(tmp_path)}
        begun.append(Command(prepared, prepared.ask({**order, "said": str(output)}), output))
        return begun[-1]

    yield begin
    for command in begun:
        command.kill()


@pytest.fixture
def train(begin):
    """``train(run, steps=9, checkpoint_every=0.016)``: begin a tiny training of mlp-ns, 8 images an iteration."""

    def train(run, *options, prelude="", steps=10**6, **settings):
        tiny = {"arch.hidden_g": [8], "arch.hidden_d": [8], "z_dim": 4, "sample_every": 1000, "checkpoint_every": 1000}
        pairs = [f"{key}={json.dumps(value)}" for key, value in (tiny | settings).items()]
        given = [word for pair in pairs for word in ("--set", pair)]
        out = ["--out", run] if run else []
        return begin("train", "mlp-ns", "--batch-size", 8, "--steps", steps, *given, *out, *options, prelude=prelude)

    return train


@pytest.fixture
def resume(begin):
    """``resume(run, steps=9)``: begin to go on with it."""

    def resume(run, *, prelude="", steps=None):
        return begin("train", "--resume", run, *(["--steps", steps] if steps else []), prelude=prelude)

    return resume


@pytest.fixture
def newest():
    """``newest(run)``: the bytes of its last checkpoint, after its seal was checked."""

    def newest(run):
        path = checkpoints(RunFolder(run).checkpoints)[0]
        read_sealed(path)
        return path.read_bytes()

    return newest
