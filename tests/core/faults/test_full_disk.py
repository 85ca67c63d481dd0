"""A disk that fills while a run is trained on it: a real one, of two megabytes."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganzoo.runs.folder import RunFolder, checkpoints

# Joins the namespace in which the disk is mounted.
JOIN = """
import ctypes, os

for kind in ("user", "mnt"):
    descriptor = os.open("/proc/{holder}/ns/" + kind, os.O_RDONLY)
    assert ctypes.CDLL(None).setns(descriptor, 0) == 0
"""

# Fills the disk when something of that name is opened for writing.
FILL = """
import sys

filled = False

def fill(event, given):
    global filled
    if event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR) and {name!r} in str(given[0]) and not filled:
        filled = True
        with open({ballast!r}, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1024))
            except OSError:
                pass

sys.addaudithook(fill)
"""


@dataclass
class SmallDisk:
    """``path`` is where it is mounted, for commands that join it; ``seen`` the same as seen from here."""

    path: Path
    holder: int

    @property
    def seen(self):
        return Path(f"/proc/{self.holder}/root{self.path}")

    @property
    def join(self):
        return JOIN.format(holder=self.holder)

    def fill_at(self, name):
        return self.join + FILL.format(name=name, ballast=str(self.path / "ballast"))

    def make_room(self):
        (self.seen / "ballast").unlink()


@pytest.fixture
def disk(tmp_path):
    """A tmpfs in a namespace of its own, which needs no rights and is gone with the process that holds it."""
    if not shutil.which("unshare"):
        pytest.skip("there is no 'unshare' to mount a small disk with")
    (tmp_path / "disk").mkdir()
    mount = 'mount -t tmpfs -o size=2m none "$0" && echo mounted && exec cat'
    holder = subprocess.Popen(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, tmp_path / "disk"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with holder:
        if holder.stdout.readline() != "mounted\n":
            pytest.skip(f"no small disk can be mounted here: {holder.stderr.read().strip()}")
        yield SmallDisk(tmp_path / "disk", holder.pid)
        holder.stdin.close()


SETTINGS = {"steps": 20, "checkpoint_every": 0.08, "sample_every": 0.12}


@pytest.mark.parametrize("name", ["samples/.kimg000000.120", "/stats.jsonl", "checkpoints/.kimg000000.160"])
def test_a_full_disk_ends_in_a_sentence_and_with_room_the_run_goes_on(name, disk, train, resume, newest, tmp_path):
    run, seen = disk.path / "run", disk.seen / "run"
    command = train(run, prelude=disk.fill_at(name), **SETTINGS).end()
    assert command.code == 1
    assert "could not be written: No space left on device" in command.stderr
    assert f"make room and go on with 'ganzoo train --resume {run}'" in command.stderr
    assert "Traceback" not in command.stderr
    before = newest(seen)
    assert [path.name for path in checkpoints(seen / "checkpoints")] == ["kimg000000.080.safetensors"]
    assert list(seen.rglob("*.partial")) == []

    command = resume(run, prelude=disk.join).end()  # it is full still
    assert command.code == 1
    assert "config.json could not be written: No space left on device" in command.stderr
    assert newest(seen) == before

    disk.make_room()
    command = resume(run, prelude=disk.join).end()
    assert command.code == 0, command.stderr
    straight = tmp_path / "straight"
    assert train(straight, **SETTINGS).end().code == 0
    assert newest(seen) == newest(straight)
    for path in (straight / "samples").iterdir():
        assert (seen / "samples" / path.name).read_bytes() == path.read_bytes()


def test_a_line_of_statistics_torn_by_a_full_disk_is_passed_over_and_written_again(disk, train, resume):
    run, seen, page = disk.path / "run", RunFolder(disk.seen / "run"), 4096
    assert train(run, prelude=disk.join, **SETTINGS | {"steps": 10}).end().code == 0
    room = page - 20 - seen.stats_file.stat().st_size  # of the only page that it has
    seen.log({"nimg": 0, "pad": "x" * (room - len('{"nimg": 0, "pad": ""}\n'))})
    command = resume(run, steps=20, prelude=disk.fill_at("/stats.jsonl")).end()
    assert f"{run} could not be written: No space left on device" in command.stderr
    assert seen.stats_file.stat().st_size == page
    assert [record["nimg"] for record in seen.stats()] == [80, 80, 0]  # losses, signs
    disk.make_room()
    assert resume(run, prelude=disk.join).end().code == 0
    assert [record["nimg"] for record in seen.stats()] == [80, 80, 0, 160, 160]


def test_a_start_on_a_full_disk_leaves_the_folder_free(disk, train):
    command = train(disk.path / "run", steps=1, prelude=disk.fill_at("config.json")).end()
    assert command.code == 1
    assert "config.json could not be written: No space left on device" in command.stderr
    assert "make room and start again." in command.stderr
    disk.make_room()
    assert train(disk.path / "run", steps=1, prelude=disk.join).end().code == 0
