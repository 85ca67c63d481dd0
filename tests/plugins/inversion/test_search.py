"""A search finds what a generator made, leaves what is not known alone, and takes no notice of its neighbours."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganzoo import ConfigError
from ganzoo_inversion.inpaint import inpaint
from ganzoo_inversion.invert import invert
from ganzoo_inversion.model import Model
from ganzoo_inversion.search import Problem, Search, descend, random_starts
from ganzoo_serve.metadata import Latent
from ganzoo_serve.testing import make_metadata, write_model

QUICK = Search(steps=60, starts=3, draws=8)


@pytest.fixture(scope="module")
def plain(plain_file):
    return Model(plain_file, device="cpu")


@pytest.fixture(scope="module")
def classy(classy_file):
    return Model(classy_file, device="cpu")


def problem(images, hole=None):
    images = torch.from_numpy(images.astype(np.float32))
    return Problem(images, torch.ones(*images.shape[:3], 1) if hole is None else hole)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("form", ["uint8", "float", "nchw", "truncation"])
def test_pixels_are_those_that_the_file_draws(form, distribution, tmp_path):
    fields = {"float": {"output": "float"}, "nchw": {"layout": "nchw"}, "truncation": {"truncation": "z"}}.get(form, {})
    latent = Latent(dim=4, distribution=distribution)
    metadata = make_metadata(size=8, channels=3, classes=("a", "b"), **fields).model_copy(update={"latent": latent})
    model = Model(write_model(tmp_path / "model.onnx", metadata), device="cpu")
    z, labels = model.generator.latents([1, 2, 3]), np.array([0, 1, 1])
    with torch.no_grad():
        pixels = model.pixels(torch.from_numpy(z), torch.from_numpy(labels))
    assert np.abs(pixels.numpy() - model.generator.run(z, labels)).max() <= 0.5 + 1e-3


def test_what_a_generator_made_is_found_again(plain):
    images = plain.generator.sample([5, 6])
    found = invert(plain, images, by="optimise", search=replace(QUICK, steps=200))
    assert found.z.shape == (2, 4)
    assert np.abs(found.images.astype(int) - images).mean() < 3
    start = invert(plain, images, by="optimise", search=replace(QUICK, steps=0))
    assert np.abs(start.images.astype(int) - images).mean() > 6


def test_every_image_is_searched_for_as_if_it_were_alone(plain):
    images = plain.generator.sample([5, 6])
    together = invert(plain, images, by="optimise", search=QUICK)
    alone = invert(plain, images[1:], by="optimise", search=QUICK)
    np.testing.assert_allclose(together.z[1], alone.z[0], rtol=1e-3, atol=1e-3)


def test_starts_are_nearer_than_a_draw_usually_is(plain):
    task = problem(plain.generator.sample([7]))
    error = {}
    for draws in (1, 32):
        starts = random_starts(task, plain, replace(QUICK, starts=8, draws=draws))
        images = torch.from_numpy(plain.generator.run(starts[0].numpy())).float()
        error[draws] = task.error(images).mean().item()
    assert error[32] < 0.7 * error[1]


def test_the_best_start_comes_first_and_the_search_makes_it_better(plain):
    task = problem(plain.generator.sample([7]))
    starts = random_starts(task, plain, QUICK)
    before, after = (descend(task, plain, starts, replace(QUICK, steps=steps)) for steps in (0, 40))
    assert (before.loss.diff(dim=1) >= 0).all()
    assert (after.loss[0, 0] < before.loss[0, 0] / 2).all()


def test_many_rows_are_searched_in_parts(plain, monkeypatch):
    images = plain.generator.sample(range(5))
    whole = invert(plain, images, by="optimise", search=replace(QUICK, steps=5))
    monkeypatch.setattr("ganzoo_inversion.search.ROWS", 6)
    parts = invert(plain, images, by="optimise", search=replace(QUICK, steps=5))
    np.testing.assert_allclose(whole.z, parts.z, rtol=1e-4, atol=1e-4)


def test_unknown_pixels_have_no_say(plain):
    image = plain.generator.sample([8])
    known = torch.zeros(1, 16, 16, 1)
    known[:, :8] = 1
    other = image.copy()
    other[:, 8:] = 255 - other[:, 8:]
    a, b = (problem(x, known) for x in (image, other))
    starts = random_starts(a, plain, QUICK)
    assert torch.equal(starts, random_starts(b, plain, QUICK))
    assert torch.equal(descend(a, plain, starts, QUICK).z, descend(b, plain, starts, QUICK).z)
    torch.testing.assert_close(a.error(a.images + 127.5 * known), torch.ones(1))


def test_uniform_latents_stay_in_their_box(tmp_path):
    metadata = make_metadata(size=8).model_copy(update={"latent": Latent(dim=4, distribution="uniform")})
    model = Model(write_model(tmp_path / "model.onnx", metadata), device="cpu")
    found = invert(model, np.zeros((1, 8, 8, 3), np.uint8), by="optimise", search=replace(QUICK, lr=1.0))
    assert np.abs(found.z).max() <= 1


def test_the_class_is_found_by_trying_all_of_them(classy):
    images = classy.generator.sample([3, 4, 5], classes=[2, 0, 1])
    found = invert(classy, images, by="optimise", search=replace(QUICK, steps=100))
    assert found.labels.tolist() == [2, 0, 1]
    told = invert(classy, images, by="optimise", label=1, search=QUICK)
    assert told.labels.tolist() == [1, 1, 1]


def test_too_many_classes_to_try_are_asked_for(tmp_path):
    metadata = make_metadata(size=8, classes=tuple(str(i) for i in range(33)))
    model = Model(write_model(tmp_path / "model.onnx", metadata), device="cpu")
    images = model.generator.sample([0])
    with pytest.raises(ConfigError, match="has 33 classes, too many to try them all: give one by '--class'"):
        invert(model, images, by="optimise", search=QUICK)


@pytest.fixture
def holed(plain):
    image = plain.generator.sample([9])[0]
    hole = np.zeros((16, 16, 1), bool)
    hole[8:] = True
    return image, hole


def test_a_completion_agrees_with_what_is_known_and_keeps_it(plain, holed):
    image, hole = holed
    damaged = np.where(hole, 128, image).astype(np.uint8)
    found = inpaint(plain, damaged, hole, by="optimise", completions=3, search=replace(QUICK, steps=200))
    assert found.images.shape == (3, 16, 16, 1)
    assert (found.images[:, :8] == image[:8]).all()
    assert found.error[0] < 20
    # Four numbers make the image, so half of it determines the other half.
    assert np.abs(found.images[0].astype(int) - image).mean() < 4
    bare = inpaint(plain, damaged, hole, by="optimise", keep_known=False, search=replace(QUICK, steps=200))
    assert np.array_equal(bare.images, plain.generator.run(bare.z))
    assert not np.array_equal(bare.images[0, :8], image[:8])


def test_completions_differ_where_little_is_known(plain, holed):
    image, hole = holed
    hole[1:] = True
    found = inpaint(plain, image, hole, by="optimise", completions=3, search=replace(QUICK, draws=1))
    assert np.abs(np.diff(found.images[:, 1:].astype(int), axis=0)).mean() > 5


def test_more_completions_than_starts_are_refused(plain, holed):
    with pytest.raises(ConfigError, match="4 completions of 3 starts: expected '--starts 4' or more"):
        inpaint(plain, *holed, by="optimise", completions=4, search=QUICK)


@pytest.mark.parametrize("by", ["encoder", "both"])
def test_what_needs_an_encoder_says_how_to_make_one(by, plain, holed):
    image, hole = holed
    with pytest.raises(ConfigError, match="Make one: 'ganzoo encoder"):
        invert(plain, image[None], by=by)
    with pytest.raises(ConfigError, match="Make one: 'ganzoo encoder"):
        inpaint(plain, image, hole, by=by)
