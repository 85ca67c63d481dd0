"""Images come in any size and mode, masks in the size of their image."""

import numpy as np
import pytest
from PIL import Image as pillow

from ganzoo import ConfigError, DataError
from ganzoo_inversion.pictures import compared, read_image, read_mask, write_picture
from ganzoo_serve.metadata import Image

GREY = Image(height=8, width=8, channels=1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_of_every_mode_come_at_the_models_size(mode, channels, tmp_path):
    path = tmp_path / "image.tiff"
    pillow.new(mode, (20, 13)).save(path) if mode != "P" else pillow.new("P", (20, 13)).save(path := tmp_path / "i.png")
    assert read_image(path, Image(height=8, width=8, channels=channels)).shape == (8, 8, channels)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png cannot be read as an image"):
        read_image(tmp_path / "text.png", GREY)
    with pytest.raises(DataError, match=r"There is no file .*missing\.png"):
        read_image(tmp_path / "missing.png", GREY)
    with pytest.raises(DataError, match="cannot be read as an image"):
        read_image(tmp_path, GREY)


def test_a_cut_off_image_is_named(tmp_path, save):
    path = save(np.random.default_rng(0).integers(0, 255, (64, 64, 3)), "cut.png")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"cut\.png cannot be read as an image"):
        read_image(path, GREY)


def test_for_a_model_of_oblong_images_the_centred_part_of_that_shape_is_read(save):
    pixels = np.arange(8 * 12).reshape(8, 12)
    read = read_image(save(pixels, "a.png"), Image(height=8, width=6, channels=1))
    np.testing.assert_array_equal(read[:, :, 0], pixels[:, 3:9])


def test_white_is_to_be_filled(save):
    mask = np.zeros((16, 16))
    mask[8:] = 255
    hole = read_mask(save(mask, "mask.png"), save(np.zeros((16, 16, 3)), "image.png"), GREY)
    assert hole.shape == (8, 8, 1)
    assert hole[4:].all()
    assert not hole[:4].any()


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        (np.full((16, 12), 255), r"has 12x16 pixels: expected 16x16, as .*image\.png has"),
        (np.zeros((16, 16)), "black all over: nothing is to be filled"),
        (np.full((16, 16), 255), "white all over: nothing is known"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(mask, problem, save):
    with pytest.raises(DataError, match=problem):
        read_mask(save(mask, "mask.png"), save(np.zeros((16, 16)), "image.png"), GREY)


def test_compared_images_stand_in_rows_and_can_be_seen():
    images = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1) * np.ones((1, 8, 8, 1), np.uint8)
    picture = compared([[images[0], images[1]], [images[2], images[3]]])
    assert picture.shape == (256, 256, 1)
    assert picture[::128, ::128, 0].tolist() == [[0, 1], [2, 3]]


def test_a_picture_is_written_in_the_format_of_its_name(tmp_path):
    write_picture(tmp_path / "new" / "a.png", np.full((8, 8, 1), 7, np.uint8))
    assert np.asarray(pillow.open(tmp_path / "new" / "a.png"))[0, 0] == 7
    with pytest.raises(ConfigError, match=r"a\.txt: expected a name that ends in \.png"):
        write_picture(tmp_path / "a.txt", np.zeros((8, 8, 1), np.uint8))
