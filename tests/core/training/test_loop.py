import errno
import json
import math

import pytest
import torch
from torch import Tensor

from ganzoo import Game, Loss, Regularizer
from ganzoo.config import Layer, TrainConfig, resolve
from ganzoo.data.load import load_dataset
from ganzoo.errors import ConfigError, Diverged, GanzooError, RunError
from ganzoo.registry import get_registry
from ganzoo.runs.folder import checkpoints
from ganzoo.sealed import read_sealed
from ganzoo.techniques import Technique
from ganzoo.training import plan, resume, start
from ganzoo.training.build import build_state
from ganzoo.training.engine import Engine, critic_steps, critic_steps_before
from ganzoo.training.loop import Pace, due

TINY = {"batch_size": 8, "z_dim": 4, "arch.hidden_g": [16], "arch.hidden_d": [16], "steps": 2}


def tiny(**settings):
    return resolve("mlp-ns", get_registry(), [Layer("test", TINY | settings)])


def d_step(s):
    return Engine(s).d_step()


def g_step(s):
    return Engine(s).g_step()


def config(**settings):
    return TrainConfig(recipe="mlp-wgan", architecture="mlp", loss="wgan", **settings)


def test_the_critic_is_trained_longer_at_the_start_and_now_and_then():
    boosted = config(n_critic=5, critic_boost={"n_critic": 100, "first": 25, "every": 500})
    counts = [critic_steps(boosted, step) for step in range(1001)]
    assert [step for step, count in enumerate(counts) if count == 100] == [*range(25), 500, 1000]
    assert set(counts) == {5, 100}
    assert critic_steps(config(n_critic=3), 0) == 3


def test_the_discriminator_may_be_trained_before_the_generator_begins():
    played = config(n_critic=2, d_pretraining=50)
    assert [critic_steps(played, step) for step in range(3)] == [52, 2, 2]


@pytest.mark.parametrize(
    "boost", [None, {"n_critic": 9, "first": 3, "every": 4}, {"n_critic": 9, "first": 0, "every": 5}]
)
def test_the_number_of_critic_steps_is_known_beforehand(boost):
    played = config(n_critic=2, critic_boost=boost, d_pretraining=7)
    for steps in range(30):
        assert critic_steps_before(played, steps) == sum(critic_steps(played, step) for step in range(steps))


def test_a_schedule_in_kimg_is_met_once_for_each_multiple_however_large_the_steps():
    assert [due(1.0, n, n + 400) for n in range(0, 2400, 400)] == [False, False, True, False, True, False]
    assert due(0.5, 100, 5000)
    assert not due(1000.0, 100, 5000)


def test_the_time_of_a_step_leaves_out_what_is_done_between_steps(monkeypatch):
    now = iter([0.0, 1.0, 5.0, 7.0, 7.5, 100.0, 101.0, 102.0, 102.0, 102.0])
    monkeypatch.setattr("ganzoo.training.loop.time.perf_counter", lambda: next(now))
    pace = Pace()
    pace.step()  # took 1 s
    pace.go_on()  # pictures until second 5
    pace.step()  # took 2 s; the device is done half a second later
    assert pace.read() == pytest.approx(1000 * 3.5 / 2)
    pace.go_on()
    pace.step()
    assert pace.read() == pytest.approx(1000)


def test_a_run_folder_holds_plain_files(tmp_path):
    outcome = start(tiny(), get_registry(), tmp_path / "run")
    assert outcome.nimg == 16
    document = json.loads((outcome.run / "config.json").read_text())
    assert document["config"]["steps"] == 2
    assert document["origins"]["steps"] == "test"
    assert document["data"]["images"] == 1500
    assert {"ganzoo", "torch", "numpy", "python"} <= document["versions"].keys()
    records = [json.loads(line) for line in (outcome.run / "stats.jsonl").read_text().splitlines()]
    assert [record["nimg"] for record in records] == [16, 16]  # losses, and signs of how it goes
    assert {"d_loss", "g_loss", "real_logits", "fake_logits", "images_per_s", "ms_per_step"} <= records[0].keys()
    assert {"own_logits", "generated_logits", "held_out_logits", "g_slope", "pixel_coverage"} <= records[1].keys()
    names = [path.name for path in sorted((outcome.run / "samples").iterdir())]
    assert names == ["kimg000000.000.png", "kimg000000.016.png"]
    assert len(checkpoints(outcome.run / "checkpoints")) == 1


