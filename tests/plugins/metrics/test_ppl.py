from dataclasses import replace

import numpy as np
import pytest

from ganzoo_metrics.ppl import Ways, lerp, path_lengths, slerp, strips, trimmed
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import Latent
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture
def latents(random):
    return random.standard_normal((2, 6, 5)).astype(np.float32)


@pytest.mark.parametrize("between", [lerp, slerp])
def test_a_way_begins_and_ends_at_its_latents(latents, between):
    a, b = latents
    np.testing.assert_allclose(between(a, b, np.zeros((6, 1))), a, atol=1e-6)
    np.testing.assert_allclose(between(a, b, np.ones((6, 1))), b, atol=1e-6)


def test_slerp_goes_along_the_circle_at_even_speed():
    a, b = np.array([[2, 0]], np.float32), np.array([[0, 2]], np.float32)
    third = np.array([[1 / 3]])
    np.testing.assert_allclose(slerp(a, b, third), [[2 * np.cos(np.pi / 6), 2 * np.sin(np.pi / 6)]], rtol=1e-6)
    np.testing.assert_allclose(lerp(a, b, third), [[4 / 3, 2 / 3]], rtol=1e-6)


def test_slerp_of_latents_in_line_is_linear(latents):
    a = latents[0]
    half = np.full((6, 1), 0.5)
    for b in (a, 3 * a, 0 * a):
        np.testing.assert_allclose(slerp(a, b, half), (a + b) / 2, atol=1e-6)
    assert np.isfinite(slerp(a, -a, half)).all()


def test_a_length_is_the_square_of_the_features_step_over_epsilons(generator):
    """By hand, a pair at a time, from the same latents and places."""

    class Pixels:
        def __call__(self, images):
            from ganzoo.evaluation import Features

            return Features(images.reshape(len(images), -1).astype(np.float32))

    ends = range(5), range(100, 105)
    labels = generator.labels(ends[0])
    found = path_lengths(Ways(generator, *ends, labels), Pixels(), epsilon=0.25, seed=7)
    t = np.random.RandomState(7).uniform(0, 0.75, size=(5, 1))
    for k in range(5):
        a, b = (generator.latents(seeds[k : k + 1]) for seeds in ends)
        here, there = (
            generator.run(slerp(a, b, t[k : k + 1] + step), labels[k : k + 1])[0].astype(float) for step in (0, 0.25)
        )
        assert found[k] == pytest.approx(((here - there) ** 2).sum() / 0.25**2)


def test_the_strangest_lengths_are_left_out():
    lengths = np.arange(1000.0)
    np.testing.assert_array_equal(trimmed(lengths), lengths[9:991])
    np.testing.assert_array_equal(trimmed(np.array([3.0, 1.0])), [3, 1])


def test_without_truncation_the_average_image_has_no_way_to_go(tmp_path):
    model = Generator.load(write_model(tmp_path / "cut.onnx", make_metadata(truncation="z")), device="cpu")
    ways = Ways(model, range(1), range(5, 6), truncation=0.0)
    first, *others = np.split(strips(ways, 4), 4, axis=1)
    assert all((first == other).all() for other in others)
    assert not (strips(replace(ways, truncation=1.0), 4)[:, :8] == first).all()


def test_the_mean_stands_with_its_error_and_a_picture_of_ways(measure, noise, generator):
    generated = noise(40)
    measured = measure("ppl", generated, generated, pairs=9)
    value, error, over = measured.values["ppl"]
    assert value > error > 0
    assert over == "9 pairs"
    picture = measured.pictures["ppl"]
    assert picture.shape == (8 * 8, 10 * 8, 3)
    seeds, ends = range(9), range(9, 18)  # of those that are scored
    labels = generator.labels(seeds)
    np.testing.assert_array_equal(picture[:8, :8], generator.run(generator.latents(seeds[:1]), labels[:1])[0])
    np.testing.assert_array_equal(picture[8:16, -8:], generator.run(generator.latents(ends[1:2]), labels[1:2])[0])
    assert measured.values != measure("ppl", generated, generated, pairs=9, seed=1).values
    assert measure("ppl", generated, generated).values["ppl"].over == "20 pairs"  # all that 40 seeds make


def test_uniform_latents_are_joined_by_straight_lines(tmp_path):
    metadata = make_metadata().model_copy(update={"latent": Latent(dim=4, distribution="uniform")})
    model = Generator.load(write_model(tmp_path / "uniform.onnx", metadata), device="cpu")
    picture = strips(Ways(model, range(1), range(5, 6)), 3)
    middle = (model.latents([0]) + model.latents([5])) / 2
    np.testing.assert_array_equal(picture[:, 8:16], model.run(middle)[0])
