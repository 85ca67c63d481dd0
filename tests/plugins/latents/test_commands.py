"""The commands as a user types them."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ganzoo.cli import main
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture
def call():
    """``call(name, ...)``: one command; what click made of it."""
    return lambda name, *arguments: CliRunner().invoke(main, [name, *map(str, arguments)])


@pytest.fixture
def run(call):
    """``run(name, ...)``: what a command that ends well prints."""

    def invoke(*arguments):
        done = call(*arguments)
        assert done.exit_code == 0, done.output
        return done.output

    return invoke


@pytest.fixture
def refused(call):
    """``refused(name, ...)``: what a command that does not says."""

    def invoke(*arguments):
        done = call(*arguments)
        assert done.exit_code in (1, 2), done.output
        return done.output

    return invoke


@pytest.fixture
def file(tmp_path):
    return write_model(tmp_path / "m.onnx", make_metadata(size=16, channels=1))


def pixels_of(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_walk_as_rows_and_as_a_film(file, tmp_path, run):
    sheet, film = tmp_path / "w.png", tmp_path / "w.gif"
    assert "2 ways of 4 images, slerp in z" in run("interpolate", file, "--seeds", "1,5,9", "--steps", "4", "-o", sheet)
    assert pixels_of(sheet).shape[1::-1] == (4 * 16, 2 * 16)
    run("interpolate", file, "--seeds", "1,5,9", "--steps", "4", "--mode", "lerp", "-o", film)
    with Image.open(film) as picture:
        assert picture.n_frames == 12  # 7 there, and back without both ends
        assert picture.size == (64, 64)
        assert picture.info["loop"] == 0


def test_a_walk_as_lossless_webp_shows_the_model_s_own_pixels(file, tmp_path, run):
    from ganzoo_serve.generator import Generator

    film = tmp_path / "w.webp"
    run("interpolate", file, "--seeds", "3,4", "--steps", "3", "-o", film)
    generator = Generator.load(file, device="cpu")
    with Image.open(film) as picture:
        first = np.asarray(picture.convert("RGB"))[::4, ::4, :1]
        np.testing.assert_array_equal(first, generator.sample([3])[0])


def test_directions_write_a_sheet_and_their_vectors(file, tmp_path, run):
    sheet, vectors = tmp_path / "new" / "d.png", tmp_path / "other" / "d.npy"
    said = run("directions", file, "--count", "3", "--seeds", "0-1", "--steps", "5", "--save", vectors, "-o", sheet)
    assert "3 directions of z by sefa, 2 rows each" in said
    assert "share of the squared weights on z" in said
    assert pixels_of(sheet).shape[1::-1] == (5 * 16, 6 * 16)
    assert np.load(vectors).shape == (3, 4)


def test_mixed_styles_stand_under_and_beside_their_seeds(styled_file, tmp_path, run):
    from ganzoo_serve.generator import Generator

    sheet = tmp_path / "m.png"
    run("mix", styled_file, "--rows", "0-1", "--columns", "5-7", "--layers", "0", "-o", sheet)
    pixels = pixels_of(sheet)
    assert pixels.shape == (3 * 8, 4 * 8, 3)
    generator = Generator.load(styled_file, device="cpu")
    np.testing.assert_array_equal(pixels[8:16, :8], generator.sample([0])[0])
    np.testing.assert_array_equal(pixels[:8, 24:], generator.sample([7])[0])
    assert not pixels[:8, :8].any()


def test_sizes_are_refused_before_anything_is_drawn(file, tmp_path, refused, monkeypatch):
    from ganzoo_serve.generator import Generator

    monkeypatch.setattr(Generator, "latents", None)
    refused("directions", file, "--seeds", "0-1999", "-o", tmp_path / "w.png")
    refused("interpolate", file, "--seeds", "0-2000", "-o", tmp_path / "w.png")
    refused("interpolate", file, "--seeds", "0-20", "--steps", "1000", "-o", tmp_path / "w.webp")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("interpolate", "--seeds", "1,2", "-o", "w.bmp"), r"ends in .png or .jpg for rows, .gif or .webp for a film"),
        (("interpolate", "--seeds", "1", "-o", "w.png"), "at least two to walk between"),
        (("interpolate", "--seeds", "1,2", "--space", "w", "-o", "w.png"), "no intermediate latent w"),
        (("interpolate", "--seeds", "1,2", "--class", "3", "-o", "w.png"), "no classes"),
        (("mix", "--rows", "1", "--columns", "2", "--layers", "0", "-o", "w.png"), "no intermediate latent w"),
        (("directions", "--save", "d.txt", "-o", "w.png"), "ends in .npy"),
        (("directions", "-o", "w.gif"), "ends in .png"),
        (("directions", "--reach", "nan", "-o", "w.png"), "nan is not in the range"),
        (("directions", "--seeds", "0-1999", "-o", "w.png"), "rows of 7 images are more than 16384 pixels"),
        (("interpolate", "--seeds", "0-2000", "-o", "w.png"), "2,000 rows of 9 images are more than 16384 pixels"),
        (("interpolate", "--seeds", "0-20", "--steps", "1000", "-o", "w.gif"), "A film of 39,960 images"),
        (("mix", "--rows", "0-2000", "--columns", "2", "--layers", "0", "-o", "w.png"), "2,002 rows of 2 images"),
        (("mix", "--rows", "0", "--columns", "2", "--layers", "a", "-o", "w.png"), "is no list of layers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_written(file, tmp_path, refused, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    command, *others = arguments
    assert message.replace("\\", "") in refused(command, file, *others)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