def test_a_plan_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planned = plan(tiny(), get_registry())
    seconds, images_per_s = planned.pace()
    assert list(tmp_path.iterdir()) == []
    assert planned.resolved.config.resolution == (16, 16)
    assert seconds > 0
    assert images_per_s > 0
    assert planned.generator_parameters == 4 * 16 + 2 * 16 + 16 * 256 + 256
    assert planned.discriminator_parameters == 256 * 16 + 16 + 16 + 1


def exploding(at_step: int):
    """A loss that is NaN from the given discriminator step on."""
    count = 0

    def d_loss(*, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        nonlocal count
        count += 1
        return (fake_logits - real_logits) * (math.nan if count > at_step else 1.0)

    return Game(d_loss, lambda *, fake_logits, real_logits=None: -fake_logits)


@pytest.fixture
def registry_with_exploding_loss(monkeypatch):
    registry = get_registry()
    record = Loss(name="exploding", build=lambda options: exploding(at_step=10))
    monkeypatch.setitem(registry.losses._records, "exploding", (record, "test"))
    return registry


def test_nan_ends_the_run_with_the_last_good_checkpoint(tmp_path, registry_with_exploding_loss):
    settings = TINY | {"steps": 1000, "checkpoint_every": 0.02}
    resolved = resolve("mlp-exploding", registry_with_exploding_loss, [Layer("test", settings)])
    with pytest.raises(Diverged, match=r"diverged(.|\n)*last good checkpoint is .*kimg0000(.|\n)*lower learning rate"):
        start(resolved, registry_with_exploding_loss, tmp_path / "run")
    (newest, *_) = checkpoints(tmp_path / "run" / "checkpoints")
    tensors, counters = read_sealed(newest)
    assert counters["nimg"] <= 80
    assert all(tensor.isfinite().all() for name, tensor in tensors.items() if tensor.is_floating_point())


def test_out_of_memory_names_what_was_tried_and_fits(tmp_path, monkeypatch):
    play = Engine.d_step

    def hungry(self):
        if self.s.config.accumulate < 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return play(self)

    monkeypatch.setattr("ganzoo.training.engine.Engine.d_step", hungry)
    with pytest.raises(GanzooError, match=r"Out of memory at batch size 8(.|\n)*accumulate=4(.|\n)*--batch-size 2"):
        start(tiny(), get_registry(), tmp_path / "run")


@pytest.mark.parametrize("broken", ["ganzoo.training.journal.save_preview", "ganzoo.runs.folder.RunFolder.log"])
def test_a_disk_that_fills_up_is_a_sentence_and_the_checkpoints_stay(broken, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    start(tiny(), get_registry(), tmp_path / "run")
    kept = checkpoints(tmp_path / "run" / "checkpoints")
    monkeypatch.setattr(broken, full)
    with pytest.raises(RunError, match=r"could not be written: No space left on device(.|\n)*ganzoo train --resume"):
        resume(tmp_path / "run", get_registry(), steps=500)
    assert set(kept) <= set(checkpoints(tmp_path / "run" / "checkpoints"))


@pytest.mark.parametrize("name", ["warp", "mps", "cuda:99"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(ConfigError, match=r"expected auto, cpu, cuda|CUDA devices here"):
        start(tiny(device=name), get_registry(), tmp_path / "run")
    assert not (tmp_path / "run" / "config.json").exists()


def state(name="mlp-ns", **settings):
    registry = get_registry()
    resolved = resolve(name, registry, [Layer("test", {"batch_size": 8, "z_dim": 4} | settings)])
    data = load_dataset("digits", registry, resolution=8)
    return build_state(resolved.config, registry, data, torch.device("cpu"))


def test_the_generator_step_leaves_no_gradient_in_the_discriminator():
    s = state()
    d_step(s)
    before = [p.grad.clone() for p in s.D.parameters()]
    g_step(s)
    assert all(torch.equal(old, p.grad) for old, p in zip(before, s.D.parameters(), strict=True))


def test_what_a_discriminator_brings_frozen_stays_frozen():
    s = state()
    frozen = next(s.D.parameters())
    frozen.requires_grad_(False)
    s.__post_init__()
    before = frozen.clone()
    d_step(s)
    g_step(s)
    d_step(s)
    assert torch.equal(frozen, before)
    assert all(p.grad is not None for p in s.D.parameters() if p is not frozen)


class Watching(Technique):
    needs_real = True

    def __init__(self):
        super().__init__()
        self.steps = []

    def g_penalty(self, step):
        self.steps.append(step)


def test_a_technique_may_look_at_real_images_in_the_generators_step_of_the_same_classes():
    s = state(conditional=True)
    s.techniques["watching"] = watching = Watching()
    g_step(s)
    (step,) = watching.steps
    assert step.real_images.shape == step.fake_images.shape == (8, 1, 8, 8)
    assert step.real_output.logits.shape == (8,)
    torch.testing.assert_close(step.labels, s.data.labels[s.data._order[:8]])


class Greedy(Technique):
    def __init__(self, D):
        super().__init__()
        self.D = D


def test_a_technique_that_keeps_a_network_as_its_own_is_refused(monkeypatch):
    registry = get_registry()
    record = Regularizer(name="greedy", build=lambda context: Greedy(context.discriminator))
    monkeypatch.setitem(registry.regularizers._records, "greedy", (record, "test"))
    with pytest.raises(GanzooError, match="would be trained twice"):
        state(**{"regularizers.greedy": {}})


@pytest.mark.parametrize("message", ["CUDA error: an illegal memory access", "Unsupported memory format option"])
def test_other_troubles_with_memory_keep_their_own_words(message, tmp_path, monkeypatch):
    def broken(*args):
        raise RuntimeError(message)

    monkeypatch.setattr("ganzoo.training.engine.Engine.d_step", broken)
    with pytest.raises(RuntimeError, match=message):
        start(tiny(), get_registry(), tmp_path / "run")


def test_one_pass_over_both_batches_is_two_passes_where_samples_do_not_mix():
    s = state("dcgan-wgangp", **{"arch.width_d": 4, "arch.width_g": 4})
    real, fake = torch.randn(8, 1, 8, 8), torch.randn(8, 1, 8, 8)
    joint = s.judge_pair(real, fake, None)
    torch.testing.assert_close(joint[0].logits, s.judge(real, None).logits)
    torch.testing.assert_close(joint[1].logits, s.judge(fake, None).logits)


def test_a_lazy_penalty_counts_as_often_as_it_is_left_out():
    s = state("dcgan-wgangp", **{"arch.width_d": 4, "arch.width_g": 4, "regularizers.gradient-penalty.interval": 3})
    logged = ["gradient-penalty" in d_step(s) for _ in range(6)]
    assert logged == [True, False, False, True, False, False]


def test_penalties_run_in_float32_under_bf16():
    s = state("dcgan-wgangp", precision="bf16", **{"arch.width_d": 4, "arch.width_g": 4})
    images = torch.randn(2, 1, 8, 8)
    with s.autocast():
        assert s.discriminate(images, None).logits.dtype == torch.float32
        assert s.D(images).logits.dtype == torch.bfloat16
    assert all(math.isfinite(float(value)) for value in {**d_step(s), **g_step(s)}.values())
