"""Games in which both players grow: played, recorded, stopped and gone on with, shared by processes, exported half grown."""

import games_together
import numpy as np
import onnx
import pytest
import torch

from ganzoo import both_players
from ganzoo.config import Layer, resolve
from ganzoo.data.load import load_dataset
from ganzoo.export.export import export_run
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed
from ganzoo.training import resume, start
from ganzoo.training.build import build_state
from ganzoo.training.engine import Engine
from ganzoo.training.graphs import PLAYED_FIRST
from ganzoo.training.probe import Probe
from ganzoo.training.signs import signs
from ganzoo_serve.generator import Generator

CPU = torch.device("cpu")
# Batches of 8: five of them at 4x4, five in which 8x8 fades in, five at 8x8, five in which 16x16 does.
SETTINGS = {
    "resolution": 16,
    "batch_size": 8,
    "z_dim": 5,
    "n_critic": 1,
    "arch.max_width": 6,
    "arch.phase_kimg": 0.04,
    "arch.fade_kimg": 0.04,
    "regularizers.drift.weight": 1e-3,
}


def resolved(**settings):
    return resolve("progressive-wgangp", get_registry(), [Layer("test", SETTINGS | settings)])


def state(**settings):
    registry = get_registry()
    return build_state(resolved(**settings).config, registry, load_dataset("digits", registry), CPU)


def weights(s):
    players = {"G": s.G, "D": s.D, "G_ema": s.G_ema}
    return {f"{name}.{key}": value for name, player in players.items() for key, value in player.state_dict().items()}


def levels(s):
    return [network.level.item() for network in (s.G, s.D, s.G_ema)]


def test_all_three_networks_grow_together_as_images_are_shown():
    s = state()
    engine, found = Engine(s), []
    assert levels(s) == [0, 0, 0]
    for _ in range(21):
        engine.iterate()
        assert len(set(levels(s))) == 1
        found.append(s.G.level.item())
    # After 8 images each time; the generator's step comes after those of its iteration.
    expected = [0] * 5 + [0.2, 0.4, 0.6, 0.8, 1] + [1] * 5 + [1.2, 1.4, 1.6, 1.8, 2] + [2]
    assert found == pytest.approx(expected, abs=2**-16)


def layers(s, before, *, moved):
    """Those whose weights did, or did not, move since ``before``."""
    now = {key: value for key, value in weights(s).items() if key.endswith("weight")}
    return {key.removesuffix(".weight") for key, value in now.items() if torch.equal(value, before[key]) != moved}


def copied(s):
    return {key: value.clone() for key, value in weights(s).items()}


def test_layers_learn_while_they_are_in_play_and_at_no_other_time():
    s = state()
    engine, before = Engine(s), copied(s)
    for _ in range(5):
        engine.iterate()
    generator = {"to_image.0", "blocks.0.spread", "blocks.0.rest.2"}
    discriminator = {"from_image.0.0", "to_features.1", "to_features.4", "to_logit"}
    assert layers(s, before, moved=True) == {
        *(f"{player}.{layer}" for player in ("G", "G_ema") for layer in generator),
        *(f"D.{layer}" for layer in discriminator),
    }
    for _ in range(16):
        engine.iterate()
    assert layers(s, before, moved=False) == set()
    before = copied(s)
    engine.iterate()
    assert layers(s, before, moved=False) >= {
        *(f"G.to_image.{stage}" for stage in (0, 1)),
        *(f"D.from_image.{stage}.0" for stage in (0, 1)),
    }
    assert layers(s, before, moved=True) >= {"G.to_image.2", "G.blocks.1.1", "D.from_image.2.0", "D.blocks.1.2"}


def test_the_discriminator_is_shown_real_and_generated_images_of_one_fineness():
    s = state()
    engine, seen = Engine(s), []
    s.D.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].detach()))
    engine.d_step()
    real, fake, between = seen
    for images in (real, fake, between):  # 4x4 pixels, repeated
        torch.testing.assert_close(images, images[:, :, ::4, ::4].repeat_interleave(4, 2).repeat_interleave(4, 3))
    assert real.std() > 0.1


class StageRecorder:
    """Records by keeping the work, and replays it only where the networks stand as they stood then."""

    device = CPU

    def __init__(self, s):
        self.s, self.recorded, self.replayed = s, [], 0

    def stands(self):
        return [(network.stage, network.fading) for network in (self.s.G, self.s.D, self.s.G_ema)]

    def play(self, work):
        return work()

    def record(self, work):
        scalars, recorded = {}, self.stands()
        self.recorded.append(recorded)

        def replay():
            assert self.stands() == recorded
            self.replayed += 1
            for name, value in work().items():
                scalars.setdefault(name, torch.zeros(())).copy_(value)

        return scalars, replay


