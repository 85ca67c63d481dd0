"""What is exported is what was trained, in any company, and says nothing about where it was made."""

import getpass
import site
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from small_networks import small_options
from torch import nn

from ganzoo import ImageShape
from ganzoo.config import Layer, resolve
from ganzoo.errors import ConfigError, ExportError, RunError
from ganzoo.export import export_generator, export_run
from ganzoo.export.gate import BATCHES
from ganzoo.export.graph import ExportedGenerator, ExportedStyles, to_onnx
from ganzoo.export.truncation import truncated
from ganzoo.nn import StyleBased
from ganzoo.registry import get_registry
from ganzoo.runs.folder import checkpoints
from ganzoo.runs.networks import Inputs, build_networks, settled
from ganzoo.training import start
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import Image, Latent, ModelMetadata, Styles, read

CPU = torch.device("cpu")
SMALL = {
    "dcgan": {"arch.width_g": 4, "arch.width_d": 4},
    "mlp": {"arch.hidden_g": [16, 16], "arch.hidden_d": [8]},
    "maxout": {"arch.hidden_g": [16, 16], "arch.hidden_d": [8]},
    "toy": {"arch.width": 16},
}


def metadata(classes=None, channels=1, z_dim=4, resolution=16, **fields):
    return ModelMetadata(
        name="test",
        image=Image(height=resolution, width=resolution, channels=channels),
        latent=Latent(dim=z_dim),
        classes=classes,
        **fields,
    )


def generator(architecture, num_classes, channels=1, **settings):
    registry = get_registry()
    small = SMALL.get(architecture) or {
        f"arch.{key}": value for key, value in small_options(registry.architectures.get(architecture)).items()
    }
    layer = Layer("test", {"z_dim": 4} | small | settings)
    config = resolve(f"{architecture}-ns", registry, [layer]).config
    torch.manual_seed(0)
    G, _ = build_networks(config, registry, ImageShape(channels, 16, 16), num_classes)
    return settled(G, Inputs(4, "normal", (5,) * num_classes, CPU))


@pytest.mark.parametrize("num_classes", [0, 3], ids=["unconditional", "conditional"])
@pytest.mark.parametrize("architecture", [record.name for record in get_registry().architectures])
def test_every_architecture_exports_and_agrees_with_torch_at_every_batch(architecture, num_classes, tmp_path):
    classes = tuple("abc"[:num_classes]) or None
    path = tmp_path / "model.onnx"
    untrained = generator(architecture, num_classes)
    with torch.no_grad():
        # Classes may well be alike at first.
        for parameter in () if architecture in SMALL else untrained.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    report = export_generator(untrained, metadata(classes), path)
    assert report.parity.largest <= 1
    assert report.parity.equal >= 0.999
    assert BATCHES == (1, 2, 3, 8, 17)

    content = path.read_bytes()
    strangers = [str(Path.cwd()), site.getsitepackages()[0], "Traceback", "site-packages", ".py", "/home/"]
    strangers += [f"/{getpass.getuser()}/", "torch.fx", "pkg.torch"]
    assert not [text for text in strangers if text.encode() in content]

    loaded = Generator.load(path, device="cpu")
    images = loaded.sample(list(range(17)))
    assert images.shape == (17, 16, 16, 1)
    assert len({image.tobytes() for image in images}) == 17
    assert np.array_equal(loaded.sample([5])[0], images[5])
    assert all(loaded.verify_golden().values())
    if classes:
        by_class = [loaded.sample([0], classes=name)[0].tobytes() for name in classes]
        assert len(set(by_class)) == len(classes)


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "spectral", "none"])
def test_norms_leave_the_graph_where_they_can(norm, tmp_path):
    G = generator("dcgan", 0, channels=3, **{"arch.norm_g": norm})
    report = export_generator(G, metadata(channels=3), tmp_path / "model.onnx")
    operators = {node.op_type for node in onnx.load(report.path).graph.node}
    assert "BatchNormalization" not in operators
    assert report.parity.largest <= 1


def test_a_generator_is_as_it_was_and_can_be_exported_again(tmp_path):
    G = generator("dcgan", 0, **{"arch.norm_g": "spectral"})
    z = torch.randn(3, 4)
    with torch.no_grad():
        before = G(z)
        files = [export_generator(G, metadata(), tmp_path / f"{number}.onnx").path for number in range(2)]
        assert torch.equal(G(z), before)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert "parametrizations" in " ".join(G.state_dict())


def test_float_images_are_in_minus_1_to_1_channels_first(tmp_path):
    G = generator("mlp", 0)
    report = export_generator(G, metadata(output="float"), tmp_path / "model.onnx")
    assert report.parity.largest <= 1e-4
    (output,) = onnx.load(report.path).graph.output
    assert output.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert [d.dim_value for d in output.type.tensor_type.shape.dim][1:] == [1, 16, 16]
    uint8 = export_generator(G, metadata(), tmp_path / "uint8.onnx")
    a, b = Generator.load(report.path, device="cpu"), Generator.load(uint8.path, device="cpu")
    assert np.array_equal(a.sample([1, 2]), b.sample([1, 2]))


