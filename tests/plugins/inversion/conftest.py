"""Tiny generators as files: shaped like a DCGAN, and those of the registry as the exporter writes them."""

from functools import cache

import numpy as np
import onnx
import pytest
import torch
from PIL import Image as pillow
from small_networks import small_options

from ganzoo import ImageShape
from ganzoo.config import Layer, resolve
from ganzoo.export import export_generator
from ganzoo.registry import get_registry
from ganzoo.runs.networks import Inputs, build_networks, settled
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """``exported("dcgan", num_classes=3)``: the ONNX model of a tiny generator of an architecture of the registry."""
    folder = tmp_path_factory.mktemp("exported")

    @cache
    def export(name, num_classes=0, **settings):
        registry = get_registry()
        architecture = registry.architectures.get(name)
        small = {"z_dim": 4} | {f"arch.{key}": value for key, value in small_options(architecture).items()}
        config = resolve(f"{name}-ns", registry, [Layer("test", small | settings)]).config
        torch.manual_seed(0)
        generator, _ = build_networks(config, registry, ImageShape(3, 16, 16), num_classes)
        with torch.no_grad():
            for parameter in generator.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.3)  # as they are initialised, all images are grey
        generator = settled(generator, Inputs(4, "normal", (5,) * num_classes, torch.device("cpu")))
        metadata = make_metadata(size=16, classes=tuple("abc")[:num_classes] or None)
        return onnx.load(export_generator(generator, metadata, folder / "model.onnx").path)

    return export


@pytest.fixture(scope="session")
def plain_file(tmp_path_factory):
    """An unconditional model of 16x16 grey images."""
    return write_model(
        tmp_path_factory.mktemp("plain") / "plain.onnx", make_metadata("plain", size=16, channels=1, z_dim=4), width=8
    )


@pytest.fixture(scope="session")
def classy_file(tmp_path_factory):
    """A model of three classes."""
    metadata = make_metadata("classy", size=8, channels=3, z_dim=4, classes=("ant", "bee", "cat"))
    return write_model(tmp_path_factory.mktemp("classy") / "classy.onnx", metadata)


@pytest.fixture
def save(tmp_path):
    """``save(array, "name.png")``: an image file of (h, w, c) or (h, w)."""

    def write(array, name):
        array = np.asarray(array, dtype=np.uint8)
        path = tmp_path / name
        pillow.fromarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array).save(path)
        return path

    return write


@pytest.fixture
def ganzoo(tmp_path, monkeypatch):
    """``ganzoo("invert", ...)``: run one of this plugin's commands in an empty folder, as the command line does."""
    import click
    from click.testing import CliRunner

    from ganzoo.cli import Zoo
    from ganzoo_inversion.commands import COMMANDS

    monkeypatch.chdir(tmp_path)

    class Commands(Zoo):
        def get_command(self, ctx, name):
            return click.Group.get_command(self, ctx, name)

    group = Commands(commands={command.name: command for command in COMMANDS})

    def run(*arguments):
        return CliRunner().invoke(group, [str(argument) for argument in arguments], prog_name="ganzoo")

    return run
