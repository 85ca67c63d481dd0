"""kill -9 at any moment costs the work since the last checkpoint and nothing else."""

import random
import time

import pytest
from PIL import Image

from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed

SETTINGS = {
    "conditional": True,
    "augmentations.flip.p": 0.5,
    "checkpoint_every": 0.016,  # so that many moments fall into a write
    "sample_every": 0.04,
}


def half_written(run):
    return list(run.rglob("*.partial"))


def require_sound(run):
    """What can be read at any time: the configuration, the statistics, and checkpoints that are whole."""
    folder = RunFolder(run)
    folder.read_config()
    if folder.stats_file.exists():
        assert len(folder.stats()) == len(folder.stats_file.read_text().splitlines())
    for path in checkpoints(folder.checkpoints):
        read_sealed(path)
    assert len(half_written(run)) <= 1


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.long)])
def test_killed_at_random_moments_a_run_ends_as_one_that_never_was(kills, train, resume, newest, tmp_path):
    seed = 17
    moments, run, torn = random.Random(seed), tmp_path / "killed", 0
    command = train(run, **SETTINGS)
    for kill in range(kills):
        time.sleep(moments.uniform(0.02, 0.5))
        assert command.running, command.stderr
        command.kill()
        print(f"seed {seed}: kill {kill} found {sorted(path.name for path in run.rglob('*'))}")
        begun = (run / "config.json").exists()
        if begun:
            require_sound(run)
        torn += bool(half_written(run))
        command = resume(run) if begun else train(run, **SETTINGS)
    command.until(lambda: checkpoints(RunFolder(run).checkpoints))
    command.kill()
    _, counters = read_sealed(checkpoints(RunFolder(run).checkpoints)[0])
    steps = counters["g_steps"] + 5
    assert resume(run, steps=steps).end().code == 0
    print(f"seed {seed}: {torn} of {kills} kills within a write, {steps} steps")

    straight = tmp_path / "straight"
    assert train(straight, steps=steps, **SETTINGS | {"checkpoint_every": 1000}).end().code == 0
    assert newest(run) == newest(straight)
    assert half_written(run) == []
    assert [r["nimg"] for r in RunFolder(run).stats()] == [r["nimg"] for r in RunFolder(straight).stats()]
    for path in (straight / "samples").iterdir():
        assert (run / "samples" / path.name).read_bytes() == path.read_bytes()
        Image.open(path).verify()


def test_what_killed_trainers_left_half_written_is_cleared_away_and_what_others_write_is_not(train, resume, tmp_path):
    run = tmp_path / "run"
    assert train(run, steps=1).end().code == 0
    torn = [".config.json", ".stats.jsonl", ".best.safetensors", "checkpoints/.kimg000009.000.safetensors"]
    for number, name in enumerate(torn):
        (run / f"{name}.{number}.partial").write_text("")
    exported = run / ".model.onnx.1.partial"  # by an export that is at work
    exported.write_text("")
    assert resume(run).end().code == 0
    assert half_written(run) == [exported]


# Ends the process right before the Nth time that it opens for writing, moves, removes or makes something in the run.
COUNTED = """
import os, signal, sys

left = {left}

def before(event, given):
    global left
    writes = event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR)
    if (writes or event in ("os.rename", "os.remove", "os.mkdir")) and str(given[0]).startswith({run!r}):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        print("changes", {left} - left)

sys.addaudithook(before)
"""


def changes(command):
    return int(command.stdout.split("changes ")[-1].split()[0])


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("doing", ["start", "resume"])
def test_killed_before_any_change_in_its_folder_a_run_goes_on(doing, every, train, resume, newest, tmp_path):
    def begin(run, left):
        prelude = COUNTED.format(run=str(run), left=left)
        if doing == "start":
            return train(run, steps=5, prelude=prelude, **SETTINGS)
        assert train(run, steps=2, **SETTINGS).end().code == 0
        return resume(run, steps=5, prelude=prelude)

    straight = begin(tmp_path / "straight", 10**6).end()
    assert straight.code == 0
    assert changes(straight) > 12
    for left in range(1, changes(straight) + 1, every):
        run = tmp_path / f"killed{left}"
        assert begin(run, left).end().code == 137
        again = resume(run, steps=5) if (run / "config.json").exists() else train(run, steps=5, **SETTINGS)
        assert again.end().code == 0, (left, again.stderr)
        assert newest(run) == newest(tmp_path / "straight"), left
        assert half_written(run) == [], left
