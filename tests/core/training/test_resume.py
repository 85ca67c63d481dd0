"""A run that stops and goes on is the run that never stopped, bit for bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganzoo.config import Layer, resolve
from ganzoo.errors import RunError
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed, write_sealed
from ganzoo.training import resume, start

TINY = {
    "dcgan-wgangp": {"arch.width_g": 4, "arch.width_d": 4, "augmentations.flip.p": 0.5},
    "dcgan-wgan": {"arch.width_g": 4, "arch.width_d": 4, "critic_boost.n_critic": 7, "critic_boost.first": 2},
    "mlp-ns": {"arch.hidden_g": [16], "arch.hidden_d": [16], "conditional": True, "regularizers.r1.interval": 2},
    "maxout-mm": {"arch.hidden_g": [16], "arch.hidden_d": [8]},
    # What keeps a state of its own from step to step, or draws.
    "mlp-hinge": {
        "arch.hidden_g": [16],
        "arch.hidden_d": [16],
        "regularizers.lecam.first": 1,
        "regularizers.historical-averaging.weight": 0.1,
        "regularizers.minibatch-discrimination.kernels": 3,
        "regularizers.latent-consistency.interval": 2,
        "regularizers.label-noise.p": 0.2,
        "augmentations.ada.kimg": 0.01,
        "augmentations.apa.begin": 0.5,
        "augmentations.instance-noise.kimg": 0.1,
    },
}


def tiny(name, **settings):
    return resolve(name, get_registry(), [Layer("test", {"batch_size": 8, "z_dim": 4} | TINY[name] | settings)])


def final_bytes(run):
    return checkpoints(run / "checkpoints")[0].read_bytes()


@pytest.mark.parametrize("name", sorted(TINY))
def test_a_run_that_stopped_half_way_ends_with_the_same_bytes(name, tmp_path):
    straight, halved = tmp_path / "straight", tmp_path / "halved"
    start(tiny(name, steps=6), get_registry(), straight)
    start(tiny(name, steps=3), get_registry(), halved)
    assert final_bytes(straight) != final_bytes(halved)
    resume(halved, get_registry(), steps=6)
    assert final_bytes(straight) == final_bytes(halved)
    last = sorted((straight / "samples").iterdir())[-1]
    assert last.read_bytes() == (halved / "samples" / last.name).read_bytes()


def test_another_seed_is_another_run(tmp_path):
    start(tiny("mlp-ns", steps=2), get_registry(), tmp_path / "a")
    start(tiny("mlp-ns", steps=2, seed=1), get_registry(), tmp_path / "b")
    assert final_bytes(tmp_path / "a") != final_bytes(tmp_path / "b")


def test_statistics_later_than_the_checkpoint_are_written_again_once(tmp_path):
    start(tiny("mlp-ns", steps=3), get_registry(), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    run.log({"nimg": 999_999, "d_loss": 0.0})
    with run.stats_file.open("a") as file:
        file.write('{"nimg": 12, "d_l')  # torn by a crash
    resume(run.path, get_registry(), steps=5)
    assert [record["nimg"] for record in run.stats()] == 2 * [3 * 8] + 2 * [5 * 8]  # losses and signs, at each end


def test_a_finished_run_resumed_without_a_new_budget_does_nothing(tmp_path):
    start(tiny("mlp-ns", steps=2), get_registry(), tmp_path / "run")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "run").rglob("*.*")}
    assert resume(tmp_path / "run", get_registry()).nimg == 16
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before


def test_changed_data_are_noticed(tmp_path, monkeypatch):
    start(tiny("mlp-ns", steps=2), get_registry(), tmp_path / "run")
    config = tmp_path / "run" / "config.json"
    document = json.loads(config.read_text())
    document["data"] |= {"sha256": "0" * 64, "height": 32}
    config.write_text(json.dumps(document))
    said = r"are not those that .* was trained on \(1,500 images of 16x16, 1 channel now, 1,500 images of 32x16, 1 channel then\)"
    with pytest.raises(RunError, match=said):
        resume(tmp_path / "run", get_registry(), steps=3)


def test_a_folder_that_holds_a_run_is_not_trained_into_again(tmp_path):
    start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")
    with pytest.raises(RunError, match=r"already holds a run.*\n.*--resume"):
        start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_beginning(tmp_path):
    start(tiny("mlp-ns", steps=3), get_registry(), tmp_path / "straight")
    start(tiny("mlp-ns", steps=3), get_registry(), tmp_path / "killed")
    for path in checkpoints(tmp_path / "killed" / "checkpoints"):
        path.unlink()
    resume(tmp_path / "killed", get_registry())
    assert final_bytes(tmp_path / "straight") == final_bytes(tmp_path / "killed")


def test_a_start_killed_before_its_configuration_was_written_leaves_the_folder_free(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / ".lock").touch()
    (run / ".config.json.partial").write_text('{"form')
    start(tiny("mlp-ns", steps=1), get_registry(), run)
    assert checkpoints(run / "checkpoints")


def test_a_run_goes_on_from_another_working_folder(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    for i in range(4):
        Image.new("L", (8, 8), 60 * i).save(tmp_path / "photos" / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    start(tiny("mlp-ns", steps=1, dataset="folder:photos", conditional=False), get_registry(), tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(tmp_path / "run", get_registry(), steps=2).nimg == 16


@pytest.mark.parametrize("value", [-5, None, 1.5, True])
@pytest.mark.parametrize("key", ["position", "nimg", "g_steps"])
def test_a_checkpoint_whose_counts_cannot_be_is_refused(key, value, tmp_path):
    start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")
    (path,) = checkpoints(tmp_path / "run" / "checkpoints")
    tensors, counters = read_sealed(path)
    write_sealed(path, tensors, counters | {key: value})
    with pytest.raises(RunError, match=f"lacks {key}"):
        resume(tmp_path / "run", get_registry(), steps=2)


def rewritten(run, **changed):
    """The only checkpoint with other tensors, sealed anew."""
    (path,) = checkpoints(run / "checkpoints")
    tensors, counters = read_sealed(path)
    write_sealed(path, tensors | changed, counters)


@pytest.mark.parametrize(
    "odd",
    [
        {"opt_d.0.exp_avg": torch.zeros(3)},
        {"opt_g.0.exp_avg": torch.zeros((), dtype=torch.int64)},
        {"opt_g.99.exp_avg": torch.zeros(())},
        {"opt_g.first.exp_avg": torch.zeros(())},
    ],
)
def test_a_checkpoint_of_other_optimizers_is_refused(odd, tmp_path):
    start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")
    rewritten(tmp_path / "run", **odd)
    with pytest.raises(RunError, match=f"does not fit the optimizers of this configuration: {next(iter(odd))}"):
        resume(tmp_path / "run", get_registry(), steps=2)


def test_random_numbers_of_another_kind_of_device_stay_at_the_start(tmp_path):
    start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")
    others = {"random.game": (16,), "random.cpu": (1, 16), "random.cuda": (1, 16)}
    rewritten(tmp_path / "run", **{name: torch.zeros(shape, dtype=torch.uint8) for name, shape in others.items()})
    assert resume(tmp_path / "run", get_registry(), steps=2).nimg == 16


def test_two_trainers_cannot_share_a_folder(tmp_path):
    run = RunFolder(tmp_path / "run")
    with run.locked(), pytest.raises(RunError, match="is being trained by another process"):
        start(tiny("mlp-ns", steps=1), get_registry(), tmp_path / "run")


def test_a_folder_with_other_things_in_it_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(RunError, match="is not an empty folder"):
        start(tiny("mlp-ns", steps=1), get_registry(), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "dear"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


COMMAND = [sys.executable, "-m", "ganzoo"]
NEVER_ENDING = [
    *COMMAND, "train", "mlp-ns", "--steps", "1000000", "--batch-size", "8", "--checkpoint-every", "0.02",
    "--set", "arch.hidden_g=[64]", "--set", "arch.hidden_d=[64]", "--set", "sample_every=1000", "--out",
]  # fmt: skip


def begin(command):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for_checkpoints(run, *, newer_than=()):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if set(checkpoints(run / "checkpoints")) - set(newer_than):
            return
        time.sleep(0.02)
    raise AssertionError(f"no new checkpoint in {run}")


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_random_moments_it_always_goes_on_from_a_whole_checkpoint(times, tmp_path):
    run, moments, reached = tmp_path / "run", random.Random(0), 0
    process = begin([*NEVER_ENDING, str(run)])
    for _ in range(times):
        wait_for_checkpoints(run, newer_than=checkpoints(run / "checkpoints"))
        time.sleep(moments.uniform(0, 0.5))  # saves follow each other all the time
        process.kill()
        process.communicate()
        newest = checkpoints(run / "checkpoints")[0]
        _, counters = read_sealed(newest)  # whole, or this raises
        assert counters["nimg"] > reached
        reached = counters["nimg"]
        process = begin([*COMMAND, "train", "--resume", str(run)])
    wait_for_checkpoints(run, newer_than=checkpoints(run / "checkpoints"))
    process.kill()
    _, messages = process.communicate()
    assert "Going on from kimg" in messages
    assert "damaged" not in messages


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_go_on(number, code, tmp_path):
    run = tmp_path / "run"
    process = begin([*NEVER_ENDING, str(run), "--set", "checkpoint_every=1000"])
    deadline = time.monotonic() + 120
    while not (run / "stats.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    output, messages = process.communicate(timeout=60)
    assert process.returncode == code, messages
    assert output.splitlines()[-1] == str(run)
    assert f"ganzoo train --resume {run}" in messages
    _, counters = read_sealed(checkpoints(run / "checkpoints")[0])
    assert counters["nimg"] > 0
    assert Path(run / "config.json").exists()
