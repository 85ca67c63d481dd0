"""``ganzoo eval``, ``scores`` and ``bench`` on the command line, with the real metrics and features."""

import csv
import json
import re
import shutil
import sys

import numpy as np
import PIL.Image
import pytest

from ganzoo_serve.metadata import Dataset
from ganzoo_serve.testing import make_metadata, write_model

DIGITS = tuple("0123456789")
FEATURES = ["--features", "classifier:epochs=1"]  # trained in a second, and good enough to tell digits from noise


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all tests here, so that the features' network is trained once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _in_it(cache, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(cache))


@pytest.fixture
def model(tmp_path):
    metadata = make_metadata("tiny", size=8, channels=1, classes=DIGITS, dataset=Dataset(name="digits"))
    return write_model(tmp_path / "tiny.onnx", metadata)


def test_a_model_is_scored_and_the_numbers_kept(ganzoo, model, tmp_path):
    done = ganzoo("eval", model, *FEATURES, "--samples", 200, "--metrics", "fid,prdc", "--json", "out/scores.json")
    assert done.exit_code == 0, done.output
    first, *lines = done.stdout.splitlines()
    assert first.startswith("tiny: 200 images against digits (train, 1,500 images) at 8x8x1, classifier features ")
    assert [line.split()[0] for line in lines] == ["fid", "precision", "recall", "density", "coverage"]
    assert lines[0].endswith("lower is better")
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())["scores"]
    assert [score["name"] for score in scores] == [line.split()[0] for line in lines]
    assert float(lines[0].split()[1]) == pytest.approx(scores[0]["value"], rel=1e-3)


def test_the_same_command_gives_the_same_numbers(ganzoo, model):
    first, second = (
        ganzoo("eval", model, *FEATURES, "--samples", 100, "--metrics", "fid", "--metrics", "kid:size=50").stdout
        for _ in range(2)
    )
    assert first
    assert first == second


def test_scores_are_put_side_by_side_or_refused(ganzoo, model):
    for name, samples in (("a", 100), ("b", 100), ("c", 120)):
        done = ganzoo("eval", model, *FEATURES, "--samples", samples, "--metrics", "fid", "--json", f"{name}.json")
        assert done.exit_code == 0, done.output
    assert ganzoo("scores", "a.json", "b.json", "--format", "csv").stdout.splitlines()[0] == "model,fid"
    refused = ganzoo("scores", "a.json", "b.json", "c.json")
    assert refused.exit_code == 1
    assert "fid of tiny and of tiny (c.json) cannot stand in one table" in refused.stderr
    assert "samples: 100 against 120" in refused.stderr
    chosen = ganzoo("scores", "a.json", "b.json", "c.json", "--where", "samples=100", "--metrics", "fid")
    assert chosen.exit_code == 0
    assert len(chosen.stdout.splitlines()) == 3


def test_pictures_of_metrics_are_written(ganzoo, model, tmp_path):
    done = ganzoo("eval", model, *FEATURES, "--samples", 40, "--metrics", "memorisation", "--pictures", "look")
    assert done.exit_code == 0, done.output
    assert list((tmp_path / "look").glob("*.png"))


