"""What is kept of a seed, and the numbers over several."""

import json

import pytest

from ganzoo import ConfigError, DataError
from ganzoo_semisupervised.report import table
from ganzoo_semisupervised.results import Outcome, SeedResult, read, write

PROTOCOL = {
    "dataset": "stripes",
    "image_shape": "8x8x1",
    "train_images": 1500,
    "test_images": 200,
    "classes": 10,
    "labels": 100,
    "labels_per_class": 10,
    "batch_size": 100,
    "steps": 30,
    "epochs": 2.0,
}
MACHINE = {"device": "cpu", "threads": 1}


def result(seed, errors=10):
    return SeedResult(seed=seed, supervised=20, semisupervised=errors, probe_labelled=30, probe_all=5, seconds=1.5)


def outcome(*seeds):
    return Outcome(protocol=PROTOCOL, machine=MACHINE, seeds=list(seeds))


def test_what_was_written_is_read_again(tmp_path):
    file = tmp_path / "new" / "out.json"
    write(file, outcome(result(0), result(4)))
    assert read(file, PROTOCOL) == [result(0), result(4)]
    assert [path.name for path in file.parent.iterdir()] == ["out.json"]
    assert json.loads(file.read_text())["errors"]["semisupervised"] == {"mean": 10.0, "interval_95": 0.0}


def test_no_file_holds_no_seeds(tmp_path):
    assert read(tmp_path / "out.json", PROTOCOL) == []


def test_results_of_other_settings_are_not_mixed_in(tmp_path):
    write(tmp_path / "out.json", outcome(result(0)))
    with pytest.raises(ConfigError, match="results of other settings: labels 100, now 200"):
        read(tmp_path / "out.json", PROTOCOL | {"labels": 200})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seeds": [{"seed": 1}], "protocol": {}}', "[" * 100_000, "\x00"])
def test_a_foreign_file_is_left_alone(tmp_path, text):
    file = tmp_path / "out.json"
    file.write_text(text)
    with pytest.raises(DataError, match="holds no results of 'ganzoo semisupervised'"):
        read(file, PROTOCOL)
    assert file.read_text() == text


def test_the_table_has_every_seed_the_mean_and_percentages():
    text = table(outcome(result(0, 8), result(1, 12)))
    rows = [line.split() for line in text.splitlines()]
    assert rows[2] == ["0", "20", "8", "30", "5", "2"]
    assert "10.0 ± 25.4" in text  # t(1, 0.975) = 12.706, deviation 2.83 over the root of 2
    assert "5.00 ± 12.71" in text
    assert "100 labelled, 10 of each of 10 classes" in text


def test_the_table_of_one_seed_has_no_interval():
    assert "±" not in table(outcome(result(0)))
