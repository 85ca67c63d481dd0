import hashlib
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_serve.errors import DeviceError, ModelError, RequestError
from ganzoo_serve.generator import Generator
from ganzoo_serve.seeds import classes_from_seeds
from ganzoo_serve.testing import make_metadata, make_model, write_model


def test_it_says_what_it_is(plain, model_dir):
    data = (model_dir / "plain.onnx").read_bytes()
    assert plain.name == "plain"
    assert plain.sha256 == hashlib.sha256(data).hexdigest()
    assert plain.rev == plain.sha256[:12]
    assert plain.device == "cpu"
    assert plain.runtime.endswith("-cpu")


def test_shapes(generators):
    for generator in generators.values():
        image = generator.metadata.image
        for n in (0, 1, 5):
            images = generator.sample(range(n))
            assert images.shape == (n, image.height, image.width, image.channels)
            assert images.dtype == np.uint8
        assert len(np.unique(generator.sample([3]))) > 8  # a picture, not a flat field


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_an_image_does_not_depend_on_the_request_it_comes_in(generators, data):
    generator = generators[data.draw(st.sampled_from(sorted(generators)))]
    seeds = data.draw(st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=12))
    together = generator.sample(seeds)
    for seed, image in zip(seeds, together, strict=True):
        np.testing.assert_array_equal(generator.sample([seed])[0], image)


@pytest.mark.parametrize("batch_size", [3, 16])
def test_batches_are_filled_up_to_one_size(model_dir, batch_size, monkeypatch):
    generator = Generator.load(model_dir / "classy.onnx", device="cpu", batch_size=batch_size)
    sizes = []
    run = generator._run_batch
    monkeypatch.setattr(generator, "_run_batch", lambda feed, n: (sizes.append(len(feed["z"])), run(feed, n))[1])
    seeds = [5, 1, 2, 3, 9, 8, 7]
    together = generator.sample(seeds)
    alone = np.concatenate([generator.sample([seed]) for seed in seeds])
    np.testing.assert_array_equal(together, alone)
    assert set(sizes) == {batch_size}


def test_a_lone_image_is_run_in_a_small_batch_and_a_crowd_in_large_ones(model_dir):
    generator = Generator.load(model_dir / "plain.onnx", device="cpu")
    generator.use((1, 2, 4, 8, 16, 32, 64), 64)
    assert [generator.batches(n) for n in (0, 1, 2, 5, 64)] == [[], [1], [2], [8], [64]]
    assert generator.batches(200) == [64, 64, 64, 8]


def test_many_threads_at_once_see_the_same_pixels(plain):
    expected = plain.sample(range(64))
    with ThreadPoolExecutor(8) as pool:
        for images in pool.map(lambda _: plain.sample(range(64)), range(16)):
            np.testing.assert_array_equal(images, expected)


