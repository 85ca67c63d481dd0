"""Requests byte for byte, and pixels back."""

import io
import json

import numpy as np
import pytest

from ganzoo_serve.bench.asks import get, get_png, pixels, post_json
from ganzoo_serve.bench.constant import body
from ganzoo_serve.bench.report import table
from ganzoo_serve.images import FORMATS

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)


def test_a_get_is_one_whole_request():
    assert get_png("/v1/SEED.png").build(42) == (
        b"GET /v1/42.png HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: ganzoo-bench\r\naccept: */*\r\n\r\n"
    )
    fixed = get("/x", more="if-none-match: y\r\n").build(7)
    assert fixed.startswith(b"GET /x HTTP/1.1\r\n")
    assert fixed.endswith(b"accept: */*\r\nif-none-match: y\r\n\r\n")


@pytest.mark.parametrize("seed", [0, 2**53 - 1])
def test_a_post_says_how_long_it_is(seed):
    head, _, content = post_json("/s", {"seed": "SEED", "n": 16}, images=16).build(seed).partition(b"\r\n\r\n")
    assert json.loads(content) == {"seed": seed, "n": 16}
    assert f"content-length: {len(content)}".encode() in head.split(b"\r\n")


def test_a_png_fits_and_a_part_of_it_does_not():
    ask, whole = get_png("/SEED.png"), FORMATS["png"].encode(IMAGES[0])
    assert ask.fits(whole)
    assert not ask.fits(whole[:-1])
    assert not ask.fits(b"<html>")


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_come_back_from_every_kind_of_reply(channels):
    images = IMAGES[..., :channels]
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, images)
    np.savez(npz, images=images, seeds=[1, 2, 3])
    assert np.array_equal(pixels(npy.getvalue()), images)
    assert np.array_equal(pixels(npz.getvalue()), images)
    assert np.array_equal(pixels(FORMATS["png"].encode(images[1])), images[1:2])


def test_constant_bytes_have_the_size_they_stand_for():
    assert len(body(1234)) == 1234


def test_a_table_has_names_to_the_left_and_numbers_to_the_right():
    assert table(["what", "n", "ms"], [["a", "7", "1.50 ms"], ["long name", "1,234", "12.00 ms"]]) == [
        "what           n        ms",
        "a              7   1.50 ms",
        "long name  1,234  12.00 ms",
    ]