def test_steps_are_recorded_for_each_stage_apart_and_play_the_same_game():
    eager, recorded = state(), state()
    recorder = StageRecorder(recorded)
    engine, recording = Engine(eager), Engine(recorded, recorder)
    for _ in range(26):
        for play, again in ((engine.d_step, recording.d_step), (engine.g_step, recording.g_step)):
            assert {k: v.item() for k, v in play().items()} == {k: v.item() for k, v in again().items()}
    torch.testing.assert_close(weights(recorded), weights(eager), rtol=0, atol=0)
    # 4x4; 8x8 as it fades in, and there; 16x16 as well: of each player.
    assert len(recorder.recorded) == 2 * 5
    assert recorder.replayed == 2 * (26 - 5 * PLAYED_FIRST)


@pytest.mark.parametrize("steps", [3, 8, 13, 18])
def test_a_run_that_stopped_at_any_stage_ends_with_the_same_bytes(steps, tmp_path):
    straight, halved = tmp_path / "straight", tmp_path / "halved"
    start(resolved(steps=22), get_registry(), straight)
    start(resolved(steps=steps), get_registry(), halved)
    resume(halved, get_registry(), steps=22)
    ends = [checkpoints(run / "checkpoints")[0].read_bytes() for run in (straight, halved)]
    assert ends[0] == ends[1]


def test_pictures_checkpoints_and_the_exported_file_are_of_the_stage_that_was_reached(tmp_path):
    run = tmp_path / "run"
    start(resolved(steps=7), get_registry(), run)  # 8x8 has come in by 0.4
    tensors, _ = read_sealed(checkpoints(RunFolder(run).checkpoints)[0])
    level = pytest.approx(0.4, abs=2**-16)
    assert [tensors[f"{name}.level"].item() for name in ("G", "D", "G_ema")] == [level] * 3
    report = export_run(run, get_registry())
    assert "stand at 0.40 of 2 stages of growth" in report.growth
    # Nothing of 16x16 is in the file.
    assert len([part for part in onnx.load(report.path).graph.node if part.op_type == "Conv"]) == 1 + 2 + 2
    assert report.parity.equal > 0.999
    images = Generator.load(report.path).sample([1, 2, 3])
    assert images.shape == (3, 16, 16, 1)
    places = images.reshape(3, 8, 2, 8, 2)
    np.testing.assert_array_equal(places.max((2, 4)), places.min((2, 4)))
    assert (places[:, 1::2] != places[:, ::2]).any()  # not those of 4x4


def test_the_probe_shows_real_images_as_training_does():
    s = state()
    probe = Probe.of(s.config, get_registry(), load_dataset("digits", get_registry(), resolution=16), CPU)
    seen = []
    s.D.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    signs(s, probe)
    own = torch.cat(seen)[: len(probe.own.images)]
    torch.testing.assert_close(own, s.D.shown(probe.own.images))
    assert not torch.allclose(own, probe.own.images, atol=0.1)


def test_a_game_that_is_timed_stays_full_grown():
    s = state()
    s.stay_grown()
    Engine(s).iterate()
    assert levels(s) == [2, 2, 2]
    images = torch.rand(2, 1, 16, 16)
    assert s.shown(images) is images


def test_two_processes_grow_as_one_does(tmp_path):
    game = "progressive-wgangp", SETTINGS | both_players({"kind": "sgd", "lr": 0.01})
    alone = games_together.state(*game)
    engine = Engine(alone)
    for _ in range(7):
        engine.iterate()
    assert alone.G.fading
    assert games_together.together(2, games_together.play, tmp_path, *game, 7) == [0, 0]
    first, second = (torch.load(tmp_path / f"{number}.pt") for number in range(2))
    torch.testing.assert_close((first["G"], first["D"]), (second["G"], second["D"]), rtol=0, atol=0)
    torch.testing.assert_close(first["G"], dict(alone.G.state_dict()), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first["D"], dict(alone.D.state_dict()), rtol=1e-4, atol=1e-5)


def test_a_budget_that_ends_before_the_networks_are_grown_is_no_secret(tmp_path, capsys):
    for kimg, heard in ((0.16, False), (0.1, True)):
        start(resolved(kimg=kimg), get_registry(), tmp_path / str(kimg))
        told = "After 0.1 kimg the networks stand at 1.00 of 2 stages of growth" in capsys.readouterr().err
        assert told == heard
