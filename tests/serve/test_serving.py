"""The server as a process: changed files, keys from the environment, a drain, the same pixels by every door."""

import base64
import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import numpy as np
import pytest
from PIL import Image

from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model


class Server:
    def __init__(self, *arguments, **environment):
        command = [sys.executable, "-m", "ganzoo_serve", *map(str, arguments), "--port", "0", "--device", "cpu"]
        variables = {**os.environ, **environment}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables)
        self.log = []
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self.url = re.search(r"http://\S+", self.wait_for("Listening on"))[0]

    def _listen(self):
        for line in self.process.stderr:
            with self._heard:
                self.log.append(line)
                self._heard.notify_all()

    def end(self):
        self.process.kill()
        self.process.wait()
        self._listener.join()
        self.process.stderr.close()

    def wait_for(self, text, seconds=30):
        with self._heard:
            assert self._heard.wait_for(lambda: any(text in line for line in self.log), seconds), self.log
            return next(line for line in self.log if text in line)

    def stop(self, number=signal.SIGTERM, seconds=30):
        self.process.send_signal(number)
        return self.process.wait(seconds)


@contextlib.contextmanager
def serving(*arguments, **environment):
    server = Server(*arguments, **environment)
    try:
        yield server
    finally:
        server.end()


def decode(data):
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def test_files_may_change_under_load_without_a_failed_request(model_dir, tmp_path):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    with serving(tmp_path, "--watch", "0.2") as server, httpx.Client(base_url=server.url, timeout=20) as client:
        codes, stop = [], threading.Event()

        def load():
            with httpx.Client(base_url=server.url, timeout=20) as other:
                seed = 0
                while not stop.is_set():
                    seed += 1
                    codes.append(other.get(f"/v1/models/plain/images/{seed}.png").status_code)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        before = client.get("/v1/models/plain").json()["rev"]
        shutil.copy(model_dir / "classy.onnx", tmp_path)
        server.wait_for("Model classy@")
        (tmp_path / "bad.onnx").write_bytes(b"no model")
        server.wait_for("bad.onnx is not an ONNX file")
        write_model(tmp_path / "new.tmp", make_metadata("plain"), width=5)
        os.replace(tmp_path / "new.tmp", tmp_path / "plain.onnx")
        server.wait_for(f"Model plain@{before} went")
        assert client.get("/v1/models/plain").json()["rev"] != before
        assert client.get(f"/v1/models/plain@{before}/images/1.png").status_code == 404
        (tmp_path / "classy.onnx").unlink()
        server.wait_for(" went.")
        until = time.monotonic() + 20
        while client.get("/v1/models/classy").status_code != 404:
            assert time.monotonic() < until
        stop.set()
        for thread in threads:
            thread.join()
        assert set(codes) == {200}
        assert len(codes) > 50


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")
def test_told_to_stop_it_finishes_what_it_has_and_takes_no_more(model_dir):
    with serving(model_dir, "--workers", "1", "--log-format", "json") as server:
        replies, connected = [], threading.Barrier(5, timeout=60)

        def ask():
            body = {"seed": 0, "n": 256, "layout": "json", "format": "webp"}
            with httpx.Client(base_url=server.url, timeout=30) as client:
                client.get("/livez")
                connected.wait()
                replies.append(client.post("/v1/models/plain/samples", json=body))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        connected.wait()
        time.sleep(0.15)
        assert server.stop() == 0
        for thread in threads:
            thread.join()
        assert [reply.status_code for reply in replies] == [200] * 4
        assert all(len(reply.json()["images"]) == 256 for reply in replies)
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url + "/livez")


