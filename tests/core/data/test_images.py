import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo import Size
from ganzoo.data import fit, resize, to_channels
from ganzoo.data.images import centred

STILL = settings(derandomize=True, deadline=None, database=None, max_examples=60)
MODES = (
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "I;16",
    "F",
)


def noise(mode: str, width: int, height: int) -> PIL.Image.Image:
    """An image of any mode, filled with what a generator gives; deterministic."""
    rng = np.random.default_rng([width, height])
    rgba = PIL.Image.fromarray(rng.integers(0, 256, (height, width, 4), np.uint8))
    if mode in ("I", "I;16", "F"):
        deep = rng.integers(0, 65536, (height, width)).astype({"I": "i4", "I;16": "u2", "F": "f4"}[mode])
        return PIL.Image.fromarray(deep)
    if mode == "LAB":
        return PIL.Image.frombytes("LAB", (width, height), rgba.convert("RGB").tobytes())
    if mode in ("RGBA", "RGBa", "LA"):
        return rgba.convert(mode)
    if mode == "La":
        return rgba.convert("LA").convert("La")
    if mode == "PA":
        return rgba.convert("P").convert("PA")
    return rgba.convert("RGB").convert(mode)


@STILL
@given(
    mode=st.sampled_from(MODES),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    resolution=st.integers(1, 40),
    channels=st.sampled_from([1, 3, 4]),
)
def test_every_mode_and_size_comes_out_in_the_shape_asked_for(mode, width, height, resolution, channels):
    out = fit(noise(mode, width, height), resolution, channels)
    assert out.shape == (resolution, resolution, channels)
    assert out.dtype == np.uint8


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "PA", "RGBX"])
def test_white_stays_white_in_every_mode(mode):
    white = PIL.Image.new("RGBA", (9, 6), "white")
    image = white.convert("P").convert("PA") if mode == "PA" else white.convert("RGB").convert(mode)
    np.testing.assert_allclose(fit(image, 4, 3), 255, atol=1)


def test_lab_becomes_the_colour_it_stands_for():
    to_lab = PIL.ImageCms.buildTransform(
        PIL.ImageCms.createProfile("sRGB"), PIL.ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = PIL.ImageCms.applyTransform(PIL.Image.new("RGB", (4, 4), (200, 30, 90)), to_lab)
    np.testing.assert_allclose(fit(lab, 4, 3)[0, 0], [200, 30, 90], atol=3)


def test_the_largest_centred_square_is_cut_out():
    image = PIL.Image.new("L", (8, 4), 0)
    image.paste(255, (2, 0, 6, 4))
    np.testing.assert_array_equal(fit(image, 4, 1), np.full((4, 4, 1), 255))


def test_pixels_outside_of_the_square_do_not_shine_in():
    image = PIL.Image.new("L", (12, 6), 0)
    image.paste(200, (3, 0, 9, 6))
    np.testing.assert_array_equal(fit(image, 4, 1), np.full((4, 4, 1), 200))


def test_the_filter_is_pillows_lanczos():
    image = noise("RGB", 20, 20)
    expected = image.resize((7, 7), PIL.Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(fit(image, 7, 3), np.asarray(expected))


def test_the_orientation_of_exif_is_applied():
    image = PIL.Image.new("RGB", (4, 4), "black")
    image.putpixel((0, 0), (255, 255, 255))
    image.getexif()[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    assert fit(image, 4, 1)[0, 3] == 255


def test_transparent_parts_are_laid_on_white_unless_alpha_is_asked_for():
    clear_black = PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert (fit(clear_black, 4, 3) == 255).all()
    assert (fit(clear_black, 4, 1) == 255).all()
    assert (fit(clear_black, 4, 4) == 0).all()


def test_a_transparent_palette_colour_is_laid_on_white():
    image = PIL.Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.info["transparency"] = 0
    assert (fit(image, 4, 3) == 255).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.full((2, 2), 65535, np.uint16), 255),
        (np.full((2, 2), 200, np.uint16), 1),  # 16 bits stay 16 bits, however dark
        (np.full((2, 2), 200, np.int32), 200),
        (np.full((2, 2), 32768, np.int32), 128),
        (np.full((2, 2), 0.5, np.float32), 128),
        (np.full((2, 2), 128.0, np.float32), 128),
        (np.full((2, 2), np.nan, np.float32), 0),
        (np.full((2, 2), -5, np.int32), 0),
    ],
)
def test_deep_grey_is_scaled_to_eight_bits(values, expected):
    assert (fit(PIL.Image.fromarray(values), 2, 1) == expected).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 9), (13, 7)])
@pytest.mark.parametrize("resolution", [1, 4, 8, 17, Size(8, 5), Size(3, 9), Size(5, 9), Size(10, 18)], ids=str)
def test_many_images_are_resized_as_one_alone(channels, height, width, resolution, monkeypatch):
    monkeypatch.setattr("ganzoo.data.images.BLOCK_BYTES", 1000)  # so that there is more than one block
    images = np.random.default_rng(0).integers(0, 256, (11, height, width, channels), np.uint8)
    expected = np.stack(
        [fit(PIL.Image.fromarray(i[..., 0] if channels == 1 else i), resolution, channels) for i in images]
    )
    np.testing.assert_array_equal(resize(images, resolution), expected)


@pytest.mark.parametrize("have", [1, 3, 4])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_many_images_change_channels_as_one_alone(have, channels, monkeypatch):
    monkeypatch.setattr("ganzoo.data.images.BLOCK_BYTES", 1000)
    images = np.random.default_rng(0).integers(0, 256, (11, 6, 6, have), np.uint8)
    expected = np.stack([fit(PIL.Image.fromarray(i[..., 0] if have == 1 else i), 6, channels) for i in images])
    np.testing.assert_array_equal(to_channels(images, channels), expected)


@pytest.mark.parametrize(
    ("own", "wanted", "part"),
    [
        ((32, 16), (64, 32), (32, 16)),
        ((100, 60), (8, 8), (60, 60)),
        ((100, 60), (32, 16), (100, 50)),
        ((100, 20), (32, 16), (40, 20)),
        ((1, 50), (64, 4), (1, 1)),
    ],
)
def test_the_largest_part_of_the_shape_that_is_asked_for_is_kept(own, wanted, part):
    assert centred(Size(*own), Size(*wanted)) == part


def test_a_part_that_is_not_square_is_cut_out_of_the_middle():
    image = PIL.Image.new("L", (30, 10), 0)
    image.paste(255, (5, 0, 25, 10))
    np.testing.assert_array_equal(fit(image, Size(4, 8), 1), np.full((4, 8, 1), 255))


def test_images_that_fit_already_are_not_copied():
    images = np.zeros((2, 4, 4, 3), np.uint8)
    assert resize(images, 4) is images
    assert to_channels(images, 3) is images


def test_grey_is_repeated_and_new_alpha_is_opaque():
    images = np.full((1, 2, 2, 1), 7, np.uint8)
    assert to_channels(images, 4)[0, 0, 0].tolist() == [7, 7, 7, 255]


def test_luma_weighs_the_colours():
    colours = np.eye(3, dtype=np.uint8).reshape(1, 3, 1, 3) * 255
    assert to_channels(colours, 1).ravel().tolist() == [76, 150, 29]
