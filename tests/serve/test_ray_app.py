"""Two replicas under Ray Serve: one server to those who ask, whatever happens to one of them."""

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model

if not sys.platform.startswith("linux"):
    pytest.skip("finds replicas in /proc", allow_module_level=True)
if subprocess.run([sys.executable, "-c", "import ray.serve"], capture_output=True, check=False).returncode:
    pytest.skip("Ray Serve is not installed", allow_module_level=True)

# Ray in a process of its own: it starts threads, prints and warns. One line in, one line of JSON out.
DRIVER = """
import json, sys
import ray
from ray import serve
from ganzoo_serve.ray_app import Arguments, app

name, model_dir, port = sys.argv[1:]
ray.init(num_cpus=2, object_store_memory=80 * 2**20, include_dashboard=False, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": int(port)}, logging_config={"enable_access_log": False})
for line in sys.stdin:
    command, *rest = line.split()
    if command == "run":
        serve.run(app(Arguments(model_dir=model_dir, replicas=int(rest[0]))), name=name)
    states = serve.status().applications[name].deployments["Images"].replica_states
    print(json.dumps({str(getattr(state, "value", state)): count for state, count in states.items()}), flush=True)
serve.shutdown()
ray.shutdown()
"""


class Cluster:
    """A local Ray with the application on it."""

    def __init__(self, folder, model_dir):
        self.name, self.port, self.ran = f"test-{os.getpid()}", free_port(), False
        environment = os.environ | {"HOME": str(folder), "RAY_USAGE_STATS_ENABLED": "0"}
        with (folder / "driver.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, self.name, str(model_dir), str(self.port)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def tell(self, command):
        """The replicas by state, after the command. ``run N`` makes all of them anew, one after another."""
        self.ran = True
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith("{"):
            assert line, "the driver ended; see driver.log"
        return json.loads(line)

    def wait_for(self, count, *, within_s=60):
        """Until so many replicas run and no other is left; returns the seconds."""
        began = time.monotonic()
        while (states := self.tell("status")) != {"RUNNING": count}:
            assert time.monotonic() - began < within_s, states
            time.sleep(0.1)
        return time.monotonic() - began

    def pids(self):
        """The replicas' processes, by the titles that Ray gives them."""
        title = f"ray::ServeReplica:{self.name}:"
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if title_of(pid).startswith(title)]

    def get(self, path):
        """Status, headers and body."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as reply:
            return reply.status, dict(reply.headers), reply.read()

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.stdout.close()


def title_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def slow_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "plain.onnx", make_metadata("plain"))
    write_model(folder / "slow.onnx", make_metadata("slow", size=128), width=192)
    return folder


@pytest.fixture(scope="module")
def drawn(slow_dir):
    """What ``sample`` draws, by model and seed."""
    found = {}
    for path in sorted(slow_dir.iterdir()):
        generator = Generator.load(path, device="cpu")
        found[generator.name] = generator.sample(range(64))
    return found


@pytest.fixture(scope="module")
def started(tmp_path_factory, slow_dir):
    cluster = Cluster(tmp_path_factory.mktemp("ray"), slow_dir)
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(started):
    if not started.ran or started.tell("status") != {"RUNNING": 2}:
        started.tell("run 2")
        started.wait_for(2)
    return started


class Client(threading.Thread):
    """Asks for images over one connection until told to stop, and again, once, for each that it did not get."""

    def __init__(self, port, expected):
        super().__init__()
        self._port, self._expected, self._ending = port, expected, threading.Event()
        self.answered, self.again, self.failed, self.wrong = 0, 0, 0, 0

    def run(self):
        seed = 0
        while not self._ending.is_set():
            seed = (seed + 1) % len(self._expected)
            pixels = self._ask(seed)
            if pixels is None:
                self.again += 1
                pixels = self._ask(seed)
            if pixels is None:
                self.failed += 1
                continue
            self.answered += 1
            self.wrong += not np.array_equal(pixels, self._expected[seed])

    def _ask(self, seed):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", f"/v1/models/plain/images/{seed}.npy")
            reply = connection.getresponse()
            body = reply.read()
            return npy(body) if reply.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def stop(self):
        self._ending.set()
        self.join()


def npy(body):
    return np.load(io.BytesIO(body), allow_pickle=False)


@contextmanager
def load(cluster, expected, clients=4):
    asking = [Client(cluster.port, expected) for _ in range(clients)]
    for client in asking:
        client.start()
    try:
        yield asking
    finally:
        for client in asking:
            client.stop()


def test_replicas_share_the_work_and_draw_the_same_pixels(cluster, drawn):
    def counts():
        pattern = rb'ganzoo_samples_total\{model="plain"\} (\d+)'
        found = [re.search(pattern, cluster.get("/metrics")[2]) for _ in range(30)]
        return {int(match[1]) if match else 0 for match in found}

    with load(cluster, drawn["plain"]) as clients:
        time.sleep(3)
    assert sum(client.answered for client in clients) > 50
    assert [client.wrong + client.failed + client.again for client in clients] == [0] * 4
    assert min(counts()) > 0  # whichever replica says how many it drew, it drew some


def test_headers_are_those_of_any_replica(cluster):
    keep = ("etag", "cache-control", "content-location", "content-type", "x-ganzoo-seed", "x-content-type-options")
    seen = set()
    for _ in range(20):
        status, headers, body = cluster.get("/v1/models/plain/images/42.png")
        found = {name.lower(): value for name, value in headers.items()}
        seen.add((status, body, *(found[name] for name in keep)))
    assert len(seen) == 1
    etag = seen.pop()[2]
    request = urllib.request.Request(f"http://127.0.0.1:{cluster.port}/v1/models/plain/images/42.png")
    request.add_header("If-None-Match", etag)
    with pytest.raises(urllib.error.HTTPError, match="304") as unchanged:
        urllib.request.urlopen(request, timeout=30)
    unchanged.value.close()


def test_a_request_has_one_number(cluster):
    address = f"http://127.0.0.1:{cluster.port}/v1/models/plain/images/42.png"
    for given in ({}, {"X-Request-Id": "mine"}):
        with urllib.request.urlopen(urllib.request.Request(address, headers=given), timeout=30) as reply:
            numbers = reply.headers.get_all("x-request-id")
        assert len(numbers) == 1
        assert not given or numbers == ["mine"]


def test_a_replica_that_is_killed_costs_one_more_try_and_comes_back(cluster, drawn):
    before = set(cluster.pids())
    assert len(before) == 2
    with load(cluster, drawn["plain"]) as clients:
        time.sleep(1)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        while len(set(cluster.pids()) - {victim}) < 2 or cluster.tell("status") != {"RUNNING": 2}:
            assert time.monotonic() - began < 60
            time.sleep(0.1)
        back_s = time.monotonic() - began
        time.sleep(1)
    answered, again = sum(client.answered for client in clients), sum(client.again for client in clients)
    print(f"\n{answered} answered, {again} of them at the second try; two replicas again after {back_s:.1f} s")
    assert sum(client.failed for client in clients) == 0
    assert sum(client.wrong for client in clients) == 0
    assert answered > 50
    assert victim not in cluster.pids()


def test_replicas_that_are_to_go_finish_what_they_draw(cluster, drawn):
    replies = []

    def post():
        body = json.dumps({"seed": 0, "n": 64, "layout": "npy"}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{cluster.port}/v1/models/slow/samples", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            replies.append((time.monotonic(), npy(reply.read())))

    with load(cluster, drawn["plain"], clients=2) as clients:
        asking = [threading.Thread(target=post) for _ in range(4)]
        for thread in asking:
            thread.start()
        time.sleep(0.3)
        told = time.monotonic()
        cluster.tell("run 1")
        for thread in asking:
            thread.join()
        cluster.wait_for(1)
    print(f"\nlast reply {max(when for when, _ in replies) - told:.1f} s after it was told to go")
    assert len(replies) == 4
    assert max(when for when, _ in replies) > told + 1  # else nothing was tested
    for _, images in replies:
        np.testing.assert_array_equal(images, drawn["slow"])
    assert [client.failed + client.again + client.wrong for client in clients] == [0, 0]
    assert len(cluster.pids()) == 1