def test_channels_first_bytes_are_the_same_images(tmp_path):
    G = generator("dcgan", 3, channels=3)
    files = {}
    for layout in ("nhwc", "nchw"):
        described = metadata(("a", "b", "c"), channels=3, layout=layout)
        files[layout] = export_generator(G, described, tmp_path / f"{layout}.onnx")
        assert files[layout].parity.equal >= 0.999
        assert read(files[layout].path).layout == layout
    assert files["nchw"].metadata.golden == files["nhwc"].metadata.golden
    graph = onnx.load(files["nchw"].path).graph
    assert [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim][1:] == [3, 16, 16]
    assert "Transpose" not in {node.op_type for node in graph.node}
    a, b = Generator.load(files["nchw"].path, device="cpu"), Generator.load(files["nhwc"].path, device="cpu")
    assert np.array_equal(a.sample(range(9)), b.sample(range(9)))
    assert all(a.verify_golden().values())


class Styled(StyleBased):
    """Two styles of each latent; of truncation it knows nothing."""

    def __init__(self):
        super().__init__()
        self.to_styles, self.to_image = nn.Linear(4, 6), nn.Linear(6, 256)

    def mapping(self, z, c=None, truncation=None):
        assert truncation is None
        return self.to_styles(z).unflatten(1, (2, 3))

    def synthesis(self, w):
        return torch.tanh(self.to_image(w.flatten(1))).view(-1, 1, 16, 16)


@torch.no_grad()
def test_a_style_based_generator_is_truncated_in_z_before_it_is_mapped(tmp_path):
    torch.manual_seed(0)
    G = Styled().eval()
    described = metadata(truncation="z", output="float", styles=Styles(layers=2, dim=3))
    z, half = torch.randn(5, 4), torch.tensor(0.5)
    images, w = ExportedStyles(G, described)(z, truncation=half)
    expected = truncated(z, half)
    assert torch.equal(w, G.mapping(expected))
    assert torch.equal(images, ExportedGenerator(G, described)(z, truncation=half))
    report = export_generator(G, metadata(truncation="z"), tmp_path / "model.onnx")
    assert report.metadata.styles == described.styles
    assert report.parity.largest <= 1
    loaded = Generator.load(report.path, device="cpu")
    drawn = loaded.run(z.numpy(), truncation=0.5)
    np.testing.assert_array_equal(drawn, loaded.run(expected.numpy()))


class Noisy(nn.Module):
    def forward(self, z, c=None):
        return torch.tanh(z[:, :1, None, None] + torch.randn(z.shape[0], 1, 16, 16))


class BatchDependent(nn.Module):
    def forward(self, z, c=None):
        return torch.tanh(z[:, :1, None, None] - z.mean() + torch.zeros(1, 1, 16, 16))


class Branching(nn.Module):
    def forward(self, z, c=None):
        return torch.zeros(len(z), 1, 16, 16) if z.sum() > 0 else torch.ones(len(z), 1, 16, 16)


