"""Model cards, from what an exported file says of itself."""

import json

import numpy as np
import pytest
from huggingface_hub import ModelCard
from made_up_measures import PROTOCOL
from PIL import Image

from ganzoo import GanzooError
from ganzoo.card import card_text, scores_of, write_card
from ganzoo.evaluation.keep import keep_in_run
from ganzoo.evaluation.protocol import RealSet
from ganzoo.evaluation.scores import Evaluation, Score, Scored
from ganzoo.runs.folder import RunFolder
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import Dataset, Training, graph_sha256
from ganzoo_serve.testing import make_metadata, write_model


def card(**fields):
    return ModelCard(card_text(make_metadata("tiny", **fields), licence="apache-2.0"), ignore_metadata_errors=False)


def test_the_hub_reads_the_front_matter():
    training = Training(
        recipe="dcgan-ns", architecture="dcgan", loss="ns", kimg=1.5, steps=20, seed=3, precision="fp32"
    )
    data = card(dataset=Dataset(name="fashion-mnist", licence="MIT", images=60000), training=training).data
    assert (data.license, data.library_name, data.model_name) == ("apache-2.0", "ganzoo", "tiny")
    assert data.pipeline_tag == "unconditional-image-generation"
    assert data.tags == ["gan", "onnx", "ganzoo", "ns"]
    assert data.datasets == ["fashion-mnist"]


@pytest.mark.parametrize("dataset", [None, Dataset(name="folder:my-photos")])
def test_data_that_the_hub_cannot_know_are_not_linked(dataset):
    assert card(dataset=dataset).data.datasets is None


def test_metrics_become_results_of_the_model_index():
    metrics = ({"name": "fid", "value": 12.5},)
    (result,) = card(metrics=metrics, dataset=Dataset(name="digits")).data.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_name) == ("fid", 12.5, "digits")


SCORE = Score(
    name="fid", value=3.21, error=0.04, over="95 % interval", better="lower", seeds=(0, 29_999), protocol=PROTOCOL
)


def test_scores_become_results_and_a_table():
    found = ModelCard(card_text(make_metadata("tiny"), licence="apache-2.0", scores=[SCORE]))
    (result,) = found.data.eval_results
    assert (result.metric_type, result.metric_value) == ("fid", 3.21)
    assert (result.dataset_name, result.dataset_split) == ("mnist", "train")
    assert "classifier features aaaaaaaaaaaa" in result.metric_name
    assert "| fid | 3.210 ± 0.040 | lower | train (60,000) | classifier aaaaaaaaaaaa |  |" in found.text


def test_what_all_scores_share_is_said_once_and_the_rest_in_their_rows():
    both = {"train": PROTOCOL.real["train"], "test": RealSet(images=9, sha256="e" * 64)}
    pixels = PROTOCOL.model_copy(update={"options": {"patch": 7}, "features": None, "real": both})
    scores = [SCORE, Score(name="swd", value=6.0, better="lower", seeds=(0, 29_999), protocol=pixels)]
    lines = card_text(make_metadata("tiny"), scores=scores).splitlines()
    shared = "10,000 samples, seeds 0 to 29999; against mnist at 32x32x1."
    assert [line for line in lines if "seeds 0 to" in line] == [f"Of this file, by `ganzoo eval`: {shared}"]
    fid = "| fid | 3.210 ± 0.040 | lower | train (60,000) | classifier aaaaaaaaaaaa | ± is the 95 % interval |"
    assert fid in lines
    assert "| swd | 6 | lower | train (60,000), test (9) |  | patch 7 |" in lines


def test_only_scores_of_the_very_graph_go_onto_the_card(tmp_path):
    model = write_model(tmp_path / "tiny.onnx", make_metadata("tiny"))
    graph = graph_sha256(write_model(tmp_path / "other.onnx", make_metadata("renamed")).read_bytes())
    run = RunFolder(tmp_path / "run")
    for kimg, sha in ((1.0, graph), (2.0, "2" * 64)):
        keep_in_run(run, Evaluation(scored=Scored(name="tiny", kimg=kimg, graph_sha256=sha), scores=(SCORE,)))
    assert scores_of(run, model) == (SCORE,)


def test_the_body_says_how_to_feed_the_file():
    text = card(classes=("cat", "größter Hund"), channels=1, z_dim=7).text
    assert "| classes | cat, größter Hund |" in text
    assert "`z` float32 (n, 7), normal, `label` int64 (n), to `images`\nuint8 (n, 8, 8, 1)." in text
    plain = card(output="float").text
    assert "`images`\nfloat32 (n, 3, 8, 8) in [-1, 1]." in plain
    assert "label" not in plain
    assert "`images`\nuint8 (n, 3, 8, 8)." in card(layout="nchw").text


@pytest.mark.parametrize("classes", [(), ("cat", "dog")])
def test_the_example_for_python_runs(classes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metadata = make_metadata("tiny", **({"classes": classes} if classes else {}))
    model = write_model(tmp_path / "model.onnx", metadata)
    found = {}
    exec(card_text(metadata).partition("```python\n")[2].partition("```")[0], found)
    generator = Generator.load(model, device="cpu")
    expected = generator.sample([42], classes=0 if classes else None)
    np.testing.assert_array_equal(found["images"], expected)


def test_the_address_of_an_image_survives_any_class_name():
    text = card(classes=("größter Hund?", "b")).text
    assert "/v1/models/tiny/images/42.png?class=gr%C3%B6%C3%9Fter%20Hund%3F'" in text


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    model = write_model(tmp_path / "tiny.onnx", make_metadata("tiny"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    (tmp_path / "file").write_text("")
    with pytest.raises(GanzooError, match=r"file could not be written: "):
        write_card(tmp_path / "run", model, tmp_path / "file")


def test_a_card_is_a_repository_that_names_no_place_on_this_machine(tmp_path):
    model = write_model(tmp_path / "tiny.onnx", make_metadata("tiny"))
    (tmp_path / "run").mkdir()
    config = {"dataset": "folder:/secret/place/photos", "data_dir": "/secret/data", "batch_size": 8}
    document = {"config": config, "origins": {"batch_size": "/secret/settings.toml"}, "versions": {"torch": "2"}}
    (tmp_path / "run" / "config.json").write_text(json.dumps(document))
    folder = write_card(tmp_path / "run", model, tmp_path / "card", licence="mit")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.onnx", "samples.png"]
    assert not [path.name for path in folder.iterdir() if b"secret" in path.read_bytes()]
    published = json.loads((folder / "config.json").read_text())
    assert published["config"] == {"dataset": "folder:photos", "data_dir": None, "batch_size": 8}
    with Image.open(folder / "samples.png") as picture:
        assert picture.size == (64, 64)
    assert ModelCard.load(folder / "README.md").data.license == "mit"


def test_a_class_name_stays_within_its_cell_of_the_table():
    text = card(classes=("a|b\n# own heading", "c")).text
    assert "| classes | a\\|b # own heading, c |" in text


def test_a_card_is_not_written_over_its_run(tmp_path):
    model = write_model(tmp_path / "tiny.onnx", make_metadata("tiny"))
    with pytest.raises(GanzooError, match="is the run itself"):
        write_card(tmp_path, model, tmp_path)
