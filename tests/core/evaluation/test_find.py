import numpy as np
import pytest

from ganzoo import GanzooError
from ganzoo.config import Layer, resolve
from ganzoo.errors import ConfigError
from ganzoo.evaluation.find import dataset_of, open_subject
from ganzoo.training import start
from ganzoo_serve.errors import ModelError
from ganzoo_serve.metadata import Dataset
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture
def run(measures, tmp_path, quick_export):
    settings = {"resolution": 8, "batch_size": 10, "arch.hidden_g": [8], "arch.hidden_d": [8], "steps": 2}
    resolved = resolve("mlp-ns", measures.registry, [Layer("test", settings)])
    return start(resolved, measures.registry, tmp_path / "run").run


def test_an_exported_file_is_scored_as_it_is_and_says_what_it_was_trained_on(measures, tmp_path):
    metadata = make_metadata("mine", dataset=Dataset(name="digits"))
    with open_subject(str(write_model(tmp_path / "m.onnx", metadata)), measures.registry) as subject:
        assert subject.source.scored.name == "mine"
        assert subject.run is None
        assert dataset_of(subject, None) == "digits"
        assert dataset_of(subject, "mnist") == "mnist"


@pytest.mark.parametrize("dataset", [None, Dataset(name="folder:photos"), Dataset(name="gone")])
def test_data_that_cannot_be_found_again_have_to_be_named(measures, tmp_path, dataset):
    model = write_model(tmp_path / "m.onnx", make_metadata("mine", dataset=dataset))
    with open_subject(str(model), measures.registry) as subject, pytest.raises(GanzooError, match="--dataset NAME"):
        dataset_of(subject, None)


def test_a_run_is_exported_for_it_and_nothing_is_left(measures, run):
    with open_subject(str(run), measures.registry) as subject:
        path = subject.source.generator.path
        assert subject.source.scored.kimg == 0.02
        assert subject.run.path == run
        assert dataset_of(subject, None) == "digits"
    assert not path.exists()
    assert not (run / "model.onnx").exists()


def test_the_run_s_own_file_is_taken_if_it_is_of_the_newest_checkpoint(measures, run):
    from ganzoo.export import export_run
    from ganzoo.training import resume

    export_run(run, measures.registry, path=run / "model.onnx")
    with open_subject(str(run), measures.registry) as subject:
        assert subject.source.generator.path == run / "model.onnx"
    resume(run, measures.registry, steps=4)
    with open_subject(str(run), measures.registry) as subject:
        assert subject.source.generator.path != run / "model.onnx"
        assert subject.source.scored.kimg == 0.04


def test_images_are_scored_by_the_name_that_a_data_set_has(measures, tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.zeros((5, 8, 8, 1), np.uint8))
    with open_subject(f"npz:{tmp_path / 'mine.npz'}", measures.registry) as subject:
        assert subject.source.scored.name == "npz:mine.npz"
        assert subject.source.generator is None


def test_what_is_nothing_of_these_is_answered_with_what_is_expected(measures, tmp_path):
    with pytest.raises(ConfigError, match=r"nothing to score at .*nowhere"), open_subject("nowhere", measures.registry):
        pass
    with pytest.raises(ConfigError, match=f"write 'folder:{tmp_path}'"), open_subject(str(tmp_path), measures.registry):
        pass


def test_a_file_without_metadata_is_named(measures, tmp_path):
    def bare(model):
        del model.metadata_props[:]

    model = write_model(tmp_path / "bare.onnx", make_metadata("mine"), edit=bare)
    with (
        pytest.raises(ModelError, match=r"bare.onnx has no ganzoo metadata"),
        open_subject(str(model), measures.registry),
    ):
        pass
