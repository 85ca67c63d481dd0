"""What Triton is given: a configuration that its own schema reads, and a file whose inputs are those of the configuration."""

import importlib.util
import json
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from google.protobuf import text_format
from torch import nn

from ganzoo.errors import ConfigError, ExportError
from ganzoo.export import export_generator
from ganzoo.export.triton import add_version, batched, config, require_same_model
from ganzoo.nn import StyleBased
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import read
from ganzoo_serve.runtime import create_session
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture(scope="module")
def parsed():
    """``parsed(text)``: a configuration as Triton's schema has it."""
    package = importlib.util.find_spec("tritonclient")
    if package is None:
        pytest.skip("tritonclient is not installed")
    # The package around it wants grpc, and the schema does not.
    path = Path(package.submodule_search_locations[0]) / "grpc" / "model_config_pb2.py"
    spec = importlib.util.spec_from_file_location("model_config_pb2", path)
    schema = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(schema)
    return lambda text: text_format.Parse(text, schema.ModelConfig())


def test_the_configuration_is_triton_s(parsed):
    metadata = batched(make_metadata("birds", size=8, classes=('a "b"', "Zaunkönig", "c\\d\n"), truncation="z"))
    found = parsed(config(metadata))
    assert (found.name, found.platform, found.max_batch_size) == ("birds", "onnxruntime_onnx", 32)
    types = {
        type_.name: type_.number for type_ in found.input[0].DESCRIPTOR.fields_by_name["data_type"].enum_type.values
    }
    inputs = {i.name: (i.data_type, list(i.dims), i.HasField("reshape"), list(i.reshape.shape)) for i in found.input}
    assert inputs == {
        "z": (types["TYPE_FP32"], [4], False, []),
        "label": (types["TYPE_INT64"], [1], True, []),
        "truncation": (types["TYPE_FP32"], [1], True, []),
    }
    (output,) = found.output
    assert (output.name, output.data_type, list(output.dims)) == ("images", types["TYPE_UINT8"], [8, 8, 3])
    assert list(found.dynamic_batching.preferred_batch_size) == [8, 16, 32]
    assert found.version_policy.latest.num_versions == 1
    assert [group.count for group in found.instance_group] == [1]
    told = json.loads(found.parameters["ganzoo"].string_value)
    assert told["classes"] == ['a "b"', "Zaunkönig", "c\\d\n"]
    assert told["latent"] == {"dim": 4, "distribution": "normal", "scheme": 1}


def test_the_configuration_of_float_images_is_triton_s(parsed):
    found = parsed(config(batched(make_metadata(size=8, output="float"))))
    assert [i.name for i in found.input] == ["z"]
    assert [list(o.dims) for o in found.output] == [[3, 8, 8]]
    assert found.output[0].data_type == found.input[0].data_type


class Styled(StyleBased):
    """Two styles of each latent, drawn towards a mean that depends on the class."""

    def __init__(self):
        super().__init__()
        self.to_styles, self.to_image = nn.Linear(4, 6), nn.Linear(6, 256)
        self.means = nn.Embedding(2, 6)

    def mapping(self, z, c=None, truncation=None):
        mean = self.means(c)
        w = mean + self.to_styles(z)
        w = w if truncation is None else torch.lerp(mean, w, truncation)
        return w.unflatten(1, (2, 3))

    def synthesis(self, w):
        return torch.tanh(self.to_image(w.flatten(1))).view(-1, 1, 16, 16)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 256)

    def forward(self, z, c=None, truncation=None):
        return torch.tanh(self.layer(z)).view(-1, 1, 16, 16)


