import os

import pytest

from ganzoo_serve.models.card import NoCard, has_card, read_card


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "README.md").write_text("# Digits")
    return folder / "model.onnx"


def test_a_card_lies_beside_the_model(model):
    assert has_card(model)
    assert read_card(model) == b"# Digits"
    other = model.with_name("other.onnx")  # a README of the folder
    assert not has_card(other)
    with pytest.raises(NoCard, match=r"no card: no README\.md beside a model\.onnx"):
        read_card(other)
    (model.parent / "README.md").unlink()
    assert not has_card(model)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("link", "can be read"), ("folder", "is no file"), ("pipe", "is no file"), ("large", "too large: 1048577 bytes")],
)
def test_what_is_no_card(model, tmp_path, kind, reason):
    card = model.parent / "README.md"
    card.unlink()
    if kind == "link":
        (tmp_path / "secret").write_text("hush")
        card.symlink_to(tmp_path / "secret")
    elif kind == "folder":
        card.mkdir()
    elif kind == "pipe":
        os.mkfifo(card)
    else:
        with card.open("wb") as file:
            file.truncate(2**20 + 1)
    assert not has_card(model)
    with pytest.raises(NoCard, match=reason):
        read_card(model)


def test_what_takes_its_place_while_it_is_read_is_not_read(model, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("hush")
    card, look = model.parent / "README.md", os.fstat

    def swap(descriptor):
        status = look(descriptor)
        monkeypatch.undo()
        card.unlink()
        card.symlink_to(tmp_path / "secret")
        return status

    monkeypatch.setattr(os, "fstat", swap)
    assert read_card(model) == b"# Digits"


def test_a_card_that_grows_while_it_is_read_is_cut(model, monkeypatch):
    card, look = model.parent / "README.md", os.fstat

    def grow(descriptor):
        status = look(descriptor)
        monkeypatch.undo()
        card.write_bytes(b"x" * (2**20 + 1))
        return status

    monkeypatch.setattr(os, "fstat", grow)
    assert len(read_card(model)) == 2**20
