import json
import re
from functools import reduce

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ganzoo_serve import metadata
from ganzoo_serve.errors import ModelError
from ganzoo_serve.metadata import Dataset, Training, graph_sha256, parse, read, slug
from ganzoo_serve.testing import make_metadata, make_model, write_model

FULL = make_metadata(
    "full",
    classes=("cat", "größe"),
    truncation="w",
    licence="CC-BY-4.0",
    dataset=Dataset(name="pets", licence="CC0-1.0", images=1000),
    training=Training(recipe="dcgan-hinge", kimg=12.5, paper="arXiv:1511.06434"),
    metrics=({"name": "fid", "value": 12.25, "samples": 50_000},),
    versions={"torch": "2.11"},
    golden={"0": "a" * 64},
)


def test_what_is_written_is_read(tmp_path):
    assert parse(FULL.to_json()) == FULL
    assert read(write_model(tmp_path / "m.onnx", FULL)) == FULL


def test_a_field_from_the_future_is_ignored_and_a_schema_from_the_future_is_not():
    text = FULL.to_json()
    assert parse(text.replace('"schema":1', '"schema":1,"mood":"happy"')) == FULL
    for newer in (text.replace('"schema":1', '"schema":2'), text.replace('"scheme":1', '"scheme":2')):
        with pytest.raises(ModelError, match=r"m\.onnx was written by a newer ganzoo: expected schema 1"):
            parse(newer, source="m.onnx")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"name": "../etc"}, r"name: .*must match"),
        ({"image.channels": 2}, r"image\.channels: Input should be 1, 3 or 4"),
        ({"latent.dim": 0}, r"latent\.dim: Input should be greater than or equal to 1"),
        ({"classes": ["a", "a"]}, r"classes: .*distinct"),
        ({"classes": []}, r"classes: .*at least one"),
        ({"truncation": "x"}, r"truncation: Input should be 'z' or 'w'"),
        ({"layout": "hwc"}, r"layout: Input should be 'nhwc' or 'nchw'"),
        ({"output": "float"}, r"layout: .*float images are nchw: leave the layout out"),
        ({"golden": {"01": "a" * 64}}, r"golden key '01' is not a seed"),
        ({"golden": {"1": "abc"}}, r"golden\.1: "),
    ],
)
def test_wrong_fields_are_named(change, finding):
    document = json.loads(make_metadata().to_json())
    for path, value in change.items():
        *parents, field = path.split(".")
        reduce(dict.__getitem__, parents, document)[field] = value
    with pytest.raises(ModelError, match=finding):
        parse(json.dumps(document))


@pytest.mark.parametrize(("output", "layout"), [("uint8", "nhwc"), ("float", "nchw")])
def test_a_file_from_before_layouts_is_still_read(tmp_path, output, layout):
    document = json.loads(make_metadata(output=output).to_json())
    assert document.pop("layout") == layout
    assert parse(json.dumps(document)).layout == layout

    def forget(model):
        helper.set_model_props(model, {"ganzoo": json.dumps(document)})

    assert read(write_model(tmp_path / "old.onnx", make_metadata(output=output), edit=forget)).layout == layout


def test_a_file_from_before_half_precision_is_of_float32_and_has_one_truncation():
    document = json.loads(make_metadata(truncation="z").to_json())
    assert document.pop("precision") == "fp32"
    assert document.pop("truncation_per_image") is False
    assert parse(json.dumps(document)) == make_metadata(truncation="z")
    with pytest.raises(ModelError, match="precision"):
        parse(json.dumps(document | {"precision": "fp8"}))


def test_the_hash_of_a_graph_follows_its_weights_and_not_what_is_said_of_it():
    def content(edit=lambda model: None, **fields):
        model = make_model(make_metadata(**fields))
        edit(model)
        return model.SerializeToString()

    def flip_a_bit(model):
        weight = model.graph.initializer[0]
        weight.raw_data = bytes([weight.raw_data[0] ^ 1]) + weight.raw_data[1:]

    first = graph_sha256(content())
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert graph_sha256(content(name="other", metrics=({"name": "fid", "value": 1.5},))) == first
    assert graph_sha256(content(_without_metadata)) == first
    others = {graph_sha256(content(flip_a_bit)), graph_sha256(content(layout="nchw")), graph_sha256(content(z_dim=5))}
    assert len(others | {first}) == 4
    with pytest.raises(ModelError, match="the model is not an ONNX file"):
        graph_sha256(b"hello")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"schema":1}', '{"schema":1,"name":NaN}', "[" * 100_000])
def test_no_document_gets_past(text):
    with pytest.raises(ModelError, match="run that to make one"):
        parse(text)


def test_slugs():
    assert slug("DCGAN (digits) 32x32") == "dcgan-digits-32x32"
    assert len(slug("x" * 100)) == 64
    assert metadata.NAME.fullmatch(slug("Größe"))
    with pytest.raises(ValueError, match="No model name"):
        slug("---")


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx cannot be read \(No such file or directory\)"):
        read(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\x00" * 1000, b"\x08\x0a"])
def test_files_that_are_no_onnx_are_named(tmp_path, content):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"foreign\.onnx is not an ONNX file"):
        read(path)


