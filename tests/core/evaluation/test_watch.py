"""Training with an eye on the scores: they are written, the best checkpoint stays, and the game does not notice."""

import json

import pytest

from ganzoo.config import Layer, resolve
from ganzoo.errors import ConfigError
from ganzoo.evaluation.keep import of_run
from ganzoo.evaluation.scores import Evaluation
from ganzoo.evaluation.watch import Watch
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed
from ganzoo.training import resume, start

SETTINGS = {
    "resolution": 8,
    "batch_size": 10,
    "arch.hidden_g": [8],
    "arch.hidden_d": [8],
    "steps": 6,
    "checkpoint_every": 0.02,
    "scoring.metrics": ["gap"],
    "scoring.samples": 12,
}


pytestmark = pytest.mark.usefixtures("quick_export")


@pytest.fixture
def registry(measures):
    return measures.registry


@pytest.fixture
def train(registry, tmp_path):
    def run(name, **settings):
        resolved = resolve("mlp-ns", registry, [Layer("test", SETTINGS | settings)])
        start(resolved, registry, tmp_path / name, scorer=Watch(registry))
        return RunFolder(tmp_path / name)

    return run


def scored(run):
    return [(e.scored.kimg, e.scores[0].value) for e in of_run(run)]


def test_numbers_are_written_at_the_start_as_often_as_asked_and_at_the_end(train):
    run = train("run", **{"scoring.every": 0.02})
    assert [kimg for kimg, _ in scored(run)] == [0.0, 0.02, 0.04, 0.06]
    logged = [(record["nimg"] / 1000, record["gap"]) for record in run.stats() if "gap" in record]
    assert logged == scored(run)


def test_the_best_checkpoint_is_kept_whatever_comes_after_it(train):
    run = train("run", **{"scoring.every": 0.02, "keep_checkpoints": 1})
    kimg, value = min(scored(run), key=lambda pair: pair[1])
    assert read_sealed(run.best)[1]["nimg"] == round(kimg * 1000)
    best = Evaluation.read(run.scores / "best.json")
    assert (best.scored.kimg, best.scores[0].value) == (kimg, value)
    assert len(checkpoints(run.checkpoints)) == 1


def test_being_watched_changes_nothing_in_the_game(train):
    plain, watched = train("plain"), train("watched", **{"scoring.every": 0.02})
    assert not plain.scores.exists()
    last = [checkpoints(run.checkpoints)[0].read_bytes() for run in (plain, watched)]
    assert last[0] == last[1]


def test_a_resumed_run_goes_on_being_watched(train, registry):
    run = train("run", **{"scoring.every": 0.02, "steps": 3})
    resume(run.path, registry, steps=6, scorer=Watch(registry))
    straight = train("straight", **{"scoring.every": 0.02})
    assert scored(run)[-1] == scored(straight)[-1]
    assert scored(run)[:2] == scored(straight)[:2]


def test_a_finished_run_is_not_measured_again_unless_it_was_not(train, registry):
    run = train("run", **{"scoring.every": 0.02})
    before = run.stats_file.read_bytes()
    resume(run.path, registry, scorer=Watch(registry))
    assert run.stats_file.read_bytes() == before
    run.scores_at(0.06).unlink()  # as if it had been killed between the last save and the last look
    resume(run.path, registry, scorer=Watch(registry))
    assert scored(run)[-1][0] == 0.06


def test_a_metric_that_cannot_be_had_is_refused_before_the_work(train, tmp_path):
    with pytest.raises(ConfigError, match="shares compares class by class"):
        train("run", **{"scoring.every": 0.02, "scoring.metrics": ["shares"]})
    assert not any("d_loss" in record for record in RunFolder(tmp_path / "run").stats())


def test_a_best_under_another_protocol_does_not_count(train, registry):
    run = train("run", **{"scoring.every": 0.06})
    best = json.loads((run.scores / "best.json").read_text())
    best["scores"][0]["protocol"]["samples"] = 1000
    best["scores"][0]["value"] = 0.0
    (run.scores / "best.json").write_text(json.dumps(best))
    assert Watch(registry)._is_best(run, of_run(run)[-1].scores[0])


@pytest.mark.parametrize("broken", ["", "{}", '{"scored": {"name": "x"}, "scores": []}'])
def test_a_best_that_cannot_be_read_is_said_and_its_checkpoint_stays(train, registry, broken, capsys):
    run = train("run", **{"scoring.every": 0.06})
    before = run.best.read_bytes()
    (run.scores / "best.json").write_text(broken)
    resume(run.path, registry, steps=9, scorer=Watch(registry))
    assert (run.path / "best.safetensors.old").read_bytes() == before
    assert "best.json is no evaluation" in capsys.readouterr().err


def test_a_number_of_which_none_is_better_decides_nothing(train):
    with pytest.raises(ConfigError, match="light cannot decide which checkpoint is the best"):
        train("run", **{"scoring.every": 0.02, "scoring.metrics": ["light"]})
