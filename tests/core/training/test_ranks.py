"""Several processes play one game, and it is the game that one process plays."""

import json
import os
import subprocess
import sys

import games_together
import pytest
import torch
from torch import nn

from ganzoo import both_players, ranks
from ganzoo.errors import ConfigError
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed

GAMES = {
    "dcgan-wgangp": {"arch.width_g": 4, "arch.width_d": 4, "n_critic": 2, "conditional": True},
    "dcgan-ns": {"arch.width_g": 4, "arch.width_d": 4, "arch.norm_d": "batch", "augmentations.flip.p": 0.5},
    "mlp-hinge": {
        "arch.hidden_g": [16],
        "arch.hidden_d": [16],
        "regularizers.r1.interval": 4,
        "z_distribution": "uniform",
    },
}
GENTLE = both_players({"kind": "sgd", "lr": 0.02})


def played(folder, world, name, *, iterations=20, **settings):
    folder.mkdir()
    codes = games_together.together(world, games_together.play, folder, name, GAMES[name] | settings, iterations)
    assert codes == [0] * world
    return [torch.load(folder / f"{number}.pt") for number in range(world)]


def flat(found):
    return {f"{player}.{key}": value.double() for player in "GD" for key, value in found[player].items()}


@pytest.mark.parametrize(("name", "worlds"), [("dcgan-wgangp", [2]), ("dcgan-ns", [2, 4]), ("mlp-hinge", [4])])
def test_the_same_batch_on_one_two_and_four_processes_gives_the_same_weights(name, worlds, tmp_path):
    (one,) = played(tmp_path / "1", 1, name, **GENTLE)
    for world in worlds:
        found = played(tmp_path / str(world), world, name, **GENTLE)
        torch.testing.assert_close(flat(found[0]), flat(one), rtol=1e-4, atol=1e-5)
        for other in found[1:]:
            torch.testing.assert_close(flat(other), flat(found[0]), rtol=0, atol=0)
        assert {other["position"] for other in found} == {one["position"]}


def test_adam_stays_close(tmp_path):
    (one,) = played(tmp_path / "1", 1, "dcgan-wgangp")
    two, _ = played(tmp_path / "2", 2, "dcgan-wgangp")
    # It divides by the size of the gradient, so that rounding shows where a gradient is nearly nothing.
    torch.testing.assert_close(flat(two), flat(one), rtol=1e-2, atol=1e-4)


def test_rounds_of_accumulation_give_the_weights_of_the_whole_batch(tmp_path):
    settings = GENTLE | {"arch.norm_g": "layer"}  # batch norm takes its statistics of a round
    (one,) = played(tmp_path / "1", 1, "dcgan-wgangp", **settings)
    (rounds,) = played(tmp_path / "rounds", 1, "dcgan-wgangp", accumulate=4, **settings)
    both, _ = played(tmp_path / "both", 2, "dcgan-wgangp", accumulate=2, **settings)
    torch.testing.assert_close(flat(rounds), flat(one), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(flat(both), flat(one), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [{"batch_size": 10, "accumulate": 4}, {"batch_size": 4, "accumulate": 4}])
def test_a_batch_that_cannot_be_divided_is_refused(settings):
    with pytest.raises(ConfigError, match=r"cannot be divided into 4: processes 1, accumulate 4(.|\n)*--batch-size 8"):
        games_together.state("mlp-hinge", GAMES["mlp-hinge"] | settings)


def test_gathered_samples_can_be_differentiated_twice(tmp_path):
    assert games_together.together(3, games_together.differentiate, tmp_path, games_together.uneven) == [0, 0, 0]
    x = games_together.whole(9).requires_grad_()
    parts = x.split(3)
    values = [((x.pow(3).mean(0) - part.sin()) * x.std()).mean() for part in parts]
    (gradient,) = torch.autograd.grad(sum(values), x, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), x)
    for number, part in enumerate(zip(values, gradient.split(3), second.split(3), strict=True)):
        found = torch.load(tmp_path / f"{number}.pt")
        torch.testing.assert_close(found, tuple(tensor.detach() for tensor in part))


@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_norm_sees_the_samples_of_all_processes(momentum, tmp_path):
    assert games_together.together(2, games_together.norm, tmp_path, momentum) == [0, 0]
    torch.manual_seed(0)
    layer = nn.BatchNorm1d(2, momentum=momentum, dtype=torch.float64)
    nn.init.uniform_(layer.weight)
    nn.init.uniform_(layer.bias)
    x = games_together.whole(6).requires_grad_()
    for _ in range(2):
        x.grad = None
        outcome = layer(x)
        (outcome.sin().sum() / 3).backward()
    evaluated = layer.eval()(x)
    for number in range(2):
        part = slice(3 * number, 3 * number + 3)
        found, gradient, later, gradients, kept = torch.load(tmp_path / f"{number}.pt")
        torch.testing.assert_close(found, outcome.detach()[part])
        torch.testing.assert_close(gradient, x.grad[part])
        torch.testing.assert_close(later, evaluated.detach()[part])
        torch.testing.assert_close(gradients, [p.grad / 2 for p in layer.parameters()])  # the mean over two
        torch.testing.assert_close(kept, {f"0.{name}": value for name, value in layer.state_dict().items()})


