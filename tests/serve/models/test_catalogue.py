import logging
import os
import shutil
import time
from pathlib import Path

import pytest

from ganzoo_serve.errors import ModelError
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.models.trial import Trial
from ganzoo_serve.models.tuning import Tuned, tune
from ganzoo_serve.testing import make_metadata, write_model


def load(*paths):
    return Catalogue.load(paths, device="cpu")


def test_files_and_folders_are_searched_and_models_go_by_their_own_name(model_dir):
    models = load(model_dir)
    assert list(models) == ["classy", "floaty", "plain", "truncated"]
    assert models["floaty"].generator.path == model_dir / "float" / "model.onnx"
    assert models.skipped == ()
    models = load(model_dir / "plain.onnx", model_dir, model_dir / "plain.onnx")
    assert len(models) == 4  # the same file again is no second model


def test_a_bad_file_in_a_folder_is_skipped_and_said(model_dir, tmp_path, caplog):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"no")
    (tmp_path / "dir.onnx").mkdir()
    with caplog.at_level(logging.WARNING):
        models = load(tmp_path)
        assert list(models) == ["plain"]
        assert [skip.path.name for skip in models.skipped] == ["broken.onnx", "dir.onnx"]
        assert "is not an ONNX file" in models.skipped[0].reason
    assert "broken.onnx is not an ONNX file" in caplog.text


def test_a_bad_file_that_was_named_is_an_error(model_dir, tmp_path, caplog):
    bad = tmp_path / "broken.onnx"
    bad.write_bytes(b"no")
    with pytest.raises(ModelError, match=r"broken\.onnx is not an ONNX file"):
        load(model_dir, bad)
    assert "Skipped" not in caplog.text  # or it would be said twice


@pytest.fixture
def folder(model_dir, tmp_path):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    return tmp_path


def newer(path, seconds):
    os.utime(path, (time.time() + seconds, time.time() + seconds))
    return path


def test_files_of_one_name_are_revisions_and_the_newest_is_what_the_name_means(folder):
    newer(write_model(folder / "old.onnx", make_metadata("plain"), width=5), -100)
    models = load(folder)
    now, old = models.revisions("plain")
    assert models["plain"] is models.find("plain") is now
    assert now.generator.path.name == "plain.onnx"
    assert models.find("plain", old.rev) is old
    assert old.generator.path.name == "old.onnx"
    assert models.find("plain", "0" * 12) is models.find("plan") is None
    assert set(models.every()) == {now, old}


def test_a_copy_is_no_revision(folder):
    shutil.copy(folder / "plain.onnx", folder / "copy.onnx")
    models = load(folder)
    assert len(models.revisions("plain")) == 1


@pytest.fixture
def worked(monkeypatch):
    """The files that were tried out and tuned, in order, by what they are called."""
    worked = []
    check, measure = Trial.check, tune
    monkeypatch.setattr(Trial, "check", lambda *a, source: worked.append(Path(source).name) or check(*a, source=source))
    monkeypatch.setattr(
        "ganzoo_serve.models.model.tune", lambda *a, **b: worked.append(a[1].path.name) or measure(*a, **b)
    )
    return worked


def test_a_copy_is_not_tried_out_again(folder, worked):
    shutil.copy(folder / "plain.onnx", folder / "copy.onnx")
    models = Catalogue.load([folder], device="cpu", careful=True)
    assert worked == ["copy.onnx"] * 2
    shutil.copy(folder / "plain.onnx", newer(folder / "copy.onnx", -100).with_name("later.onnx"))
    newer(folder / "plain.onnx", 50)  # touched, and no more
    assert [[model.generator.path.name for model in models] for models in models.refresh(settled=False)] == [
        ["later.onnx"],
        [],
    ]
    assert models["plain"].generator.path == folder / "plain.onnx"  # the newest, whose card is shown
    for name in ("plain.onnx", "copy.onnx"):
        (folder / name).unlink()
    models.refresh(settled=False)
    assert models["plain"].generator.path == folder / "later.onnx"
    assert models["plain"].generator.sample([1]).shape == (1, 8, 8, 3)
    assert worked == ["copy.onnx"] * 2
    write_model(folder / "later.onnx", make_metadata("plain"), width=5)
    models.refresh(settled=False)
    assert worked[2:] == ["later.onnx"] * 2