def test_keys_and_the_secret_come_from_the_environment_or_a_file_and_are_not_shown(model_dir, tmp_path):
    (tmp_path / "keys").write_text("third\n\n")
    secrets = {"GANZOO_API_KEYS": "first, second", "GANZOO_SIGNING_SECRET": "hush"}
    with serving(model_dir, "--api-key-file", tmp_path / "keys", "--admin", **secrets) as server:
        image = f"{server.url}/v1/models/plain/images/5.png"
        assert httpx.get(image).status_code == 401
        for key in ("first", "second", "third"):
            assert httpx.get(image, headers={"X-API-Key": key}).status_code == 200
        command = [sys.executable, "-m", "ganzoo_serve.sign", "/v1/models/plain/images/5.png"]
        signed = subprocess.run(command, env={**os.environ, **secrets}, capture_output=True, text=True, check=True)
        assert httpx.get(server.url + signed.stdout.strip()).status_code == 200
        assert httpx.post(server.url + "/admin/reload", headers={"X-API-Key": "first"}).status_code == 200
        assert server.stop() == 0
        log = "".join(server.log)
        assert not [secret for secret in ("first", "second", "third", "hush") if secret in log]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--admin"], "need a key"),
        (["--rate", "5"], "there is none"),
        (["--rate", "nan"], "expected a number"),
        (["--deadline", "inf"], "expected a number"),
        (["--cors", "a.example"], "is no origin"),
        (["--api-key-file", "EMPTY"], "holds no key"),
    ],
)
def test_what_needs_a_key_says_so(model_dir, tmp_path, arguments, message):
    (tmp_path / "EMPTY").write_text("\n")
    arguments = [str(tmp_path / "EMPTY") if word == "EMPTY" else word for word in arguments]
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [("GANZOO_API_KEYS", " , ", "holds no key"), ("GANZOO_SIGNING_SECRET", "s", "there is no key")],
)
def test_a_door_that_was_meant_to_be_locked_is_not_left_open(model_dir, variable, value, message):
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0"]
    variables = {**os.environ, variable: value}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=variables)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_thousand_seeds_are_the_same_pixels_by_every_door(model_dir):
    """One by one, in one request, shuffled, while another model draws, and after a restart."""
    seeds = list(range(500)) + random.Random(0).sample(range(2**53), 500)
    generator = Generator.load(model_dir / "classy.onnx", device="cpu")
    expected = dict(zip(seeds, generator.sample(seeds), strict=True))

    def post(client, model, some, **more):
        reply = client.post(f"/v1/models/{model}/samples", json={"seeds": some, "layout": "npy", **more})
        return np.load(io.BytesIO(reply.content))

    def one_by_one(client, some):
        for seed in some:
            image = decode(client.get(f"/v1/models/classy/images/{seed}.png").content)
            np.testing.assert_array_equal(image, expected[seed][:, :, 0])

    def in_batches(client, size):
        shuffled = random.Random(size).sample(seeds, len(seeds))
        for start in range(0, len(seeds), size):
            some = shuffled[start : start + size]
            np.testing.assert_array_equal(post(client, "classy", some), np.stack([expected[seed] for seed in some]))

    with serving(model_dir, "--log-format", "off", "--max-images", "1000") as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            in_batches(client, 1000)
            stop = threading.Event()

            def disturb():
                with httpx.Client(base_url=server.url, timeout=60) as other:
                    while not stop.is_set():
                        post(other, "plain", list(range(50)))

            disturbing = threading.Thread(target=disturb)
            disturbing.start()
            walkers = [threading.Thread(target=in_batches, args=(client, size)) for size in (7, 64)]
            for walker in walkers:
                walker.start()
            one_by_one(client, seeds)
            for walker in walkers:
                walker.join()
            stop.set()
            disturbing.join()
            reply = client.post("/v1/models/classy/samples", json={"seeds": seeds})
            assert reply.status_code == 200, "".join(server.log)[-3500:]
            encoded = reply.json()["images"]
            for image in encoded:
                drawn = decode(base64.b64decode(image["b64"]))
                np.testing.assert_array_equal(drawn, expected[image["seed"]][:, :, 0])
        assert server.stop() == 0
    with serving(model_dir, "--log-format", "off", "--workers", "1") as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            in_batches(client, 250)
        assert server.stop() == 0


@pytest.mark.parametrize("after_s", [0.5, 0.8])
def test_told_to_stop_while_it_loads_it_stops(model_dir, after_s):
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0", "--device", "cpu"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    assert "Traceback" not in log
    assert process.returncode in (0, -signal.SIGTERM), log  # or it was not there yet to be told


def talked_about(server):
    """Have a server log lines of all kinds: of requests, of models, of what it skips, of the end."""
    httpx.get(server.url + "/livez", headers={"X-Request-Id": "here"})
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port)) as noise:
        noise.sendall(b"noise\r\n\r\n")
        noise.recv(100)
    server.wait_for("here")
    assert server.stop() == 0
    server._listener.join()
    return server.log


def test_the_log_is_json_where_nobody_reads_it(model_dir, tmp_path):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with serving(tmp_path) as server:
        lines = [json.loads(line) for line in talked_about(server)]
    (line,) = (line for line in lines if line.get("id") == "here")
    assert (line["path"], line["status"]) == ("/livez", 200)
    said = {line["message"]: line["level"] for line in lines if "message" in line}
    assert all(line["time"] > 1.7e9 for line in lines)
    assert said["Stopped."] == "info"
    (noise,) = (line for line in lines if line.get("method") == "-")
    assert noise["status"] == 400
    assert f"Trying out {tmp_path / 'bad.onnx'}" in said
    (skipped,) = (text for text in said if text.startswith("Skipped"))
    assert "\n" in skipped  # one line all the same


def test_the_log_is_text_if_that_is_asked_for(model_dir):
    with serving(model_dir / "plain.onnx", "--log-format", "text") as server:
        lines = talked_about(server)
    assert any(re.match(r"[-\d]+ [:,\d]+ INFO Stopped\.$", line) for line in lines)
    assert any(re.match(r"[:\d]+ 400 - \* ", line) for line in lines)
    assert not [line for line in lines if line.startswith("{")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")
def test_who_is_cut_off_at_the_end_is_counted_and_nothing_else_said_of_it(model_dir):
    with serving(model_dir / "plain.onnx", "--drain", "1") as server:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port)) as connection:
            head = b"POST /v1/models/plain/samples HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            connection.sendall(head + b"Content-Length: 9\r\n\r\n")
            time.sleep(0.2)
            assert server.stop() == 0
            server._listener.join()
    lines = [json.loads(line) for line in server.log]
    after = lines[[line.get("message") for line in lines].index("Stopping: open connections, 1, have 1 s to end.") :]
    assert [line.get("status") or line["level"] for line in after] == ["info", 499, "info"]


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
def test_a_door_that_stands_open_is_named(model_dir, host, warned):
    with serving(model_dir / "plain.onnx", "--host", host) as server:
        assert server.stop() == 0
        server._listener.join()
    assert any("there are no keys" in line for line in server.log) == warned
