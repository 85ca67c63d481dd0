"""The run folder taken from under its trainer."""

import shutil

import pytest

from ganzoo.runs.folder import RunFolder, checkpoints

# What notices: a checkpoint, a sample grid, a line of statistics (one each 125 iterations)
DUE = {
    "checkpoint": {"checkpoint_every": 0.08},
    "samples": {"checkpoint_every": 0.4, "sample_every": 0.08},
    "statistics": {"checkpoint_every": 0.4},
}


# Lets the optimizer's next step wait as long as there is a file "pause"; a file "paused" says that it does.
PAUSE = """
import os, time, torch

step = torch.optim.Adam.step

def wait(*given, **named):
    while os.path.exists({folder!r} + "/pause"):
        open({folder!r} + "/paused", "w").close()
        time.sleep(0.01)
    return step(*given, **named)

torch.optim.Adam.step = wait
"""


def begun(command, run):
    command.until(lambda: checkpoints(RunFolder(run).checkpoints))
    assert command.running
    return command


@pytest.mark.parametrize("due", DUE)
def test_a_folder_that_was_moved_is_said_to_be_and_goes_on_where_it_is(due, train, resume, newest, tmp_path):
    run, there, straight = tmp_path / "run", tmp_path / "there", tmp_path / "straight"
    command = begun(train(run, **DUE[due]), run)
    run.rename(there)
    assert command.end().code == 1
    assert f"{run} was moved, deleted or replaced while it was being trained." in command.stderr
    assert "'ganzoo train --resume NEW_PLACE'" in command.stderr
    assert "Traceback" not in command.stderr
    assert not run.exists()

    steps = int(1000 * float(checkpoints(there / "checkpoints")[0].name[4:14])) // 8 + 5
    assert resume(there, steps=steps).end().code == 0
    assert train(straight, steps=steps).end().code == 0
    assert newest(there) == newest(straight)


def test_a_folder_that_was_deleted_is_not_made_again(train, tmp_path):
    run = tmp_path / "run"
    command = begun(train(run, **DUE["checkpoint"]), run)
    run.rename(tmp_path / "bin")
    shutil.rmtree(tmp_path / "bin")
    assert command.end().code == 1
    assert f"{run} was moved, deleted or replaced while it was being trained." in command.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("due", ["checkpoint", "statistics"])
def test_a_new_run_in_its_place_is_left_alone(due, train, newest, tmp_path):
    run, straight = tmp_path / "run", tmp_path / "straight"
    old = begun(train(run, seed=1, prelude=PAUSE.format(folder=str(tmp_path)), **DUE[due]), run)
    (tmp_path / "pause").touch()
    old.until((tmp_path / "paused").exists)
    run.rename(tmp_path / "bin")
    assert train(run, steps=5).end().code == 0
    (tmp_path / "pause").unlink()
    assert old.end().code == 1
    assert f"{run} was moved, deleted or replaced while it was being trained." in old.stderr
    assert train(straight, steps=5).end().code == 0
    assert len(checkpoints(run / "checkpoints")) == 1
    assert newest(run) == newest(straight)


def test_a_lost_subfolder_is_named_and_made_again(train, resume, newest, tmp_path):
    run = tmp_path / "run"
    command = begun(train(run, checkpoint_every=0.08, sample_every=0.16), run)
    (run / "samples").rename(tmp_path / "elsewhere")
    assert command.end().code == 1
    assert f"{run}/samples/kimg" in command.stderr
    assert f"put that right and go on with 'ganzoo train --resume {run}'" in command.stderr
    reached = newest(run)
    again = resume(run)
    again.until(lambda: newest(run) != reached)
    assert (run / "samples").is_dir()
