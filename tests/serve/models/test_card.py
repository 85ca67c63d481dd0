import pytest

from ganzoo_serve.models.card import card_of


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "README.md").write_text("# Digits")
    return folder / "model.onnx"


def test_a_card_lies_beside_the_model(model):
    assert card_of(model) == model.parent / "README.md"
    assert card_of(model.with_name("other.onnx")) is None  # a README of the folder
    (model.parent / "README.md").unlink()
    assert card_of(model) is None


@pytest.mark.parametrize("kind", ["link", "folder", "large"])
def test_what_is_no_card(model, tmp_path, kind):
    card = model.parent / "README.md"
    card.unlink()
    if kind == "link":
        (tmp_path / "secret").write_text("hush")
        card.symlink_to(tmp_path / "secret")
    elif kind == "folder":
        card.mkdir()
    else:
        with card.open("wb") as file:
            file.truncate(2**20 + 1)
    assert card_of(model) is None