def test_every_truncation_of_a_file_is_refused(tmp_path):
    data = write_model(tmp_path / "m.onnx", make_metadata()).read_bytes()
    for size in range(0, len(data) - 1, 53):
        with pytest.raises(ModelError, match="cut"):
            metadata.read_bytes(data[:size], source="cut")


def _without_metadata(model):
    del model.metadata_props[:]


def _rename_input(model):
    model.graph.input[0].name = "noise"


def _fixed_batch(model):
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def _other_width(model):
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 7


def _double(model):
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def _extra_input(model):
    model.graph.input.append(helper.make_tensor_value_info("noise", TensorProto.FLOAT, ["n", 1]))


def _float_output(model):
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT


def _channels_first(model):
    for dim, size in zip(model.graph.output[0].type.tensor_type.shape.dim[1:], (3, 8, 8), strict=True):
        dim.dim_value = size


def _no_shape(model):
    model.graph.output[0].type.tensor_type.ClearField("shape")


def _random(model):
    model.graph.node.append(helper.make_node("RandomNormalLike", ["z"], ["noise"]))


def _random_in_a_branch(model):
    inner = helper.make_node("Bernoulli", ["z"], ["b"])
    branch = helper.make_graph([inner], "then", [], [helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n", 4])])
    model.graph.node.append(helper.make_node("If", ["c"], ["x"], then_branch=branch, else_branch=branch))


def _random_in_a_function(model):
    node = helper.make_node("RandomUniform", [], ["u"], shape=[1])
    function = helper.make_function("ours", "Noise", [], ["u"], [node], [helper.make_opsetid("", 20)])
    model.functions.append(function)


def _random_in_a_functions_default(model):
    inner = helper.make_node("Multinomial", ["z"], ["b"])
    graph = helper.make_graph([inner], "g", [], [helper.make_tensor_value_info("b", TensorProto.INT32, ["n", 4])])
    function = helper.make_function("ours", "Noise", ["z"], ["u"], [], [helper.make_opsetid("", 20)])
    function.attribute_proto.append(helper.make_attribute("body", graph))
    model.functions.append(function)


def _dropout_in_training(model):
    model.graph.node.append(helper.make_node("Dropout", ["z", "", "training"], ["d"]))


def _unknown_type(model):
    model.graph.input[0].type.tensor_type.elem_type = 9999


def _sequence(model):
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = TensorProto.FLOAT


def _external_weights(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def _external_constant(model):
    tensor = numpy_helper.from_array(np.zeros(1, np.float32))
    tensor.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        (_without_metadata, "has no ganzoo metadata: it was not written by ganzoo"),
        (_rename_input, "has no input 'z': expected float (n, 4)"),
        (_fixed_batch, "has input 'z' as float (1, 4): expected float (n, 4)"),
        (_other_width, "has input 'z' as float (n, 7): expected float (n, 4)"),
        (_double, "has input 'z' as double (n, 4): expected float (n, 4)"),
        (_extra_input, "has inputs its metadata does not speak of: noise. Expected z only"),
        (_float_output, "has output 'images' as float (n, 8, 8, 3): expected uint8 (n, 8, 8, 3)"),
        (_channels_first, "has output 'images' as uint8 (n, 3, 8, 8): expected uint8 (n, 8, 8, 3)"),
        (_no_shape, "has output 'images' as uint8 of unknown shape"),
        (_random, "draws random numbers in the graph (RandomNormalLike)"),
        (_random_in_a_branch, "(Bernoulli)"),
        (_random_in_a_function, "(RandomUniform)"),
        (_random_in_a_functions_default, "(Multinomial)"),
        (_dropout_in_training, "(Dropout)"),
        (_unknown_type, "has input 'z' as type 9999 (n, 4): expected float (n, 4)"),
        (_sequence, "has input 'z' as "),
        (_external_weights, "keeps weights in another file"),
        (_external_constant, "keeps weights in another file"),
    ],
)
def test_a_graph_that_breaks_its_promise_is_refused(tmp_path, edit, finding):
    path = write_model(tmp_path / "bad.onnx", make_metadata(), edit=edit)
    with pytest.raises(ModelError, match=rf"bad\.onnx .*{re.escape(finding)}"):
        read(path)


def test_classes_and_truncation_decide_the_inputs(tmp_path):
    path = write_model(tmp_path / "m.onnx", make_metadata())
    model = onnx.load(path)
    for claim, name in ((make_metadata(classes=("a", "b")), "label"), (make_metadata(truncation="z"), "truncation")):
        helper.set_model_props(model, {"ganzoo": claim.to_json()})
        onnx.save(model, path)
        with pytest.raises(ModelError, match=f"has no input '{name}'"):
            read(path)
