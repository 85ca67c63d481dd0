"""Reasons to stop, and going back after a divergence."""

import json

import pytest
import torch

from ganzoo import Game, Loss
from ganzoo.config import Layer, Plateau, resolve
from ganzoo.errors import ConfigError, Diverged
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed
from ganzoo.training import prepare, resume, start
from ganzoo.training.engine import Engine
from ganzoo.training.stopping import reason_to_stop, stuck_since

TINY = {"batch_size": 8, "z_dim": 4, "arch.hidden_g": [16], "arch.hidden_d": [16], "steps": 40}
FID = {"fid-plateau": Plateau(patience_kimg=100, min_change=0.1)}
WASSERSTEIN = {"wasserstein-plateau": Plateau(patience_kimg=30, min_change=0.0)}


def tiny(name="mlp-ns", registry=None, **settings):
    return resolve(name, registry or get_registry(), [Layer("test", TINY | settings)])


def log(name, *values, every_kimg=10):
    """The records of a run that logged these values."""
    return [{"nimg": 1000 * every_kimg * i, "g_steps": i, name: value} for i, value in enumerate(values)]


def test_the_last_improvement_is_the_last_by_more_than_a_share_of_the_best():
    series = [(0, 10.0), (1, 9.5), (2, 8.0), (3, 7.9), (4, 12.0)]
    assert stuck_since(series, 0.1) == (2, 8.0)
    assert stuck_since(series, 0.0) == (3, 7.9)
    assert stuck_since([], 0.1) is None


def test_a_number_below_zero_gets_better_by_falling():
    assert stuck_since([(0, -1.0), (1, -1.05), (2, -1.2)], 0.1) == (2, -1.2)


def test_a_fid_that_no_longer_falls_is_a_reason_to_stop_once_patience_is_over():
    records = log("fid", 50, 20, *[19] * 9)
    assert reason_to_stop(FID, records) is None  # 90 kimg later
    assert reason_to_stop(FID, log("fid", 50, 20, *[19] * 10)) == (
        "fid-plateau: fid has not fallen below 20, of 10 kimg, for 100 kimg"
    )
    assert reason_to_stop(FID, log("fid", *range(100, 1, -15), *[2] * 3)) is None


def test_other_numbers_and_no_numbers_are_no_reason():
    assert reason_to_stop(FID, log("kid", *[1.0] * 99)) is None
    assert reason_to_stop(FID, []) is None
    assert reason_to_stop({}, log("fid", *[1.0] * 99)) is None


def test_a_wasserstein_estimate_counts_from_its_peak():
    """A critic that has learnt nothing estimates 0: the least there is, and no success."""
    rising = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert reason_to_stop(WASSERSTEIN, log("wasserstein", *rising)) is None
    assert reason_to_stop(WASSERSTEIN, log("wasserstein", *rising, 4.0, 3.0, 2.0, 2.5, 2.5)) is None
    assert "wasserstein-plateau" in reason_to_stop(WASSERSTEIN, log("wasserstein", *rising, 3.0, 2.0, *[2.5] * 6))


def test_a_critic_that_prefers_generated_images_measures_no_distance():
    assert reason_to_stop(WASSERSTEIN, log("wasserstein", -0.4, *[-0.6] * 20)) is None


def test_one_odd_estimate_is_no_success():
    found = reason_to_stop(WASSERSTEIN, log("wasserstein", 5.0, 5.0, 5.0, 4.0, 4.0, 4.0, -3.0, 4.0, 4.0, 4.0))
    assert "has not fallen below 4," in found


def test_a_score_that_is_no_number_does_not_count():
    assert reason_to_stop(FID, log("fid", float("nan"), *range(100, 1, -15), *[2] * 3)) is None
    assert reason_to_stop(FID, log("fid", None, "x", *[1.0] * 20)) is not None


@pytest.mark.parametrize(
    ("name", "settings", "match"),
    [
        ("mlp-ns", {"stop_when.fid-plateau": {}}, r"no FID is measured(.|\n)*--eval-every"),
        (
            "mlp-ns",
            {"stop_when.fid-plateau": {}, "scoring.every": 1, "scoring.metrics": ["kid"]},
            "no FID is measured",
        ),
        ("mlp-ns", {"stop_when.wasserstein-plateau": {}}, r"'ns' estimates no Wasserstein distance(.|\n)*wgangp"),
        ("mlp-wgangp", {"stop_when.wasserstein-plateau": {}, "diagnose_every": None}, "diagnose_every"),
        ("mlp-ns", {"stop_when.plateau": {}}, "fid-plateau"),
        ("mlp-ns", {"stop_when.fid-plateau.patience": 3}, r"there is no such option(.|\n)*patience_kimg"),
    ],
)
def test_a_rule_whose_number_nobody_measures_is_refused(name, settings, match):
    with pytest.raises(ConfigError, match=match):
        tiny(name, **settings)