class FixedBatch(nn.Module):
    def forward(self, z, c=None):
        return torch.tanh(z[:, :1, None, None] + torch.zeros(len(z), 1, 16, 16))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (FixedBatch, r"this generator has a batch size of 2 for good.\nIts forward must leave"),
        (Noisy, "draws random numbers in the graph"),
        (BatchDependent, "with the company it is made in"),
        (Branching, "torch cannot export this generator"),
    ],
)
def test_a_generator_that_breaks_a_promise_is_refused_and_nothing_is_written(module, reason, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"an older file")
    with pytest.raises(Exception, match=reason):
        export_generator(module().eval(), metadata(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_bytes() == b"an older file"


def test_a_file_that_disagrees_with_torch_is_refused(tmp_path, monkeypatch):
    other = generator("mlp", 0, **{"arch.norm_g": "none"})
    with torch.no_grad():
        other.layers[-1].bias.add_(0.5)
    monkeypatch.setattr("ganzoo.export.export.to_onnx", lambda generator, metadata: to_onnx(other, metadata))
    with pytest.raises(ExportError, match="ONNX Runtime and torch disagree"):
        export_generator(generator("mlp", 0), metadata(), tmp_path / "model.onnx")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = {"batch_size": 8, "steps": 2, "conditional": True} | SMALL["dcgan"]
    start(resolve("dcgan-hinge", get_registry(), [Layer("test", settings)]), get_registry(), folder)
    return folder


def test_a_run_is_exported_with_all_that_a_reader_needs(run):
    report = export_run(run, get_registry())
    assert report.path == run / "model.onnx"
    found = read(report.path)
    assert found == report.metadata
    assert found.name == "dcgan-hinge-digits"
    assert found.classes == tuple("0123456789")
    assert found.dataset.name == "digits"
    assert found.dataset.images == 1500
    assert found.training.architecture == "dcgan"
    assert found.training.steps == 2
    assert set(found.golden) == {"0", "1", "2", "3", "42"}
    assert {"ganzoo", "torch", "onnx", "python"} <= set(found.versions)


def test_a_run_is_exported_in_either_layout_and_float_images_in_one(run, tmp_path):
    report = export_run(run, get_registry(), path=tmp_path / "a.onnx", layout="nchw")
    assert (report.metadata.output, report.metadata.layout) == ("uint8", "nchw")
    report = export_run(run, get_registry(), path=tmp_path / "b.onnx", output="float")
    assert (report.metadata.output, report.metadata.layout) == ("float", "nchw")
    with pytest.raises(ConfigError, match="Float images are nchw: leave the layout out"):
        export_run(run, get_registry(), path=tmp_path / "c.onnx", output="float", layout="nhwc")
    assert not (tmp_path / "c.onnx").exists()


def test_the_command_line_shows_the_layout(run, ganzoo, tmp_path):
    said = ganzoo("export", run, "--layout", "nchw", "-o", tmp_path / "a.onnx").stdout
    assert "dcgan-hinge-digits of 0.08 kimg, 16x16x1, uint8 nchw, " in said
    assert "images        16x16 grey, uint8 nchw\n" in ganzoo("inspect", tmp_path / "a.onnx").stdout
    refused = ganzoo("export", run, "--layout", "nhwc", "--output", "float", "-o", tmp_path / "b.onnx")
    assert refused.exit_code == 2
    assert "Float images are nchw" in refused.stderr


def test_the_command_line_exports_half_precision_beside_the_whole(run, ganzoo):
    said = ganzoo("export", run, "--fp16").stdout
    assert said.startswith(f"{run / 'model-fp16.onnx'}: dcgan-hinge-digits-fp16 of 0.08 kimg, 16x16x1, uint8 nhwc, ")
    assert ", half precision, " in said
    assert ", mean 0" in said
    shown = ganzoo("inspect", run / "model-fp16.onnx").stdout
    assert "precision     float16, float32 where it is delicate\n" in shown
    assert "5 of 5 golden images are identical here" in shown
    assert export_run(run, get_registry(), precision="fp16", name="mine").metadata.name == "mine"


def test_the_command_line_adds_versions_to_a_model_repository(run, ganzoo, tmp_path):
    repository = tmp_path / "models"
    for version in ("1", "2"):
        path = repository / "dcgan-hinge-digits" / version / "model.onnx"
        assert ganzoo("export", run, "--triton", repository).stdout.startswith(f"{path}: dcgan-hinge-digits of ")
        assert read(path).name == "dcgan-hinge-digits"
    refused = ganzoo("export", run, "--triton", repository, "--output", "float")
    assert refused.exit_code == 2
    assert "holds another model" in refused.stderr
    assert ganzoo("export", run, "--triton", repository, "-o", tmp_path / "a.onnx").exit_code == 2
    assert sorted(str(p.relative_to(repository)) for p in repository.rglob("*") if p.is_file()) == [
        "dcgan-hinge-digits/1/model.onnx",
        "dcgan-hinge-digits/2/model.onnx",
        "dcgan-hinge-digits/config.pbtxt",
    ]


def test_previews_show_what_the_export_draws(run):
    from PIL import Image as pillow

    report = export_run(run, get_registry())
    preview = np.asarray(pillow.open(sorted((run / "samples").iterdir())[-1]))
    loaded = Generator.load(report.path, device="cpu")
    image = loaded.sample([5], classes=7)[0, :, :, 0].astype(int)
    shown = preview[7 * 16 : 8 * 16, 5 * 16 : 6 * 16].astype(int)
    assert np.abs(shown - image).max() <= 1


def test_an_export_is_the_same_file_every_time(run, tmp_path):
    first = export_run(run, get_registry(), path=tmp_path / "a.onnx")
    second = export_run(run, get_registry(), path=tmp_path / "b.onnx")
    assert first.path.read_bytes() == second.path.read_bytes()


def test_the_path_of_a_data_set_is_not_told(tmp_path):
    from PIL import Image as pillow

    photos = tmp_path / "secret-place" / "photos"
    photos.mkdir(parents=True)
    for i in range(8):
        pillow.new("L", (16, 16), 30 * i).save(photos / f"{i}.png")
    settings = {"batch_size": 4, "steps": 1, "dataset": f"folder:{photos}", "resolution": 16} | SMALL["mlp"]
    start(resolve("mlp-ns", get_registry(), [Layer("test", settings)]), get_registry(), tmp_path / "run")
    report = export_run(tmp_path / "run", get_registry())
    assert report.metadata.dataset.name == "folder:photos"
    assert b"secret-place" not in report.path.read_bytes()


def test_a_run_without_a_good_checkpoint_cannot_be_exported(tmp_path):
    settings = {"batch_size": 4, "steps": 1} | SMALL["mlp"]
    start(resolve("mlp-ns", get_registry(), [Layer("test", settings)]), get_registry(), tmp_path / "run")
    for path in checkpoints(tmp_path / "run" / "checkpoints"):
        path.write_bytes(b"torn")
    with pytest.raises(RunError, match="holds no good checkpoint"):
        export_run(tmp_path / "run", get_registry())
    with pytest.raises(RunError, match="is not a run folder"):
        export_run(tmp_path / "nothing", get_registry())
