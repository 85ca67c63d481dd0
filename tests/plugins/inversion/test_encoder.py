"""An encoder learns to tell z from images, and its file says what it is, does what torch did, and refuses strangers."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from ganzoo import ConfigError, GanzooError
from ganzoo_inversion.encoder_file import KEY, Encoder, EncoderMetadata, check, read, serialize
from ganzoo_inversion.inpaint import inpaint
from ganzoo_inversion.invert import invert
from ganzoo_inversion.learn import learn
from ganzoo_inversion.measure import held_out_errors, image_errors, mean_squared_error, psnr, sentence
from ganzoo_inversion.model import Model
from ganzoo_inversion.network import EncoderNetwork
from ganzoo_inversion.search import Search
from ganzoo_inversion.training import FIRST_SEED, Training, samples, schedule, train_encoder
from ganzoo_serve.metadata import Image, Latent
from ganzoo_serve.testing import make_metadata, write_model

TINY = Training(steps=60, batch_size=32, width=4, lr=5e-3)


@pytest.fixture(scope="module")
def models(plain_file, classy_file):
    plain, classy = Model(plain_file, device="cpu"), Model(classy_file, device="cpu")
    return {"plain": plain, "classy": classy}


@pytest.fixture(scope="module")
def files(models, tmp_path_factory):
    """An encoder of each model, as the command writes it, and the lines that it printed."""
    folder = tmp_path_factory.mktemp("encoders")
    return {
        name: (folder / f"{name}.onnx", learn(model.path, folder / f"{name}.onnx", TINY, device="cpu"))
        for name, model in models.items()
    }


def test_training_explains_most_of_z_where_the_image_tells_it(models, files):
    path, lines = files["plain"]
    errors = Encoder.load(path, models["plain"]).metadata.held_out
    assert errors.z_r2 > 0.5
    assert errors.z_mse == pytest.approx(1 - errors.z_r2)
    assert errors.images == 512
    assert f"z error {errors.z_mse:.3f} per dimension (R^2 {errors.z_r2:.3f})" in lines[0]
    assert "encoder of plain" in lines[-1]


def test_the_class_is_learned_beside_z(models, files):
    encoder = Encoder.load(files["classy"][0], models["classy"])
    images = models["classy"].generator.sample(range(100), classes=1)
    z, labels = encoder.encode(images)
    assert z.shape == (100, 4)
    assert (labels == 1).mean() > 0.6
    assert encoder.metadata.held_out.accuracy > 0.6


@pytest.mark.parametrize("name", ["plain", "classy"])
def test_the_file_says_whose_it_is_and_how_it_was_made(name, models, files):
    path = files[name][0]
    metadata = read(path.read_bytes(), source="it")
    assert metadata.generator == name
    assert metadata.generator_sha256 == models[name].graph_sha256
    assert metadata.latent == Latent(dim=4)
    assert metadata.image == models[name].image
    assert metadata.classes == (models[name].classes or None)
    assert metadata.training["steps"] == 60
    assert metadata.training["kimg"] == 60 * 32 / 1000
    graph = onnx.load(path).graph
    assert [value.name for value in graph.output] == ["z", "class_logits"][: 2 if metadata.classes else 1]
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert "BatchNormalization" not in {node.op_type for node in graph.node}


def test_training_is_the_same_every_time_and_another_with_another_seed(models):
    short = replace(TINY, steps=3)
    first, again, other = (
        train_encoder(models["plain"], t).state_dict() for t in (short, short, replace(short, seed=1))
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_the_error_of_z_alone_needs_no_gradient_of_the_generator(models, monkeypatch):
    monkeypatch.setattr(Model, "pixels", None)
    train_encoder(models["plain"], replace(TINY, steps=2, image_weight=0.0))


def test_samples_never_repeat_and_are_not_those_held_out(models):
    settings = replace(TINY, steps=4, batch_size=5)
    model = models["classy"].generator
    batches = list(samples(model, settings))
    seeds = range(FIRST_SEED, FIRST_SEED + 20)
    images, z, labels = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    assert len(batches) == 4
    assert np.array_equal(z, model.latents(seeds))
    assert np.array_equal(labels, model.labels(seeds))
    assert np.array_equal(images, model.sample(seeds))
    assert FIRST_SEED > 512


def test_the_learning_rate_rises_and_falls_to_nothing():
    rates = [schedule(step, 1000) for step in range(1000)]
    assert rates[0] == 1 / 50
    assert max(rates) > 0.99
    assert rates[-1] < 1e-5
    assert schedule(0, 1) == 1 / 50


SHAPES = [(8, 8, 3, 0), (16, 16, 1, 3), (32, 32, 4, 0), (4, 4, 1, 2), (28, 20, 3, 0), (64, 64, 1, 0)]


@pytest.mark.parametrize(("height", "width", "channels", "classes"), SHAPES)
def test_every_image_shape_has_an_encoder_whose_file_agrees_with_torch(height, width, channels, classes):
    image = Image(height=height, width=width, channels=channels)
    torch.manual_seed(0)
    network = EncoderNetwork(image, z_dim=5, num_classes=classes, width=4)
    images = np.random.default_rng(0).integers(0, 256, (17, height, width, channels), dtype=np.uint8)
    network(torch.from_numpy(images))  # gives the norms statistics other than 0 and 1
    names = tuple("abc"[:classes]) or None
    metadata = EncoderMetadata(generator="x", generator_sha256="0", image=image, latent=Latent(dim=5), classes=names)
    assert check(serialize(network.eval(), metadata), network, images) < 1e-5


def test_a_file_that_disagrees_with_torch_is_refused_and_an_older_one_stays(models, monkeypatch, tmp_path):
    path = tmp_path / "encoder.onnx"
    path.write_bytes(b"an older file")

    def other(network, metadata):
        network = EncoderNetwork(metadata.image, z_dim=4, num_classes=0, width=4).eval()
        return serialize(network, metadata)

    monkeypatch.setattr("ganzoo_inversion.learn.serialize", other)
    with pytest.raises(GanzooError, match="The encoder's file and torch disagree by"):
        learn(models["plain"].path, path, replace(TINY, steps=1), device="cpu")
    assert path.read_bytes() == b"an older file"


def test_an_encoder_of_another_model_is_refused(models, files):
    with pytest.raises(ConfigError, match=r"is the encoder of another model: of plain .*, not of .*classy\.onnx"):
        Encoder.load(files["plain"][0], models["classy"])


def test_what_is_no_encoder_is_refused(models, tmp_path):
    with pytest.raises(ConfigError, match=r"There is no encoder .*Make one: 'ganzoo encoder"):
        Encoder.load(tmp_path / "missing.onnx", models["plain"])
    with pytest.raises(GanzooError, match=f"is no encoder: it has no metadata '{KEY}'"):
        Encoder.load(models["plain"].path, models["plain"])
    (tmp_path / "noise.onnx").write_bytes(b"\xff" * 100)
    with pytest.raises(GanzooError, match="is not an ONNX file"):
        Encoder.load(tmp_path / "noise.onnx", models["plain"])


def test_metadata_added_to_a_model_do_not_part_it_from_its_encoder(files, models, tmp_path):
    proto = onnx.load(models["plain"].path)
    metadata = models["plain"].generator.metadata.model_copy(update={"metrics": ({"name": "fid", "value": 1.0},)})
    onnx.helper.set_model_props(proto, {"ganzoo": metadata.to_json()})
    onnx.save(proto, tmp_path / "noted.onnx")
    noted = Model(tmp_path / "noted.onnx", device="cpu")
    Encoder.load(files["plain"][0], noted)


def test_errors_are_those_of_the_definition(models, files):
    model, encoder = models["plain"], Encoder.load(files["plain"][0], models["plain"])
    errors = held_out_errors(encoder, model.generator, 10)
    images, z = model.generator.sample(range(10)), model.generator.latents(range(10))
    found, _ = encoder.encode(images)
    again = model.generator.run(found)
    assert errors.z_mse == pytest.approx(((found - z) ** 2).mean())
    assert errors.image_mse == pytest.approx(((again.astype(float) - images) ** 2).mean())
    assert errors.psnr == pytest.approx(10 * np.log10(255**2 / errors.image_mse))
    assert image_errors(encoder, model.generator, images).image_mse == errors.image_mse
    assert errors.accuracy is None


def test_peak_signal_to_noise_ratio_in_closed_form():
    black, white = np.zeros((1, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 255, np.uint8)
    assert mean_squared_error(black, white) == 255**2
    assert psnr(255.0**2) == 0
    assert psnr(650.25) == pytest.approx(20)
    assert psnr(0.0) is None


def test_the_encoder_inverts_and_a_search_from_it_is_better(models, files):
    model, encoder = models["plain"], Encoder.load(files["plain"][0], models["plain"])
    images = model.generator.sample(range(4))
    quick = Search(steps=40, starts=2)
    by = {how: invert(model, images, by=how, encoder=encoder, search=quick) for how in ("encoder", "both")}
    assert np.array_equal(by["encoder"].z, encoder.encode(images)[0])
    error = {how: mean_squared_error(images, found.images) for how, found in by.items()}
    assert error["both"] < error["encoder"] / 3


def test_a_class_that_is_given_wins_over_the_one_that_the_encoder_sees(models, files):
    model, encoder = models["classy"], Encoder.load(files["classy"][0], models["classy"])
    images = model.generator.sample(range(4), classes=0)
    for by in ("encoder", "both"):
        assert invert(model, images, by=by, encoder=encoder, label=2, search=Search(steps=1)).labels.tolist() == [2] * 4
    seen = invert(model, images, by="both", encoder=encoder, search=Search(steps=1)).labels
    assert np.array_equal(seen, encoder.encode(images)[1])


@pytest.mark.parametrize("name", ["plain", "classy"])
def test_a_hole_is_filled_by_the_encoder(name, models, files):
    model, encoder = models[name], Encoder.load(files[name][0], models[name])
    image = model.generator.sample([9])[0]
    hole = np.zeros((*image.shape[:2], 1), bool)
    hole[-2:] = True
    quick = Search(steps=30, starts=3, draws=2)
    found = {by: inpaint(model, image, hole, by=by, encoder=encoder, search=quick) for by in ("encoder", "both")}
    assert (found["encoder"].images[0][:-2] == image[:-2]).all()
    assert found["both"].error[0] < found["encoder"].error[0]
    assert (found["both"].labels is not None) == (name == "classy")


def test_a_sentence_has_what_is_known():
    from ganzoo_inversion.encoder_file import Errors

    assert sentence(Errors(images=2, image_mse=0.0, psnr=None)) == "2 images: image error 0.0 (no difference)"
    full = Errors(images=2, image_mse=650.25, psnr=20.0, z_mse=0.25, z_r2=0.75, accuracy=0.5)
    assert sentence(full) == (
        "2 images: z error 0.250 per dimension (R^2 0.750), image error 650.2 (PSNR 20.00 dB), classes right 50.0%"
    )


def test_uniform_latents_are_measured_by_their_own_variance(tmp_path):
    metadata = make_metadata(size=8).model_copy(update={"latent": Latent(dim=4, distribution="uniform")})
    path = write_model(tmp_path / "model.onnx", metadata)
    learn(path, tmp_path / "encoder.onnx", TINY, device="cpu")
    model = Model(path, device="cpu")
    errors = Encoder.load(tmp_path / "encoder.onnx", model).metadata.held_out
    assert errors.z_r2 == pytest.approx(1 - 3 * errors.z_mse)
