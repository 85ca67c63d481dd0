"""Where the weights come from, and what is refused. Nothing here needs torch-fidelity."""

import pickle
import sys

import pytest
import torch

from ganzoo import ConfigError, DataError
from ganzoo_features import inception


@pytest.fixture
def library(monkeypatch):
    """As if torch-fidelity were installed."""
    monkeypatch.setattr(inception, "_library", lambda: None)


@pytest.fixture
def forgotten(monkeypatch):
    """torch-fidelity as if nobody had imported it yet."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch_fidelity"]:
        monkeypatch.delitem(sys.modules, name)


def test_without_torch_fidelity_the_error_says_how_to_install_it(build, monkeypatch, forgotten):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ConfigError, match=r"need torch-fidelity(.|\n)*pip install 'ganzoo\[inception\]'"):
        build("inception", None)


def test_a_torchvision_for_another_torch_is_told_from_a_missing_one(build, monkeypatch, tmp_path, forgotten):
    package = tmp_path / "torch_fidelity"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"nms does not exist\.\n.*torchvision must be made for torch 2"):
        build("inception", None)


@pytest.mark.usefixtures("library")
def test_offline_the_error_says_what_to_fetch_and_where_to_put_it(build):
    with pytest.raises(DataError) as caught:
        build("inception", None)
    said = str(caught.value)
    assert "weights-inception-2015-12-05-6726825d.pth of the features 'inception' was not found" in said
    assert "tried https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception" in said
    assert "(sha256:6726825d" in said
    assert "DIR/inception/" in said
    assert "'--data-dir DIR'" in said


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("place", ["inception", "."])
def test_a_wrong_file_in_the_users_folder_is_refused(build, tmp_path, place):
    (tmp_path / place).mkdir(exist_ok=True)
    path = tmp_path / place / inception.NAME
    path.write_bytes(b"half of it")
    with pytest.raises(DataError, match="is damaged or another file: sha256"):
        build("inception", None, data_dir=tmp_path)
    assert path.read_bytes() == b"half of it"


@pytest.mark.usefixtures("library")
def test_weights_that_are_not_there_are_an_error(build, tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.pth cannot be read: No such file"):
        build("inception", None, weights=tmp_path / "nowhere.pth")


def test_other_weights_are_another_identity():
    one, same, other = (
        inception.InceptionFeatures(torch.nn.Identity(), digest, torch.device("cpu")).identity for digest in "aab"
    )
    assert one == same != other


class Evil:
    def __reduce__(self):
        return print, ("this must not be printed",)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("content", [b"", b"<html>", pickle.dumps({"fc.bias": Evil()})])
def test_a_file_that_holds_no_tensors_is_refused_and_not_run(build, tmp_path, capsys, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"weights\.pth holds no weights of the Inception network(.|\n)*Expected weights-i"
    ):
        build("inception", None, weights=path)
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("library")
def test_code_in_a_torch_archive_is_not_run_either(build, tmp_path, capsys):
    torch.save({"fc.bias": Evil()}, tmp_path / "weights.pth")
    with pytest.raises(DataError, match="holds no weights"):
        build("inception", None, weights=tmp_path / "weights.pth")
    assert capsys.readouterr().out == ""
