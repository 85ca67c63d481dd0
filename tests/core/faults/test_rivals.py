"""Several trainings that begin at the same moment: one folder, one trainer; no folder asked for, a folder for each."""

import re

import pytest

from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed

BUSY = re.compile(r"is being trained by another process\. Wait for it, or choose another folder with '--out'\.")


def require_one_trainer(rivals, run):
    """All but one end with a sentence; that one trains."""
    rivals[0].until(lambda: sum(rival.running for rival in rivals) <= 1)
    (winner,) = [rival for rival in rivals if rival.running]
    for rival in rivals:
        if rival is not winner:
            assert rival.code == 1
            assert BUSY.search(rival.stderr) or "already holds a run" in rival.stderr
            assert "Traceback" not in rival.stderr
    before = checkpoints(RunFolder(run).checkpoints)
    winner.until(lambda: checkpoints(RunFolder(run).checkpoints) != before)
    assert winner.running
    winner.kill()


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_of_several_that_start_in_one_folder_exactly_one_trains(rounds, train, resume, newest, tmp_path):
    for number in range(rounds):
        run = tmp_path / f"run{number}"
        require_one_trainer([train(run, checkpoint_every=0.08) for _ in range(3)], run)
        require_one_trainer([resume(run) for _ in range(3)], run)

    _, counters = read_sealed(checkpoints(run / "checkpoints")[0])
    assert resume(run, steps=counters["g_steps"] + 2).end().code == 0
    assert train(tmp_path / "straight", steps=counters["g_steps"] + 2).end().code == 0
    assert newest(run) == newest(tmp_path / "straight")


@pytest.mark.parametrize("rivals", [4, pytest.param(24, marks=pytest.mark.long)])
def test_each_that_starts_without_a_folder_gets_a_run_of_its_own_number(rivals, train, tmp_path):
    commands = [train(None, "--seed", seed, steps=2) for seed in range(rivals)]
    for command in commands:
        assert command.end().code == 0, command.stderr
    found = sorted((tmp_path / "runs").iterdir())
    assert [path.name[:5] for path in found] == [f"{n:05d}" for n in range(1, rivals + 1)]
    assert sorted(command.stdout.strip() for command in commands) == [f"runs/{path.name}" for path in found]
    assert {RunFolder(path).read_config()[0].config.seed for path in found} == set(range(rivals))


# Waits for a file "go" right before it makes a folder; a file "begun" says that it does.
WAIT = """
import os, sys, time

def wait(event, given):
    if event == "os.mkdir" and str(given[0]).startswith({name!r}):
        open("begun", "w").close()
        while not os.path.exists("go"):
            time.sleep(0.01)

sys.addaudithook(wait)
"""


@pytest.mark.parametrize(("name", "first", "second"), [("runs/.00001", 2, 1), ("runs/00001-", 1, 2)])
def test_one_that_is_overtaken_while_it_takes_a_number_gets_another(name, first, second, train, tmp_path):
    overtaken = train(None, steps=1, prelude=WAIT.format(name=name))
    overtaken.until((tmp_path / "begun").exists)
    quick = train(None, steps=1).end()
    (tmp_path / "go").touch()
    assert overtaken.end().code == quick.code == 0
    assert overtaken.stdout == f"runs/{first:05d}-mlp-ns-digits\n"
    assert quick.stdout == f"runs/{second:05d}-mlp-ns-digits\n"


def test_a_start_that_comes_to_nothing_keeps_no_number(train, tmp_path):
    command = train(None, "--dataset", "npz:none.npz", steps=1).end()
    assert command.code == 1
    assert list(tmp_path.iterdir()) == []
