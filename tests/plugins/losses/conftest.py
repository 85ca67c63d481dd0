"""A registry of the losses and what their defaults name, with two architectures that are never built."""

from typing import Literal

import pluggy
import pytest
import torch
from small_networks import NEVER_BUILT

import ganzoo_losses
import ganzoo_regularizers
from ganzoo import Architecture, Dataset, Options, hookimpl, hookspecs
from ganzoo.registry import Registry


class ToyOptions(Options):
    norm_d: Literal["batch", "layer", "spectral", "none"] = "batch"


class ToyPlugin:
    """``toy`` has a norm_d to choose, ``bare`` has no options, ``stubborn`` brings settings of its own."""

    @hookimpl
    def register_architectures(self, register):
        register(Architecture(name="toy", **NEVER_BUILT, options=ToyOptions))
        register(Architecture(name="bare", **NEVER_BUILT))
        register(Architecture(name="stubborn", **NEVER_BUILT, defaults={"optimizer_d.lr": 0.5, "n_critic": 3}))

    @hookimpl
    def register_datasets(self, register):
        register(Dataset(name="digits", load=NotImplemented))


@pytest.fixture(scope="session")
def registry():
    torch.set_num_threads(1)
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    for plugin in (ganzoo_losses, ganzoo_regularizers, ToyPlugin()):
        manager.register(plugin)
    manager.check_pending()
    return Registry.collect(manager, [])


@pytest.fixture
def game(registry):
    """``game("lsgan", targets="pearson")``: a registered game, built with those options."""

    def build(name, **options):
        loss = registry.losses.get(name)
        return loss.build(loss.options(**options))

    return build
