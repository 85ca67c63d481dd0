"""The arithmetic of the bound, and what it is made of."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganzoo_serve.bench.bound import BareModel, Costs, encode_seconds, repeat_on_threads

seconds = st.floats(1e-6, 1.0)


def test_a_core_that_spends_a_millisecond_an_image_makes_a_thousand():
    costs = Costs(model_s=0.0007, encode_s=0.0002, http_s=0.0001)
    assert costs.bound(1) == pytest.approx(1000)
    assert costs.bound(4) == pytest.approx(4000)
    assert costs.bound(1, images=16) == pytest.approx(1 / (0.0009 + 0.0001 / 16))


@given(seconds, seconds, seconds, st.integers(1, 64))
def test_more_images_a_request_never_lower_the_bound_and_never_beat_the_model(model, encode, http, images):
    costs = Costs(model, encode, http)
    assert costs.bound(1) <= costs.bound(1, images) * (1 + 1e-9)
    assert costs.bound(1, images) <= 1 / (model + encode)


def test_without_encoder_and_http_the_bound_is_the_model_alone():
    assert Costs(0.002, 0.0, 0.0).bound(2) == pytest.approx(1000)


def test_threads_count_together():
    rate = repeat_on_threads([lambda: time.sleep(0.01)] * 4, 0.2)
    assert 100 < rate <= 400  # one alone makes less than 100


def test_a_slow_work_is_done_once_at_least():
    assert 1 < repeat_on_threads([lambda: time.sleep(0.05)], 0.001, warmup=0) <= 20


def test_an_encoder_is_timed_by_the_image():
    seen = []

    def encode(image):
        seen.append(int(image[0, 0, 0]))
        time.sleep(0.005)
        return b""

    images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1)
    assert 0.005 <= encode_seconds(encode, images, 0.1) < 0.05
    assert seen[:4] == [0, 1, 2, 0]


@pytest.mark.parametrize("name", ["plain", "classy", "truncated", "float/model"])
def test_every_kind_of_model_runs_bare(model_dir, name):
    bare = BareModel(model_dir / f"{name}.onnx", threads=2)
    assert bare.images_per_s(4, 0.02) > 10


def test_the_best_batch_is_the_one_that_makes_most_images(model_dir, monkeypatch):
    bare = BareModel(model_dir / "plain.onnx", threads=1)
    monkeypatch.setattr(bare, "images_per_s", lambda size, seconds: {1: 90, 2: 100, 4: 130, 8: 120}.get(size, 50))
    assert bare.best_batch(0.1) == 4