def test_each_process_keeps_random_numbers_of_its_own_in_the_checkpoint(tmp_path):
    settings = GAMES["mlp-hinge"]
    assert games_together.together(2, games_together.save_and_go_on, tmp_path, "mlp-hinge", settings) == [0, 0]
    first, second = (torch.load(tmp_path / f"{number}.pt") for number in range(2))
    for drawn in (first, second):
        torch.testing.assert_close(drawn[0], drawn[1], rtol=0, atol=0)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("number", [0, 1])
def test_a_signal_to_one_process_stops_them_all_at_the_same_step(number, tmp_path):
    assert games_together.together(2, games_together.stop, tmp_path, number) == [0, 0]
    assert [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)] == [(3, 15), (3, 15)]


def test_alone_nothing_is_gathered():
    x = torch.randn(3, 2, requires_grad=True)
    assert ranks.gather_samples(x) is x
    assert (ranks.rank(), ranks.world(), ranks.first(), ranks.largest(7), ranks.told_by_first("a")) == (
        0,
        1,
        True,
        7,
        "a",
    )


TRAIN = [
    "train", "mlp-ns", "--steps", "60", "--batch-size", "8", "--checkpoint-every", "0.08", "--seed", "3",
    "--set", "arch.hidden_g=[16]", "--set", "arch.hidden_d=[16]", "--set", "z_dim=4",
]  # fmt: skip
DYING = """
import os, sys
from ganzoo import cli
from ganzoo.training.engine import Engine

number, at = os.environ["RANK"], int(os.environ["DIES_AT"])
play = Engine.d_step

def d_step(self):
    if number == "1" and self.s.d_steps == at and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
        os.kill(os.getpid(), 9)
    return play(self)

Engine.d_step = d_step
cli.main(sys.argv[1:], prog_name="ganzoo")
"""


def torchrun(*arguments, dies_at=-1, script=None):
    module = [str(script)] if script else ["-m", "ganzoo"]
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        *arguments[0],
        *module,
        *arguments[1],
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DIES_AT": str(dies_at)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = tmp_path_factory.mktemp("together") / "run"
    outcome = torchrun(["--standalone"], [*TRAIN, "--out", str(run)])
    assert outcome.returncode == 0, outcome.stderr
    return run, outcome


def test_one_process_writes(undisturbed):
    run, outcome = undisturbed
    assert outcome.stdout.splitlines() == [str(run)]
    assert outcome.stderr.count("Done:") == 1
    assert [record["g_steps"] for record in RunFolder(run).stats()] == [60, 60]  # losses, signs
    assert json.loads((run / "config.json").read_text())["config"]["steps"] == 60


@pytest.mark.parametrize("restarts", [0, 1])
def test_when_a_process_dies_the_training_goes_on_from_the_last_checkpoint(restarts, undisturbed, tmp_path):
    script = tmp_path / "dying.py"
    script.write_text(DYING)
    run = tmp_path / "run"
    arguments = ["--standalone", "--max-restarts", str(restarts)], [*TRAIN, "--out", str(run)]
    outcome = torchrun(*arguments, dies_at=47, script=script)
    if not restarts:
        assert outcome.returncode != 0
        assert f"--resume {run}" in outcome.stderr
        assert read_sealed(checkpoints(run / "checkpoints")[0])[1]["g_steps"] == 40
        outcome = torchrun(["--standalone"], ["train", "--resume", str(run)])
    assert outcome.returncode == 0, outcome.stderr
    assert "Going on from kimg" in outcome.stderr
    newest, expected = (checkpoints(folder / "checkpoints")[0] for folder in (run, undisturbed[0]))
    assert newest.read_bytes() == expected.read_bytes()


def test_a_run_goes_on_with_another_number_of_processes(undisturbed, tmp_path, monkeypatch):
    from ganzoo.registry import get_registry
    from ganzoo.training import resume

    run = undisturbed[0]
    before = read_sealed(checkpoints(run / "checkpoints")[0])[1]["nimg"]
    assert resume(run, get_registry(), steps=65).nimg == before + 5 * 8


def test_under_torchrun_the_folder_must_be_named(ganzoo, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    outcome = ganzoo("train", "mlp-ns")
    assert outcome.exit_code == 2
    assert "--out" in outcome.stderr