def test_too_few_samples_for_the_features_are_said_with_the_number_needed(ganzoo, model):
    done = ganzoo("eval", model, *FEATURES, "--samples", 20, "--metrics", "fid")
    assert done.exit_code == 0
    assert "Note: fid is from 20 images" in done.stderr
    assert "at least" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--metrics", "fdi"], 1, "Unknown metric 'fdi'. Did you mean 'fid'"),
        (["--metrics", "kid:sizes=3"], 2, "metrics.kid.sizes: there is no such option"),
        (["--features", "inceptoin"], 1, "Unknown feature extractor 'inceptoin'"),
        (["--truncation", "0.5"], 2, "has no truncation"),
        (["--samples", "1"], 2, "1 is not in the range 2<=x<=10000000"),
        (["--dataset", "folder:nowhere"], 1, "nowhere"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(ganzoo, model, arguments, code, message):
    done = ganzoo("eval", model, "--samples", 20, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_pictures_are_large_enough_to_be_looked_at(ganzoo, model, tmp_path):
    done = ganzoo("eval", model, "--samples", 8, *FEATURES, "--metrics", "ppl", "--pictures", "look")
    assert done.exit_code == 0, done.output
    assert done.stderr.rstrip().endswith("Wrote look/ppl.png")
    with PIL.Image.open(tmp_path / "look" / "ppl.png") as picture:
        assert 400 < max(picture.size) <= 800


def test_without_a_place_for_it_a_score_is_said_not_to_be_kept(ganzoo, model):
    assert "Not kept: '--json FILE' writes it." in ganzoo("eval", model, "--samples", 8, "--metrics", "swd").stderr


def test_where_features_are_out_of_reach_the_metrics_that_need_none_are_named(ganzoo, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    said = ganzoo("eval", model, "--samples", 8, "--features", "inception").stderr
    assert "pip install 'ganzoo[inception]'" in said
    assert re.search(r"Of the metrics, .*spectrum, swd.* look at no features\.", said)


def test_one_metric_that_cannot_be_taken_costs_none_of_the_others(ganzoo, model, tmp_path):
    np.savez(tmp_path / "bare.npz", images=np.zeros((30, 8, 8, 1), np.uint8))
    options = ["--dataset", f"npz:{tmp_path / 'bare.npz'}", "--metrics", "swd,parzen", "--json", "a.json"]
    done = ganzoo("eval", model, "--samples", 20, *options)
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["swd"]
    assert "test" in done.stderr.splitlines()[-1]
    assert [score["name"] for score in json.loads((tmp_path / "a.json").read_text())["scores"]] == ["swd"]


def test_class_metrics_of_data_without_labels_are_refused(ganzoo, model, tmp_path):
    np.savez(tmp_path / "bare.npz", images=np.zeros((30, 8, 8, 1), np.uint8))
    done = ganzoo("eval", model, "--samples", 20, "--dataset", f"npz:{tmp_path / 'bare.npz'}", "--metrics", "intra-fid")
    assert done.exit_code == 2
    assert "compares class by class" in done.stderr


def test_changed_data_are_noticed(ganzoo, model, tmp_path):
    data = tmp_path / "mine.npz"
    labels = np.arange(40) % 2
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 1), dtype=np.uint8)
    images[labels == 1, :4] = 0
    arguments = ["eval", model, "--samples", 20, "--dataset", f"npz:{data}", "--metrics", "swd,spectrum"]
    np.savez(data, images=images, labels=labels)
    first = ganzoo(*arguments, "--json", "a.json")
    assert first.exit_code == 0, first.output
    images[0] = 255
    np.savez(data, images=images, labels=labels)
    assert ganzoo(*arguments, "--json", "b.json").exit_code == 0
    assert "real.train.sha256" in ganzoo("scores", "a.json", "b.json").stderr


def test_a_run_keeps_its_scores(ganzoo, tmp_path):
    small = ["--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]", "--resolution", 8, "--batch-size", 10]
    scoring = ["--eval-every", 0.02, "--set", "scoring.samples=30", "--set", 'scoring.metrics=["spectrum"]']
    done = ganzoo("train", "mlp-ns", "--steps", 2, *small, *scoring, "--out", "run")
    assert done.exit_code == 0, done.output
    assert re.search(r"0 kimg: spectrum_db [0-9.]+ \(best spectrum_db so far\)", done.stderr)
    table = ganzoo("scores", "run", "--format", "csv").stdout.splitlines()
    assert [line.split(",")[0] for line in table] == ["model", "mlp-ns-digits 0 kimg", "mlp-ns-digits 0.02 kimg"]
    assert (tmp_path / "run" / "best.safetensors").is_file()
    assert ganzoo("export", "run").exit_code == 0
    scored = ganzoo("eval", "run/model.onnx", "--samples", 30, "--metrics", "swd")
    assert scored.stderr.rstrip().endswith("Wrote run/scores/kimg000000.020.json")
    assert ganzoo("scores", "run", "--format", "csv").stdout.splitlines()[0] == "model,spectrum_db,swd"


def test_the_best_checkpoint_can_be_exported_scored_and_published(ganzoo, tmp_path):
    small = ["--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]", "--resolution", 8, "--batch-size", 10]
    scoring = ["--eval-every", 1, "--set", "scoring.samples=30", "--set", 'scoring.metrics=["spectrum"]']
    assert ganzoo("train", "mlp-ns", "--steps", 2, *small, *scoring, "--out", "run").exit_code == 0
    run = tmp_path / "run"
    shutil.copy(run / "checkpoints" / "kimg000000.000.safetensors", run / "best.safetensors")
    for arguments in (
        ["export", "run", "--best", "-o", "best.onnx"],
        ["card", "run", "--best", "-o", "card"],
        ["eval", "run", "--best", "--samples", 20, "--metrics", "spectrum", "--json", "best.json"],
    ):
        done = ganzoo(*arguments)
        assert done.exit_code == 0, done.output
    for path in ("best.onnx", "card/model.onnx"):
        assert json.loads(ganzoo("inspect", path, "--json").stdout)["training"]["kimg"] == 0
    assert json.loads((tmp_path / "best.json").read_text())["scored"]["kimg"] == 0
    assert not (run / "model.onnx").exists()
    assert "Not kept" in ganzoo("eval", "card/model.onnx", "--samples", 20, "--metrics", "swd").stderr
    assert not (tmp_path / "card" / "scores").exists()
    assert "is no run folder" in ganzoo("eval", "best.onnx", "--best").stderr


def test_there_is_no_best_without_being_measured(ganzoo):
    small = ["--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]", "--resolution", 8, "--batch-size", 10]
    assert ganzoo("train", "mlp-ns", "--steps", 1, *small, "--out", "run").exit_code == 0
    refused = ganzoo("export", "run", "--best")
    assert refused.exit_code == 1
    assert "--eval-every" in refused.stderr


def test_the_ladder_of_a_data_set(ganzoo, tmp_path):
    options = [*FEATURES, "--samples", 200, "--metrics", "fid", "--format", "csv", "--picture", "spoilt.png"]
    done = ganzoo("bench", "metrics", "--dataset", "digits", "--resolution", 8, *options)
    assert done.exit_code == 0, done.output
    values = dict(list(csv.reader(done.stdout.splitlines()))[1:])
    floor = float(values["test images"])
    assert floor < float(values["noise of 50%"])
    assert floor < float(values["blurred by 2 pixels"])
    assert floor < float(values["one class (27 images)"])
    assert (tmp_path / "spoilt.png").is_file()


def test_recipes_are_compared_in_one_table(ganzoo, tmp_path):
    options = ["--steps", 1, "--seeds", "0,1", "--metrics", "spectrum", "--samples", 30, "--out", "bench"]
    small = [
        "--set",
        "arch.hidden_g=[8]",
        "--set",
        "arch.hidden_d=[8]",
        "--set",
        "resolution=8",
        "--set",
        "batch_size=10",
    ]
    done = ganzoo("bench", "zoo", "mlp-ns", "--dataset", "digits", *options, *small)
    assert done.exit_code == 0, done.output
    assert "| mlp-ns | 2 |" in done.stdout
    assert {"table.md", "table.csv", "report.html"} < {path.name for path in (tmp_path / "bench").iterdir()}
