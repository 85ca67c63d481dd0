"""SIGTERM and Ctrl-C at inconvenient moments: while a checkpoint is written, and before there is anything to save."""

import signal
import time

import numpy as np
import pytest
from PIL import Image

from ganzoo.runs.folder import checkpoints

INT, TERM = signal.SIGINT, signal.SIGTERM

# Lets a checkpoint reach the disk only when there is a file "go"; a file "begun" says that one is waiting.
SLOW_SAVE = """
import os, time

fsync = os.fsync

def slowly(descriptor):
    if "/checkpoints/.kimg" in os.readlink(f"/proc/self/fd/{{descriptor}}"):
        open({folder!r} + "/begun", "w").close()
        while not os.path.exists({folder!r} + "/go"):
            time.sleep(0.01)
    fsync(descriptor)

os.fsync = slowly
"""

# Never gets beyond the first image of the data; a file "begun" says that it has come so far. It sleeps in short pieces: a signal
# may reach another thread first, and Python's handler runs in this one when it is awake.
SLOW_DATA = """
import sys, time

def never(event, given):
    if event == "open" and "photos/0.png" in str(given[0]):
        open({folder!r} + "/begun", "w").close()
        while True:
            time.sleep(0.01)

sys.addaudithook(never)
"""


@pytest.mark.parametrize(
    ("signals", "code"),
    [([TERM], 143), ([INT], 130), ([TERM, TERM], 143), ([TERM, INT], 143), ([INT, TERM], 130)],
    ids=["SIGTERM", "Ctrl-C", "SIGTERM twice", "SIGTERM, Ctrl-C", "Ctrl-C, SIGTERM"],
)
def test_a_signal_within_a_save_lets_it_finish(signals, code, train, resume, newest, tmp_path):
    run = tmp_path / "run"
    command = train(run, checkpoint_every=0.16, prelude=SLOW_SAVE.format(folder=str(tmp_path)))
    command.until((tmp_path / "begun").exists)
    for number in signals:
        command.signal(number)
        time.sleep(0.05)  # or two of a kind may arrive as one
    (tmp_path / "go").touch()
    command.end()
    assert command.code == code
    assert command.stdout == f"{run}\n"
    assert f"Stopped; go on with 'ganzoo train --resume {run}'." in command.stderr
    assert [path.name for path in checkpoints(run / "checkpoints")] == ["kimg000000.160.safetensors"]
    assert list(run.rglob("*.partial")) == []

    straight = tmp_path / "straight"
    assert train(straight, steps=25).end().code == 0
    assert resume(run, steps=25).end().code == 0
    assert newest(run) == newest(straight)


def test_a_second_ctrl_c_within_a_save_ends_at_once_and_the_checkpoint_before_it_is_good(
    train, resume, newest, tmp_path
):
    run = tmp_path / "run"
    assert train(run, steps=10).end().code == 0
    command = resume(run, steps=20, prelude=SLOW_SAVE.format(folder=str(tmp_path)))
    command.until((tmp_path / "begun").exists)
    command.signal(INT)
    time.sleep(0.2)
    assert command.running
    command.signal(INT)
    assert command.end().code == 130
    assert "Traceback" not in command.stderr
    assert [path.name for path in checkpoints(run / "checkpoints")] == ["kimg000000.080.safetensors"]
    assert list(run.rglob("*.partial")) == []

    straight = tmp_path / "straight"
    assert train(straight, steps=20).end().code == 0
    assert resume(run).end().code == 0
    assert newest(run) == newest(straight)


# Gets SIGTERM right after it has found that no signal came, on any of the processes.
LATE = """
import os, signal
from ganzoo import ranks

largest, asked = ranks.largest, 0

def late(value):
    global asked
    answer = largest(value)
    asked += 1
    if asked == 5:
        os.kill(os.getpid(), signal.SIGTERM)
    return answer

ranks.largest = late
"""


def test_a_signal_that_comes_while_the_processes_ask_each_other_is_not_forgotten(train, tmp_path):
    assert train(tmp_path / "run", steps=100, prelude=LATE).end().code == 143


@pytest.mark.parametrize(("number", "code"), [(TERM, 143), (INT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_while_data_are_loaded_leaves_nothing_or_the_run_as_it_was(number, code, train, resume, tmp_path):
    run, begun, photos = tmp_path / "run", tmp_path / "begun", tmp_path / "photos"
    photos.mkdir()
    for i, image in enumerate(np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)):
        Image.fromarray(image).save(photos / f"{i}.png")
    slow = SLOW_DATA.format(folder=str(tmp_path))

    def interrupted(command):
        command.until(begun.exists)
        command.signal(number)
        assert command.end().code == code
        assert "Traceback" not in command.stderr
        begun.unlink()

    interrupted(train(run, "--dataset", f"folder:{photos}", steps=2, prelude=slow))
    interrupted(train(None, "--dataset", f"folder:{photos}", steps=2, prelude=slow))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    assert train(run, "--dataset", f"folder:{photos}", steps=2).end().code == 0

    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    interrupted(resume(run, steps=4, prelude=slow))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert resume(run, steps=4).end().code == 0
