"""The command as a process: starts, serves, stops, and says what is wrong."""

import dataclasses
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import click
import pytest
from click.testing import CliRunner

import ganzoo_serve
from ganzoo_serve import cli, options
from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.limits import NAMED, Limits


def run(*arguments):
    command = [sys.executable, "-W", "error", "-m", "ganzoo_serve", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(model_dir, plain, number):
    command = [sys.executable, "-m", "ganzoo_serve", str(model_dir), "--port", "0", "--device", "cpu", "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            log = ""
            while "Listening" not in log:
                line = process.stderr.readline()
                assert line, log
                log += line
            example = re.search(r"Model plain@.*: (http://127\.0\.0\.1:\d+/v1/models/plain/images/42\.png)", log)[1]
            with urllib.request.urlopen(example, timeout=10) as response:
                assert response.headers["Content-Type"] == "image/png"
                assert "Server" not in response.headers
                assert response.read().startswith(b"\x89PNG")
            process.send_signal(number)
            out, rest = process.communicate(timeout=20)
            assert process.returncode == 0, log + rest
            line = next(json.loads(text) for text in rest.splitlines() if '"status"' in text)
            assert (line["status"], line["path"]) == (200, "/v1/models/plain/images/42.png")
            assert "Stopped." in rest
            assert out == ""
            assert "Traceback" not in log + rest
        finally:
            process.kill()


def test_neither_torch_nor_ganzoo_is_imported_nor_onnx_runtime_for_help():
    code = (
        "import sys, ganzoo_serve.cli; assert 'onnxruntime' not in sys.modules; "
        "import ganzoo_serve.serving, ganzoo_serve.images, ganzoo_serve.testing; "
        "import os; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'; "
        "print(*{'torch', 'ganzoo', 'fastapi_offline'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""


def test_only_one_module_imports_onnx_runtime():
    package = sys.modules["ganzoo_serve"].__path__[0]
    from pathlib import Path

    importing = [
        file.name for file in Path(package).rglob("*.py") if re.search(r"import onnxruntime", file.read_text())
    ]
    assert importing == ["runtime.py"]


def test_a_taken_port_is_an_error_before_anything_is_loaded(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "--port", port)
    assert done.returncode == 1
    assert f"Error: Cannot listen on 127.0.0.1:{port}: address already in use." in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_not_ours_is_an_error(tmp_path):
    done = run(tmp_path, "--host", "no.such.host.invalid")
    assert done.returncode == 1
    assert "Error: Cannot listen on no.such.host.invalid:8000: " in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_to_serve_is_an_error(tmp_path):
    done = run(tmp_path, "--port", "0")
    assert done.returncode == 1
    assert "Error: No model to serve in" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["/no/such/file.onnx"], "does not exist"),
        ([".", "--port", "70000"], "not in the range"),
        ([".", "--device", "tpu"], "'auto', 'cpu', 'cuda'"),
        ([".", "--workers", "0"], "not in the range"),
        ([".", "--max-images", "4097"], "4097 is not in the range 1<=x<=4096"),
        ([".", "--limit", "step=5"], "'step' is no limit. Did you mean 'steps'?"),
        ([".", "--limit", "x=5"], "Expected one of steps, grid_side"),
        ([".", "--limit", "samples=5"], "'samples' is no limit"),  # it is --max-images
        ([".", "--limit", "steps=1"], "steps is '1': expected a number in 2 ..."),
        ([".", "--limit", "steps"], "steps is '': expected"),
        ([".", "--limit", "grid_side=20000"], "1 ... 16383"),
        ([".", "--limit", "json_depth=100000"], "1 ... 500"),
    ],
)
def test_misuse(arguments, message):
    result = CliRunner().invoke(cli.cli, arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_every_limit_can_be_set():
    @click.command()
    @options.server_options
    def command(host, port, device, **given):
        made.append(options.settings(given))

    made = []
    own = ["--max-images", "2", "--queue", "3", "--deadline", "4", "--cache", "5", "--connections", "77"]
    values = {name: index + 6 for index, name in enumerate(NAMED)}
    by_name = [word for name, value in values.items() for word in ("--limit", f"{name}={value}")]
    result = CliRunner().invoke(command, own + by_name)
    assert result.exit_code == 0, result.output
    limits = made[0].limits
    assert limits == Limits(samples=2, waiting=3, deadline_s=4.0, cache_bytes=5 * 2**20, **values)
    assert all(getattr(limits, field.name) != field.default for field in dataclasses.fields(Limits))
    assert made[0].connections == 77


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate", "1e-9"], "0.001 images a second at least"),
        (["--root-path", "gan"], "expected such as /gan"),
        (["--root-path", "/gan/"], "without a slash at the end"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, message):
    result = CliRunner().invoke(cli.cli, [".", *arguments])
    assert isinstance(result.exception, ServeError)
    assert message in str(result.exception)


def test_version():
    assert ganzoo_serve.__version__ in CliRunner().invoke(cli.cli, ["--version"]).output
