"""Every game's steps can be recorded: they read nothing back from the device and bring nothing from the host.

Played on torch's meta device, whose tensors have no values: to ask for one raises, and so does mixing in a tensor of the CPU.
"""

import numpy as np
import pytest
import torch

from ganzoo import ConfigError, ImageData
from ganzoo.config import Layer, resolve
from ganzoo.techniques import Random, Technique
from ganzoo.training.data import Taken
from ganzoo.training.state import build_state
from ganzoo.training.steps import needs_real, update_d, update_g

META = torch.device("meta")
BATCH = 4


class Valueless(Random):
    def __init__(self, device, seed):
        """There is no generator on the meta device."""

    def uniform(self, samples, *shape):
        return torch.empty(samples, *shape, device=META)

    normal = uniform

    def integers(self, high, samples, *shape):
        return torch.empty(samples, *shape, dtype=torch.int64, device=META)


@pytest.fixture
def start(registry, tiny, request_of, monkeypatch):
    """``start(architecture, loss, num_classes)``: the state of a small game without values."""
    monkeypatch.setattr("ganzoo.training.state.Random", Valueless)
    monkeypatch.setattr("ganzoo.training.state.require_players", lambda *args: None)  # it looks at values
    # Fused kernels are for real devices; what optimizers do is torch's own affair.
    monkeypatch.setattr(
        "ganzoo.training.state.build_optimizer", lambda parameters, *args: torch.optim.SGD(parameters, 0.1, fused=False)
    )

    def build(architecture, loss, num_classes, **settings):
        shape = request_of(architecture).image_shape
        data = ImageData(
            images=np.zeros((10, shape.height, shape.width, shape.channels), np.uint8),
            labels=np.arange(10) % num_classes if num_classes else None,
            class_names=tuple(map(str, range(num_classes))),
        )
        small = {f"arch.{key}": value for key, value in tiny(architecture).items()}
        layer = Layer("test", {"batch_size": BATCH, "z_dim": 5, "conditional": bool(num_classes)} | small | settings)
        config = resolve(f"{architecture.name}-{loss.name}", registry, [layer]).config
        return build_state(config, registry, data, META)

    return build


def play(state):
    taken = Taken(torch.empty(BATCH, dtype=torch.int64, device=META))
    due = tuple(state.techniques)
    return update_d(state, taken, due=due), update_g(state, taken if needs_real(state) else None, due=due)


def test_the_steps_of_every_pair(architecture, num_classes, loss, start):
    for scalars in play(start(architecture, loss, num_classes)):
        assert all(value.shape == () and value.device == META for value in scalars.values())


def test_the_steps_of_every_technique_on_every_architecture(architecture, num_classes, registry, start):
    played = 0
    for table in ("regularizers", "augmentations"):
        for record in getattr(registry, table):
            for settings in ({}, {"arch.norm_d": "none"}):
                try:
                    state = start(
                        architecture,
                        registry.losses.get("ns"),
                        num_classes,
                        **{f"{table}.{record.name}": {}},
                        **settings,
                    )
                except ConfigError:  # batch norm, or an architecture without that option
                    continue
                play(state)
                played += 1
                break
    assert played >= len(registry.augmentations) + 1


class Peeking(Technique):
    def d_penalty(self, step):
        return step.fake_output.logits.mean() if step.real_output.logits.mean() > 0 else None


class FromTheHost(Technique):
    def d_penalty(self, step):
        return (step.fake_output.logits * torch.linspace(0, 1, BATCH)).mean()


@pytest.mark.parametrize("technique", [Peeking(), FromTheHost()])
def test_a_step_that_cannot_be_recorded_is_found_here(technique, registry, start):
    state = start(registry.architectures.get("mlp"), registry.losses.get("ns"), 0)
    state.techniques["bad"] = technique
    with pytest.raises(RuntimeError, match=r"meta"):
        play(state)
