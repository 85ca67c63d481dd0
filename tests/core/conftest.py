"""Plugins made up on the spot, and the command line at hand."""

import importlib
import logging
import sys
from itertools import count
from types import SimpleNamespace

import made_up_measures
import pluggy
import pytest
from click.testing import CliRunner

from ganzoo import hookspecs
from ganzoo.registry import Registry, get_registry, installed_plugins

NUMBERS = count()


@pytest.fixture
def zoo():
    """``zoo(plugin, b=plugin)``: a registry of these plugin objects only, called plugin0, plugin1 ... or as named."""

    def build(*plugins, **named):
        manager = pluggy.PluginManager("ganzoo")
        manager.add_hookspecs(hookspecs)
        for name, plugin in ({f"plugin{i}": plugin for i, plugin in enumerate(plugins)} | named).items():
            manager.register(plugin, name=name)
        return Registry.collect(manager, [])

    return build


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install("mine", "raise ValueError")``: a distribution on sys.path whose entry point ``mine`` is that code.

    ``module`` names one that exists already instead. The registry is loaded anew afterwards, and once more at the test's end.
    """
    modules = []

    def make(name, code="", *, distribution=None, module=None):
        ours = module is None
        module = module or f"ganzoo_made_up_{next(NUMBERS)}"
        distribution = distribution or f"dist-{name}"
        folder = tmp_path / "installed" / distribution
        info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ganzoo]\n{name} = {module}\n")
        if ours:
            (folder / f"{module}.py").write_text(code, encoding="utf-8")
            modules.append(module)
        monkeypatch.syspath_prepend(folder)
        importlib.invalidate_caches()
        forget()

    yield make
    for module in modules:
        sys.modules.pop(module, None)
    forget()


def forget():
    get_registry.cache_clear()
    installed_plugins.cache_clear()


@pytest.fixture
def measures(zoo, monkeypatch, tmp_path):
    """A zoo of mlp with ns, digits and the measures of ``made_up_measures``; its cache is of the test's own."""
    import ganzoo_classic
    import ganzoo_datasets
    import ganzoo_losses
    from ganzoo.progress import Stages

    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    plugin = made_up_measures.Plugin()
    registry = zoo(plugin, classic=ganzoo_classic, datasets=ganzoo_datasets, losses=ganzoo_losses)
    return SimpleNamespace(registry=registry, plugin=plugin, stages=Stages(quiet=True))


@pytest.fixture
def quick_export(monkeypatch):
    """An "export" that makes another tiny model of every checkpoint: the real one takes seconds, and has its own tests."""
    from ganzoo.runs.folder import RunFolder, checkpoints
    from ganzoo.sealed import read_sealed
    from ganzoo_serve.metadata import Training
    from ganzoo_serve.testing import make_metadata, make_model

    def export_run(folder, registry, *, path, best=False):
        kept = folder / "best.safetensors" if best else checkpoints(folder / "checkpoints")[0]
        nimg = read_sealed(kept)[1]["nimg"]
        config = RunFolder(folder).read_config()[0].config
        training = Training(kimg=nimg / 1000, recipe=config.recipe, seed=config.seed)
        metadata = make_metadata("tiny", size=8, channels=1, training=training)
        path.write_bytes(make_model(metadata, weights_seed=nimg).SerializeToString())
        return SimpleNamespace(path=path)

    monkeypatch.setattr("ganzoo.export.export_run", export_run)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model with classes, in a file."""
    from ganzoo_serve.testing import make_metadata, write_model

    metadata = make_metadata("tiny", classes=("cat", "dog"))
    return write_model(tmp_path_factory.mktemp("models") / "tiny.onnx", metadata)


@pytest.fixture
def ganzoo(tmp_path, monkeypatch):
    """``ganzoo("train", "mlp-ns")``: run a command in an empty folder; click's result, with stdout and stderr apart."""
    from ganzoo.cli import main

    monkeypatch.chdir(tmp_path)
    logger = logging.getLogger("ganzoo_serve")  # ``ganzoo serve`` sets it up for a process of its own
    before = logger.propagate, logger.level, logger.handlers[:]

    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="ganzoo")

    yield run
    logger.propagate, logger.level, logger.handlers[:] = before