@pytest.mark.parametrize(("module", "truncation", "classes"), [(Styled, "w", ("a", "b")), (Dense, "z", None)])
def test_each_image_of_a_batch_has_its_own_truncation(module, truncation, classes, tmp_path):
    torch.manual_seed(0)
    G = module().eval()
    metadata = make_metadata("test", size=16, channels=1, truncation=truncation, classes=classes)
    scalar = export_generator(G, metadata, tmp_path / "scalar.onnx")
    each = export_generator(G, batched(metadata), tmp_path / "each.onnx")
    (shape,) = [v.type.tensor_type.shape for v in onnx.load(each.path).graph.input if v.name == "truncation"]
    assert [d.HasField("dim_param") for d in shape.dim] == [True]
    strengths = np.array([1, 0.7, 0, 0.2], dtype=np.float32)
    loaded, other = Generator.load(scalar.path, device="cpu"), Generator.load(each.path, device="cpu")
    assert all(other.verify_golden().values())
    z, labels = loaded.latents(range(4)), loaded.labels(range(4))
    session = create_session(each.path.read_bytes(), device="cpu")
    inputs = {"z": z, "truncation": strengths} | ({} if labels is None else {"label": labels})
    images = session.run(["images"], inputs)[0].astype(int)
    for i, strength in enumerate(strengths):
        label = None if labels is None else labels[i : i + 1]
        alone = loaded.run(z[i : i + 1], label, float(strength))[0]
        assert np.abs(images[i] - alone).max() <= 1
        assert np.array_equal(alone, other.run(z[i : i + 1], label, float(strength))[0])


def test_truncation_that_cannot_be_told_apart_is_refused(tmp_path):
    metadata = batched(make_metadata("test", size=16, channels=1, truncation="w"))
    with pytest.raises(ExportError, match="takes one truncation for all images of a batch"):
        export_generator(Dense().eval(), metadata, tmp_path / "model.onnx")


def add(repository, metadata, folder):
    return add_version(repository, write_model(folder / f"{threading.get_ident()}.onnx", metadata), metadata)


def test_versions_follow_each_other_and_leave_an_edited_configuration_alone(tmp_path):
    metadata = make_metadata("tiny")
    repository = tmp_path / "models"
    assert add(repository, metadata, tmp_path) == repository / "tiny" / "1" / "model.onnx"
    configuration = repository / "tiny" / "config.pbtxt"
    assert configuration.read_text() == config(metadata)
    configuration.write_text("edited")
    (repository / "tiny" / "7").mkdir()
    (repository / "tiny" / "notes").mkdir()
    assert add(repository, metadata, tmp_path) == repository / "tiny" / "8" / "model.onnx"
    assert configuration.read_text() == "edited"
    assert sorted(p.name for p in (repository / "tiny").iterdir()) == ["1", "7", "8", "config.pbtxt", "notes"]
    assert read(repository / "tiny" / "8" / "model.onnx") == metadata


def test_a_version_that_another_took_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    metadata = make_metadata("tiny")
    taken = add(tmp_path / "models", metadata, tmp_path).parent
    seen = iter([[], []])
    monkeypatch.setattr("ganzoo.export.triton._versions", lambda folder: next(seen, [1]))
    before = taken.stat().st_ino
    assert add(tmp_path / "models", metadata, tmp_path).parent.name == "2"
    assert taken.stat().st_ino == before


def test_another_model_of_that_name_is_not_continued(tmp_path):
    metadata = make_metadata("tiny", classes=("a", "b"))
    require_same_model(tmp_path, metadata)
    add(tmp_path / "models", metadata, tmp_path)
    require_same_model(tmp_path / "models", metadata.model_copy(update={"licence": "MIT", "precision": "fp16"}))
    with pytest.raises(
        ConfigError, match=r"holds another model.*\n  classes: \['a', 'b'\], now \['b', 'a'\]\n.*--name"
    ):
        require_same_model(tmp_path / "models", make_metadata("tiny", classes=("b", "a")))


def test_a_repository_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "models").write_text("a file")
    file = write_model(tmp_path / "a.onnx", make_metadata("tiny"))
    with pytest.raises(ExportError, match="models/tiny could not be written"):
        add_version(tmp_path / "models", file, make_metadata("tiny"))
    assert [p.name for p in tmp_path.iterdir()] == ["models"]
