"""The command from end to end, on a model of a few weights."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from ganzoo_serve.bench.command import command
from ganzoo_serve.bench.efficiency import answered
from ganzoo_serve.bench.subject import check_pixels, get_png
from ganzoo_serve.bench.tally import NO_REPLY, Tally
from ganzoo_serve.errors import ServeError
from ganzoo_serve.images import FORMATS


@pytest.fixture(scope="module")
def measured(model_dir, tmp_path_factory):
    """Output and numbers of one short measurement."""
    file = tmp_path_factory.mktemp("bench") / "serve.json"
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    arguments = [
        str(model_dir / "plain.onnx"),
        "--rounds",
        "2",
        "--seconds",
        "0.1",
        "--overload",
        "0.2",
        "--json",
        file,
    ]
    result = CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert before is None or os.sched_getaffinity(0) == before
    return result.stdout, json.loads(file.read_text())


def test_every_row_has_its_rate_its_bound_and_its_share(measured):
    rows = measured[1]["rows"]
    assert [(row["kind"], row["images"], row["clients"]) for row in rows] == [
        ("png", 1, 1),
        ("png", 1, 8),
        ("png", 1, 32),
        ("raw", 16, 4),
        ("raw", 16, 8),
    ]
    for row in rows:
        assert all(len(row[name]) == 2 for name in ("requests_per_s", "p50_s", "p99_s", "bound", "q"))
        for rate, requests, bound, q in zip(
            row["images_per_s"], row["requests_per_s"], row["bound"], row["q"], strict=True
        ):
            assert rate == pytest.approx(row["images"] * requests)
            assert q == pytest.approx(rate / bound)
            assert 0 < q < 100  # of the right order: other processes may hold up the one measurement and not the other
        assert all(0 < low <= high < 10 for low, high in zip(row["p50_s"], row["p99_s"], strict=True))


def test_bounds_follow_from_the_costs_of_their_round(measured):
    numbers = measured[1]
    costs = numbers["costs"]
    rows = numbers["rows"]
    for number, row in enumerate(rows):
        for index, bound in enumerate(row["bound"]):
            before = index * (len(rows) + 1) + number
            model = sum(costs["model"][before : before + 2]) / 2
            encode = costs["encode"][index] if row["kind"] == "png" else 0
            whole = model + encode + costs[f"http {row['kind']}"][index] / row["images"]
            assert bound == pytest.approx(numbers["plan"]["cores"] / whole)
    assert numbers["raw_images_per_s"][0] == pytest.approx(1 / costs["model"][0])


def test_images_were_compared_and_nothing_failed(measured):
    numbers = measured[1]
    assert numbers["compared"] > 100
    assert numbers["failures"] == 0


def test_the_rest_was_measured_too(measured):
    numbers = measured[1]
    assert numbers["half_load"]["rate"] == pytest.approx(numbers["capacity_per_s"] / 2)
    assert all(math.isfinite(value) for name in ("p50_s", "p99_s") for value in numbers["half_load"][name])
    assert numbers["not_modified_per_s"] > 0
    assert numbers["same_image_per_s"] > 0
    overloaded = numbers["overloaded"]
    assert sum(overloaded["statuses"].values()) == pytest.approx(overloaded["rate"] * 0.2, abs=1)
    assert overloaded["after_per_s"] > 0


def test_the_table_names_what_it_shows(measured):
    text = measured[0]
    assert text.startswith("plain: 8x8x3, ")
    for words in ("R_max", "PNG ", "16 raw", "PNG encoder", "304", "images compared", "overload", "right after"):
        assert words in text


def test_other_images_than_the_models_are_an_error(plain):
    tally = Tally(get_png("/SEED.png"))
    tally.bodies[3] = FORMATS["png"].encode(plain.sample([3])[0])
    assert check_pixels(tally, plain) == 1
    tally.bodies[4] = FORMATS["png"].encode(plain.sample([5])[0])
    with pytest.raises(ServeError, match="other images than the model draws"):
        check_pixels(tally, plain)
    tally.bodies[4] = b"\x89PNG and no more"
    with pytest.raises(ServeError, match="cannot be read"):
        check_pixels(tally, plain)


def test_a_server_that_gives_no_good_reply_is_an_error_with_its_last_words():
    tally = Tally(get_png("/SEED.png"))
    tally.seconds = 1.5
    tally.note(1, 0.1, 200, b"", b"\x89PNG and no more")
    tally.note(2, 0.0, NO_REPLY, b"", b"")
    server = SimpleNamespace(log=lambda: "Killed")
    with pytest.raises(ServeError, match=r"no good reply within 1.5 s\.\nKilled"):
        answered(server, tally)
    tally.note(3, 0.1, 200, b"", FORMATS["png"].encode(np.zeros((1, 1, 3), np.uint8)))
    assert answered(server, tally) is tally


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_what_was_started_ends_with_it(model_dir, tmp_path):
    model = tmp_path / "plain.onnx"
    model.write_bytes((model_dir / "plain.onnx").read_bytes())

    def left():
        commands = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                commands.append(path.read_bytes())
        return [command for command in commands if str(model).encode() in command]

    bench = subprocess.Popen(
        [sys.executable, "-m", "ganzoo_serve.bench", str(model)], stderr=subprocess.PIPE, text=True
    )
    with bench:
        assert bench.stderr.readline().startswith("Round 1")
        assert len(left()) > 1
        for _ in range(2):
            bench.send_signal(signal.SIGTERM)
        assert bench.wait(30) == 128 + signal.SIGTERM
    assert not left()


def test_misuse():
    result = CliRunner().invoke(command, ["no-such.onnx"])
    assert result.exit_code == 2
    assert "does not exist" in result.output
