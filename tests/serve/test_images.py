import hashlib
import importlib
import io
import re
import sys

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, features

from ganzoo_serve import images, png

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4]))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape))
seeded = st.tuples(shapes, st.integers(0, 2**32 - 1)).map(
    lambda drawn: np.random.default_rng(drawn[1]).integers(0, 256, drawn[0], dtype=np.uint8)
)


def decode(data, mode=None):
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        array = np.asarray(picture if mode is None else picture.convert(mode))
    return array[:, :, np.newaxis] if array.ndim == 2 else array


@pytest.mark.parametrize("name", images.FILMS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_film_shows_each_image_for_its_time(name, channels):
    levels = [0, 90, 255]
    frames = [np.full((4, 6, channels), level, np.uint8) for level in levels]
    with Image.open(io.BytesIO(images.film(frames, name, [40, 50, 600]))) as film:
        assert film.get_format_mimetype() == images.FILMS[name]
        assert (film.n_frames, film.size, film.info.get("loop")) == (3, (6, 4), 0)
        times = []
        for index, level in enumerate(levels):
            film.seek(index)
            film.load()
            assert (np.asarray(film.convert("RGB")) == level).all()
            times.append(film.info["duration"])
    assert times == [40, 50, 600]


@pytest.mark.parametrize("milliseconds", [15, [40, 45]])
def test_a_gif_does_not_cut_times_to_hundredths_silently(milliseconds):
    frames = [np.full((4, 6, 3), level, np.uint8) for level in (0, 255)]
    with pytest.raises(ValueError, match=r"expected a multiple of 10 ms, not [14]5"):
        images.film(frames, "gif", milliseconds)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow has no AVIF here")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_an_avif_is_the_same_on_any_number_of_cores(threads, monkeypatch):
    """On several the encoder takes rows by turns; from about 512 x 512 on that shows in bytes and pixels."""
    y, x = np.mgrid[:512, :512]
    image = np.stack([x * 3 + y, x * y // 50, y * 2], axis=-1).astype(np.uint8)
    expected = hashlib.sha256(images.avif(image)).hexdigest()
    monkeypatch.setattr("PIL.AvifImagePlugin._get_default_max_threads", lambda: threads)
    assert hashlib.sha256(images.avif(image)).hexdigest() == expected


def test_versions_name_settings_and_the_libraries_that_write():
    jpeg, webp = images.FORMATS["jpg"].version, images.FORMATS["webp"].version
    assert all(re.match(r"\d+( |$)", form.version) for form in images.FORMATS.values())
    assert f"pillow-{PIL.__version__}" in jpeg
    assert f"libjpeg_turbo-{features.version('libjpeg_turbo')}" in jpeg
    assert f"webp-{features.version('webp')}" in webp
    assert f"webp-{features.version('webp')}" in images.FILM_VERSIONS["webp"]


@given(pictures | seeded)
@settings(max_examples=200, deadline=None)
def test_png_gives_back_every_pixel(image):
    np.testing.assert_array_equal(decode(images.png(image)), image)


@given(pictures)
@settings(max_examples=40, deadline=None)
def test_webp_and_npy_give_back_every_pixel(image):
    grey = image.shape[2] == 1
    decoded = decode(images.webp(image), "RGBA" if image.shape[2] == 4 else "RGB")
    np.testing.assert_array_equal(decoded[:, :, :1] if grey else decoded, image)
    np.testing.assert_array_equal(np.load(io.BytesIO(images.npy(image)), allow_pickle=False), image)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1000, 3, 4), (3, 1000, 1), (256, 256, 3)])
def test_png_of_any_shape(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(decode(images.png(image)), image)
    flat = np.full(shape, 200, dtype=np.uint8)
    np.testing.assert_array_equal(decode(images.png(flat)), flat)


def test_png_without_isal(monkeypatch):
    monkeypatch.setitem(sys.modules, "isal", None)
    try:
        importlib.reload(png)
        assert png.VERSION.startswith("zlib-")
        image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
        np.testing.assert_array_equal(decode(png.encode(image)), image)
    finally:
        monkeypatch.undo()
        importlib.reload(png)


def test_png_of_a_picture_is_no_larger_than_pillows_quickest():
    y, x = np.mgrid[:64, :64]
    image = np.stack([x * 2 + y, 255 - x * 3, (x * y) // 32], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    assert len(images.png(image)) < 1.5 * buffer.tell()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpg_is_close_and_keeps_full_colour_resolution(channels):
    y, x = np.mgrid[:32, :32]
    image = np.stack([x * 8, y * 8, 255 - x * 4, np.full_like(x, 255)], axis=-1).astype(np.uint8)[:, :, :channels]
    data = images.jpg(image)
    shown = image[:, :, :3] if channels == 4 else image
    assert np.abs(decode(data).astype(int) - shown).max() < 24
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == ("L" if channels == 1 else "RGB")
        # One sampling factor for all components: no chroma subsampling.
        assert {(layer[1], layer[2]) for layer in picture.layer} == {(1, 1)}


def test_transparent_pixels_are_white_in_a_jpg():
    clear = np.zeros((8, 8, 4), dtype=np.uint8)
    assert decode(images.jpg(clear)).min() == 255


def test_every_format_names_its_media_type_and_reads_two_dimensions_as_grey():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for extension, form in images.FORMATS.items():
        assert form.extension == extension
        data = form.encode(image)
        if form.media_type.startswith("image/"):
            with Image.open(io.BytesIO(data)) as picture:
                assert Image.MIME[picture.format] == form.media_type
        else:
            assert np.load(io.BytesIO(data)).shape == (8, 8, 1)


@pytest.mark.parametrize(
    "wrong", [np.zeros((8, 8, 2), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8), np.zeros(8, np.uint8)]
)
def test_what_is_no_image_is_refused(wrong):
    for form in images.FORMATS.values():
        with pytest.raises(ValueError, match=r"Expected uint8 \(h, w, c\)"):
            form.encode(wrong)


@given(st.integers(1, 30), st.integers(1, 9) | st.none())
def test_a_picture_is_cut_out_of_the_grid_by_arithmetic(n, columns):
    pile = np.random.default_rng(n).integers(0, 256, (n, 3, 5, 3), dtype=np.uint8)
    grid = images.grid(pile, columns)
    columns = columns or images.square_columns(n)
    assert grid.shape == (-(-n // columns) * 3, columns * 5, 3)
    for index in range(n):
        row, column = divmod(index, columns)
        np.testing.assert_array_equal(grid[row * 3 : row * 3 + 3, column * 5 : column * 5 + 5], pile[index])


def test_grids_are_square_where_they_can_be():
    assert [images.square_columns(n) for n in (1, 2, 3, 4, 5, 9, 10, 16, 17)] == [1, 2, 2, 2, 3, 3, 4, 4, 5]