def test_streaming_is_in_order_lazy_and_flat_in_memory(floaty, monkeypatch):
    drawn = []
    draw = floaty.draw
    monkeypatch.setattr(floaty, "draw", lambda seeds, **options: (drawn.append(seeds[0]), draw(seeds, **options))[1])
    stream = floaty.iter_samples(range(10**9 // 1000))
    np.testing.assert_array_equal(next(stream), floaty.sample([0])[0])
    np.testing.assert_array_equal(next(stream), floaty.sample([1])[0])
    stream.close()
    assert len(drawn) < 20
    tracemalloc.start()
    for _ in zip(floaty.iter_samples(range(10_000)), range(300), strict=False):
        pass
    assert tracemalloc.get_traced_memory()[1] < 4e6
    tracemalloc.stop()


def test_float_models_round_as_exported_graphs_do(tmp_path):
    as_float = write_model(tmp_path / "float.onnx", make_metadata("pair", size=16, output="float"))
    as_bytes = write_model(tmp_path / "bytes.onnx", make_metadata("pair", size=16))
    a, b = Generator.load(as_float, device="cpu"), Generator.load(as_bytes, device="cpu")
    np.testing.assert_array_equal(a.sample(range(50)), b.sample(range(50)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_first_and_last_are_the_same_images(tmp_path, channels):
    drawn = []
    for layout in ("nhwc", "nchw"):
        path = write_model(tmp_path / f"{layout}.onnx", make_metadata(layout=layout, channels=channels))
        generator = Generator.load(path, device="cpu", batch_size=3)
        drawn.append(generator.sample(range(20)))
        np.testing.assert_array_equal(generator.run(generator.latents(range(20))), drawn[-1])
        assert next(generator.iter_samples([5])).tobytes() == drawn[-1][5].tobytes()
    np.testing.assert_array_equal(*drawn)


def test_classes_by_id_name_or_seed(classy):
    dogs = classy.sample([4, 5], classes="dog")
    for same in (1, "1", "DOG", [1, "dog"], np.array([1, 1])):
        np.testing.assert_array_equal(classy.sample([4, 5], classes=same), dogs)
    assert (classy.sample([4], classes="cat") != dogs[:1]).any()
    own = classes_from_seeds([4, 5], 4)
    np.testing.assert_array_equal(classy.sample([4, 5]), classy.sample([4, 5], classes=own))
    assert classy.resolve_class("GRÖSSE") == 3  # ß folds to ss


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (4, r"Class 4 is out of range: model 'classy' has 0 \.\.\. 3\."),
        (-1, "out of range"),
        ("99999999999999999999", "no class '99999999999999999999'"),
        pytest.param(10**5000, "with more than 30 digits is out of range", id="huge"),
        ("catt", r"Model 'classy' has no class 'catt'\. Did you mean 'cat'\?"),
        ("zebr", "Did you mean 'Zebra'"),
        ("", r"It has cat, dog, Zebra, größe\."),
        ("x" * 10_000, r"has no class 'x{60}\.\.\.'"),
        (True, "not bool"),
        (1.0, "not float"),
        (None, "not NoneType"),
    ],
)
def test_unknown_classes(classy, value, message):
    with pytest.raises(RequestError, match=message):
        classy.resolve_class(value)
    with pytest.raises(RequestError, match=message) as caught:
        classy.sample([0, 1], classes=[0, value])
    assert caught.value.loc == ("classes", 1)


def test_a_name_of_digits_is_an_id_and_names_that_differ_by_case_are_told_apart(tmp_path):
    path = write_model(tmp_path / "m.onnx", make_metadata(classes=("1", "0", "Ab", "aB")))
    generator = Generator.load(path, device="cpu")
    assert [generator.resolve_class(value) for value in ("1", "0", "Ab", "aB")] == [1, 0, 2, 3]
    with pytest.raises(RequestError, match="no class 'AB'"):
        generator.resolve_class("AB")


def test_truncation_of_its_own_is_given_to_every_image_of_a_batch(tmp_path):
    def load(name, **fields):
        path = write_model(tmp_path / f"{name}.onnx", make_metadata(name, truncation="z", **fields))
        return Generator.load(path, device="cpu", batch_size=3)

    scalar, each = load("scalar"), load("each", truncation_per_image=True)
    for strength in (None, 0.5, 0.0):
        expected = scalar.sample(range(4), truncation=strength)
        np.testing.assert_array_equal(each.sample(range(4), truncation=strength), expected)


def test_truncation(truncated, plain):
    full = truncated.sample([1, 2])
    np.testing.assert_array_equal(truncated.sample([1, 2], truncation=1.0), full)
    flat = truncated.sample([1, 2], truncation=0.0)
    np.testing.assert_array_equal(flat[0], flat[1])
    np.testing.assert_array_equal(truncated.sample([1, 2], truncation=1), full)
    np.testing.assert_array_equal(truncated.sample([1, 2], truncation=np.float32(0)), flat)
    for bad in (-0.1, 1.5, float("nan"), float("inf"), "x", "0.5", [0.5], True, False):
        with pytest.raises(RequestError, match=r"expected 0 \.\.\. 1 \(1 is off\)"):
            truncated.sample([1], truncation=bad)
    with pytest.raises(RequestError, match="'plain' has no truncation: leave it out"):
        plain.iter_samples([1], truncation=1.0)  # at the call, not at the first image


def test_requests_a_model_cannot_answer(plain, classy):
    with pytest.raises(RequestError, match="'plain' has no classes"):
        plain.sample([0], classes=0)
    with pytest.raises(RequestError, match="3 classes for 2 seeds"):
        classy.sample([0, 1], classes=[0, 1, 2])
    with pytest.raises(RequestError, match="is not an integer"):
        plain.sample([-1])
    for method in (plain.sample, plain.iter_samples, plain.draw):
        for no_sequence in (5, {5}, np.array(5)):
            with pytest.raises(RequestError, match=r"Seeds are a sequence of integers, such as \[0, 1\]: not .*5"):
                method(no_sequence)
    z = np.zeros((2, 4), np.float32)
    for arguments, message in [
        ((np.zeros((2, 3), np.float32),), r"z has shape \(2, 3\): expected \(n, 4\)"),
        ((z * np.nan,), "NaN or infinity"),
        ((z, np.array([0, 1])), "has no classes"),
    ]:
        with pytest.raises(RequestError, match=message):
            plain.run(*arguments)
    for labels, message in [
        (None, "labels are needed"),
        ([0], "shape"),
        (["0", "1"], r"\(2,\) and type <U1: .* integers"),
        ([0, 4], "out of range"),
        ([0.0, 1.0], "int"),
    ]:
        with pytest.raises(RequestError, match=message):
            classy.run(z, labels)


def test_what_it_cannot_be_loaded_with(model_dir):
    path = model_dir / "plain.onnx"
    with pytest.raises(DeviceError, match="no device 'gpu': expected one of auto, cpu, cuda, tensorrt"):
        Generator.load(path, device="gpu")
    for size in (-3, 0, "4", 2.0, True):
        with pytest.raises(ValueError, match=rf"batch_size is {size!r}: expected an integer from 1 on"):
            Generator.load(path, device="cpu", batch_size=size)


def test_raw_latents(classy):
    seeds = [1, 2, 3]
    images = classy.run(classy.latents(seeds), classy.labels(seeds))
    np.testing.assert_array_equal(images, classy.sample(seeds))


def test_golden_images_are_recognised(tmp_path):
    metadata = make_metadata(classes=("a", "b"))
    generator = Generator.load(write_model(tmp_path / "a.onnx", metadata), device="cpu")
    digests = {str(seed): hashlib.sha256(generator.sample([seed]).tobytes()).hexdigest() for seed in (0, 7)}
    golden = metadata.model_copy(update={"golden": {**digests, "9": "0" * 64}})
    generator = Generator.load(write_model(tmp_path / "b.onnx", golden), device="cpu")
    assert generator.verify_golden() == {0: True, 7: True, 9: False}


def test_threads_end_with_what_they_draw(plain, monkeypatch):
    monkeypatch.setattr("ganzoo_serve.ahead.usable_cores", lambda: 3)
    before = threading.active_count()
    stream = plain.iter_samples(range(100))
    next(stream)
    assert before < threading.active_count() <= before + 3
    stream.close()
    assert threading.active_count() == before
    plain.sample(range(10))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        ({}, r"drew uint8 \(1, 8, 8, 3\): its metadata promise uint8 \(1, 16, 16, 3\)"),
        ({"layout": "nchw"}, r"drew uint8 \(1, 3, 8, 8\): its metadata promise uint8 \(1, 3, 16, 16\)"),
        ({"output": "float"}, r"drew float32 \(1, 3, 8, 8\): its metadata promise float32 \(1, 3, 16, 16\)"),
    ],
)
def test_a_model_that_lies_about_its_output_is_found_at_load(tmp_path, promise, said):
    def lie(model):
        for dim in model.graph.output[0].type.tensor_type.shape.dim:
            dim.ClearField("dim_value")
            dim.dim_param = "anything"

    metadata = make_metadata(size=16, **promise)
    model = make_model(make_metadata(size=8, **promise))
    lie(model)
    onnx.helper.set_model_props(model, {"ganzoo": metadata.to_json()})
    onnx.save(model, tmp_path / "lie.onnx")
    with pytest.raises(ModelError, match=rf"lie\.onnx {said}"):
        Generator.load(tmp_path / "lie.onnx", device="cpu")


def test_a_model_that_draws_nan_is_found_at_load(tmp_path):
    def poison(model):
        weight = model.graph.initializer[0]
        weight.raw_data = np.full(len(weight.raw_data) // 4, np.nan, np.float32).tobytes()

    path = write_model(tmp_path / "nan.onnx", make_metadata(output="float"), edit=poison)
    with pytest.raises(ModelError, match=r"nan\.onnx drew NaN or infinity"):
        Generator.load(path, device="cpu")


def test_a_graph_onnx_runtime_refuses_is_a_model_error(tmp_path):
    def break_it(model):
        model.graph.node[0].op_type = "NoSuchOperator"

    path = write_model(tmp_path / "odd.onnx", make_metadata(), edit=break_it)
    with pytest.raises(ModelError, match=r"cannot load .*odd\.onnx: "):
        Generator.load(path, device="cpu")