def test_a_repository_of_tritons_is_served_and_its_newest_version_is_what_the_name_means(tmp_path):
    for version in (1, 2, 10):
        path = tmp_path / "tri" / str(version) / "model.onnx"
        path.parent.mkdir(parents=True)
        newer(
            write_model(path, make_metadata("tri", truncation="z", truncation_per_image=True), width=version), version
        )
    (tmp_path / "tri" / "config.pbtxt").write_text('name: "tri"')
    partial = tmp_path / "tri" / ".77.partial" / "model.onnx"
    partial.parent.mkdir()
    shutil.copy(path, partial)
    models = load(tmp_path)
    assert [model.generator.path.parent.name for model in models.revisions("tri")] == ["10", "2", "1"]
    assert models["tri"].generator.sample([1], truncation=0.5).shape == (1, 8, 8, 3)


def test_new_changed_and_removed_files_are_seen(folder, model_dir):
    models = load(folder)
    first = models["plain"]
    assert models.refresh(settled=False) == ([], [])
    shutil.copy(model_dir / "classy.onnx", folder)
    came, went = models.refresh(settled=False)
    assert ([model.name for model in came], went) == (["classy"], [])
    newer(write_model(folder / "plain.onnx", make_metadata("plain"), width=5), 10)
    came, went = models.refresh(settled=False)
    assert came == [models["plain"]]
    assert went == [first]
    assert models["plain"].rev != first.rev
    assert models.find("plain", first.rev) is None  # it is no longer on disk
    (folder / "classy.onnx").unlink()
    _, went = models.refresh(settled=False)
    assert [model.name for model in went] == ["classy"]
    assert list(models) == ["plain"]


def test_a_file_that_still_changes_is_left_to_the_next_look(folder, model_dir):
    models = load(folder)
    shutil.copy(model_dir / "classy.onnx", folder)
    assert models.refresh() == ([], [])
    newer(folder / "classy.onnx", 5)
    assert models.refresh() == ([], [])
    came, _ = models.refresh()
    assert [model.name for model in came] == ["classy"]


def test_a_bad_file_in_place_of_a_good_one_leaves_the_model_and_is_said(folder, caplog):
    models = load(folder)
    before = models["plain"]
    newer(folder / "plain.onnx", 5).write_bytes(b"half a fi")
    assert models.refresh(settled=False) == ([], [])
    assert models["plain"] is before
    assert "is not an ONNX file" in models.skipped[0].reason
    assert "The model that it held before is still served" in caplog.text
    caplog.clear()
    models.refresh(settled=False)
    assert not caplog.text  # said once
    caplog.set_level("INFO", "ganzoo_serve")
    write_model(folder / "plain.onnx", make_metadata("plain"), width=5)
    models.refresh(settled=False)
    assert models.skipped == ()
    assert models["plain"].rev != before.rev
    assert f"{folder / 'plain.onnx'} can be loaded again." in caplog.messages


def test_nothing_to_serve_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=r"No model to serve in .*NAME/1/model\.onnx\.\n.*ganzoo export RUN"):
        load(tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"no")
    with pytest.raises(ModelError, match=r"No model to serve(.|\n)*broken\.onnx is not an ONNX file"):
        load(tmp_path)
    with pytest.raises(ModelError, match="no path at all"):
        load()


def test_what_tuning_found_is_logged(folder, caplog, monkeypatch):
    found = Tuned("bitexact", {1: 0.0042, 8: 0.0036}, (1, 2, 4, 8), 16)
    monkeypatch.setattr("ganzoo_serve.models.model.tune", lambda *_, **__: found)
    with caplog.at_level(logging.INFO):
        models = load(folder)
    generator = models["plain"].generator
    assert (generator.sizes, generator.group) == ((1, 2, 4, 8), 16)
    said = "4.20 ms an image alone, 3.60 of 8 at once; runs of up to 8, 16 at once a thread"
    assert f"Tuned plain@{generator.rev} on {generator.runtime}: {said}\n" in caplog.text
