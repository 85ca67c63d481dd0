import logging
import shutil

import pytest

from ganzoo_serve.catalogue import Catalogue
from ganzoo_serve.errors import ModelError
from ganzoo_serve.testing import make_metadata, write_model


def load(*paths):
    return Catalogue.load(paths, device="cpu", workers=1)


def test_files_and_folders_are_searched_and_models_go_by_their_own_name(model_dir):
    with load(model_dir) as models:
        assert list(models) == ["classy", "floaty", "plain", "truncated"]
        assert models["floaty"].path == model_dir / "float" / "model.onnx"
        assert models.skipped == ()
    with load(model_dir / "plain.onnx", model_dir, model_dir / "plain.onnx") as models:
        assert len(models) == 4  # the same file again is no second model


def test_a_bad_file_in_a_folder_is_skipped_and_said(model_dir, tmp_path, caplog):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"no")
    (tmp_path / "dir.onnx").mkdir()
    with caplog.at_level(logging.WARNING), load(tmp_path) as models:
        assert list(models) == ["plain"]
        assert [skip.path.name for skip in models.skipped] == ["broken.onnx", "dir.onnx"]
        assert "is not an ONNX file" in models.skipped[0].reason
    assert "broken.onnx is not an ONNX file" in caplog.text


def test_a_bad_file_that_was_named_is_an_error(model_dir, tmp_path):
    bad = tmp_path / "broken.onnx"
    bad.write_bytes(b"no")
    with pytest.raises(ModelError, match=r"broken\.onnx is not an ONNX file"):
        load(model_dir, bad)


def test_two_models_of_one_name_are_refused_with_both_paths(model_dir, tmp_path):
    twin = write_model(tmp_path / "twin.onnx", make_metadata("plain"), width=5)
    with pytest.raises(ModelError, match=r"Two models are called 'plain': .*plain\.onnx and .*twin\.onnx"):
        load(model_dir, twin)


def test_nothing_to_serve_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=r"No model to serve in .*\n.*ganzoo export RUN"):
        load(tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"no")
    with pytest.raises(ModelError, match=r"No model to serve(.|\n)*broken\.onnx is not an ONNX file"):
        load(tmp_path)
    with pytest.raises(ModelError, match="no path at all"):
        load()
