"""``ganzoo semisupervised``, from its options to its table."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ganzoo import ConfigError, DataError, UnknownName
from ganzoo_semisupervised import experiment
from ganzoo_semisupervised.command import command

QUICK = ["--dataset", "digits", "--resolution", "8", "--labels", "20", "--epochs", "1", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _digits_only(monkeypatch):
    monkeypatch.delenv("GANZOO_DATA", raising=False)


def invoke(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def refusal(*arguments):
    """The sentence with which the command ends, and its kind."""
    outcome = invoke(*arguments)
    assert outcome.exception is not None, outcome.output
    assert outcome.stdout == ""
    return outcome.exception


def test_the_table_goes_to_stdout_and_progress_to_stderr(tmp_path):
    outcome = invoke(*QUICK, "--seeds", "2", "--json", tmp_path / "out.json")
    assert outcome.exit_code == 0, outcome.output
    lines = outcome.stdout.splitlines()
    assert lines[0] == "Errors of 297 test images:"
    assert [line.split()[0] for line in lines[2:6]] == ["0", "1", "mean", "percent"]
    assert "20 labelled, 2 of each of 10 classes" in outcome.stdout
    assert "Seed 1: " in outcome.stderr
    written = json.loads((tmp_path / "out.json").read_text())
    assert [seed["seed"] for seed in written["seeds"]] == [0, 1]
    assert all(0 <= seed["semisupervised"] <= 297 for seed in written["seeds"])


def test_a_restart_goes_on_with_the_missing_seeds_and_gives_the_same_numbers(tmp_path, monkeypatch):
    whole, halves = tmp_path / "whole.json", tmp_path / "halves.json"
    assert invoke(*QUICK, "--seeds", "0,3", "--json", whole).exit_code == 0

    original, calls = experiment.run_seed, []

    def stopped_at_the_second(*args, seed, **options):
        calls.append(seed)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*args, seed=seed, **options)

    monkeypatch.setattr(experiment, "run_seed", stopped_at_the_second)
    stopped = invoke(*QUICK, "--seeds", "0,3", "--json", halves)
    assert stopped.exit_code != 0
    assert "Stopped: 1 of 2 seeds are done; the same command goes on" in stopped.stderr
    assert [seed["seed"] for seed in json.loads(halves.read_text())["seeds"]] == [0]
    assert invoke(*QUICK, "--seeds", "0,3", "--json", halves).exit_code == 0
    assert calls == [0, 3, 3]

    def errors(file):
        seeds = json.loads(file.read_text())["seeds"]
        return [{key: value for key, value in seed.items() if key != "seconds"} for seed in seeds]

    assert errors(halves) == errors(whole)


def test_seeds_that_are_there_already_are_not_trained_again(tmp_path, monkeypatch):
    assert invoke(*QUICK, "--seeds", "0,1", "--json", tmp_path / "out.json").exit_code == 0
    monkeypatch.setattr(experiment, "run_seed", None)
    outcome = invoke(*QUICK, "--seeds", "1,", "--json", tmp_path / "out.json")
    assert outcome.exit_code == 0
    assert [line.split()[0] for line in outcome.stdout.splitlines()[2:5]] == ["1", "mean", "percent"]


def test_results_of_other_settings_are_refused_before_any_work(tmp_path, monkeypatch):
    assert invoke(*QUICK, "--seeds", "1", "--json", tmp_path / "out.json").exit_code == 0
    monkeypatch.setattr(experiment, "run_seed", None)
    error = refusal(*QUICK, "--labels", "30", "--json", tmp_path / "out.json")
    assert isinstance(error, ConfigError)
    assert "labels 20, now 30" in str(error)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (25, "cannot be shared equally among 10 classes; expected a multiple of 10, such as 20 or 30"),
        (5, "cannot be shared equally among 10 classes"),
        (1490, "1490 labels are 149 of each class"),
        (2000, "2000 labels are more than the 1,500 training images of 'digits'; expected at most '--labels 14"),
    ],
)
def test_labels_that_cannot_be_had_are_refused(labels, expected):
    error = refusal(*QUICK, "--labels", labels)
    assert isinstance(error, ConfigError)
    assert expected in str(error)


def test_a_data_set_without_classes_or_test_images_is_refused(tmp_path):
    for name in ("cat/a.png", "dog/b.png"):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / name)
    without_test, without_labels = (refusal("--dataset", f"folder:{p}") for p in (tmp_path, tmp_path / "cat"))
    assert isinstance(without_test, DataError)
    assert "no test split" in str(without_test)
    assert isinstance(without_labels, ConfigError)
    assert "no labels" in str(without_labels)


def test_an_unknown_data_set_names_those_that_there_are():
    error = refusal("--dataset", "digit")
    assert isinstance(error, UnknownName)
    assert "Did you mean 'digits'" in str(error)


def test_a_device_that_is_not_here_is_refused():
    error = refusal(*QUICK, "--device", "meta")
    assert isinstance(error, ConfigError)
    assert "ganzoo does not run on 'meta'" in str(error)


def test_other_seeds_are_refused():
    outcome = invoke(*QUICK, "--seeds", "1,1")
    assert outcome.exit_code == 2
    assert "Invalid value for '--seeds'" in outcome.stderr


def test_it_is_offered_as_a_command():
    import ganzoo_semisupervised

    offered = []
    ganzoo_semisupervised.register_commands(offered.append)
    assert [offer.name for offer in offered] == ["semisupervised"]