def test_held_out_images_are_asked_for_before_anything_is_written(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    from PIL import Image

    for i in range(10):
        Image.new("L", (8, 8), 20 * i).save(images / f"{i}.png")
    resolved = tiny("mlp-wgangp", dataset=f"folder:{images}", **{"stop_when.wasserstein-plateau": {}})
    with pytest.raises(ConfigError, match=r"held out of training, and there are none(.|\n)*test split"):
        start(resolved, get_registry(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.fixture
def stopped(tmp_path):
    """A run that a rule stopped long before its end."""
    plateau = {"stop_when.wasserstein-plateau.patience_kimg": 0.05, "diagnose_every": 0.016}
    idle = {"optimizer_g.lr": 1e-30, "optimizer_d.lr": 1e-30}  # neither learns: the estimate stays where it is
    start(tiny("mlp-wgangp", **plateau, **idle, n_critic=1), get_registry(), tmp_path / "run")
    return RunFolder(tmp_path / "run")


def test_a_rule_ends_a_run_and_the_log_says_so(stopped, capsys):
    last = stopped.stats()[-1]
    assert "wasserstein-plateau: wasserstein has not fallen below" in last["stopped"]
    assert stopped.stopped() == last["stopped"]
    assert 1 < last["g_steps"] < 40
    (newest, *_) = checkpoints(stopped.checkpoints)
    assert read_sealed(newest)[1]["nimg"] == last["nimg"]


def test_a_stopped_run_goes_on_only_with_a_budget_and_then_to_its_end(stopped, capsys):
    before = stopped.stats()
    assert resume(stopped.path, get_registry()).nimg == before[-1]["nimg"]
    assert "it stopped by wasserstein-plateau" in capsys.readouterr().err
    assert stopped.stats() == before
    outcome = resume(stopped.path, get_registry(), steps=30)
    assert outcome.nimg == 30 * 8
    assert stopped.stopped() is None
    assert stopped.stats()[: len(before)] == before


@pytest.fixture
def exploding(monkeypatch, zoo):
    """``exploding(at)``: a registry with a loss ``exploding`` that is NaN when the d-th batch of D is played, d in ``at``."""
    import ganzoo_classic
    import ganzoo_datasets

    def registry(at):
        played = iter(range(10**6))

        def d_loss(*, real_logits, fake_logits):
            factor = float("nan") if next(played) in at else 1.0
            return factor * (fake_logits - real_logits)

        class Plugin:
            @staticmethod
            def register_losses(register):
                game = Game(d_loss, lambda *, fake_logits, real_logits=None: -fake_logits)
                register(Loss(name="exploding", build=lambda options: game))

        from ganzoo import hookimpl

        Plugin.register_losses = staticmethod(hookimpl(Plugin.register_losses))
        return zoo(Plugin(), classic=ganzoo_classic, datasets=ganzoo_datasets)

    return registry


ROLLBACK = {"rollback.times": 2, "checkpoint_every": 0.04, "diagnose_every": None, "seed": 3}


def test_a_game_that_diverges_goes_on_from_the_last_checkpoint_at_a_lower_rate(exploding, tmp_path, capsys):
    registry = exploding({25})
    outcome = start(tiny("mlp-exploding", registry, **ROLLBACK), registry, tmp_path / "run")
    assert outcome.nimg == 40 * 8
    told = capsys.readouterr().err
    assert "Going on from kimg000000.160" in told
    assert "0.5 times the learning rates (rollback 1 of 2)" in told
    run = RunFolder(tmp_path / "run")
    (note,) = [record for record in run.stats() if "rolled_back" in record]
    assert note["nimg"] == 160
    assert not [record for record in run.stats() if "diverged" in record]
    assert read_sealed(checkpoints(run.checkpoints)[0])[1]["rollbacks"] == 1


def test_a_rollback_draws_other_numbers_and_keeps_the_lower_rate_after_a_resume(exploding):
    registry = exploding(set())
    _, state = prepare(tiny("mlp-exploding", registry, **ROLLBACK), registry)
    first = state.latents()
    drawn = []
    for count in (1, 2):
        state.rollbacks = count
        state.draw_anew()
        drawn.append(state.latents())
        assert not torch.equal(drawn[-1], first)
    assert not torch.equal(*drawn)
    tensors, counters = state.state()
    _, other = prepare(tiny("mlp-exploding", registry, **ROLLBACK), registry)
    other.load(tensors, json.loads(json.dumps(counters)))
    Engine(other).iterate()
    assert other.opt_g.param_groups[0]["lr"] == pytest.approx(0.25 * other.config.optimizer_g.lr)


def test_a_game_that_diverges_again_and_again_ends(exploding, tmp_path):
    registry = exploding(set(range(20, 10_000)))
    with pytest.raises(Diverged, match="diverged"):
        start(tiny("mlp-exploding", registry, **ROLLBACK), registry, tmp_path / "run")
    last = RunFolder(tmp_path / "run").stats()[-1]
    assert last["diverged"] == "a weight"


def test_without_rollbacks_a_divergence_ends_the_run(exploding, tmp_path):
    registry = exploding({20})
    with pytest.raises(Diverged, match=r"--set rollback\.times=3"):
        start(tiny("mlp-exploding", registry, **(ROLLBACK | {"rollback.times": 0})), registry, tmp_path / "run")


def test_a_game_may_go_back_to_its_very_beginning(exploding, tmp_path):
    registry = exploding({1})
    settings = ROLLBACK | {"checkpoint_every": 100}
    assert start(tiny("mlp-exploding", registry, **settings), registry, tmp_path / "run").nimg == 40 * 8


def test_rules_are_given_on_the_command_line(ganzoo):
    refused = ganzoo("train", "mlp-ns", "--stop-when", "fid-plateau:patience_kimg=9")
    assert refused.exit_code == 2
    assert "no FID is measured" in refused.stderr
    line = ["train", "mlp-ns", "--steps", 1, "--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]", "--dry-run"]
    shown = ganzoo(*line, "--eval-every", 5, "--stop-when", "fid-plateau:patience_kimg=9").stdout
    values = dict(text.split()[:2] for text in shown.splitlines() if text.startswith("stop_when"))
    assert values == {"stop_when.fid-plateau.patience_kimg": "9.0", "stop_when.fid-plateau.min_change": "0.01"}
