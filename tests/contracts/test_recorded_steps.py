"""Every game's steps can be recorded: they read nothing back, bring nothing from the host, and draw from the game's numbers.

Played on torch's meta device, whose tensors have no values: to ask for one raises, and so does mixing in a tensor of the CPU.
What would pass there all the same, copies from the host and draws of a technique's own, a dispatch mode refuses; networks, which
are given no numbers, draw from torch's.
"""

from contextlib import contextmanager

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ganzoo.techniques import Random, Technique
from ganzoo.training.build import build_state
from ganzoo.training.data import Taken
from ganzoo.training.steps import needs_real, update_d, update_g

META = torch.device("meta")
BATCH = 4


class Refused(RuntimeError):
    """What a recorded step must not do; on the meta device it would pass."""


class Watched(TorchDispatchMode):
    """Refuses copies from the host, and outside of the players' layers random numbers that are not the game's."""

    within = 0  # layers whose forward is running, one in another

    COPIES = ("lift_fresh", "_to_copy", "copy_")
    DRAWS = (
        "rand",
        "randn",
        "randint",
        "rand_like",
        "randn_like",
        "randperm",
        "normal_",
        "uniform_",
    )

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._overloadpacket.__name__
        tensors = [value for value in args if isinstance(value, torch.Tensor)]
        if name in self.COPIES and any(tensor.device != META for tensor in tensors):
            raise Refused(f"meta: {name} of a tensor on the host")
        if name in self.DRAWS and not self.within:
            raise Refused(f"meta: {name} draws by itself")
        return func(*args, **(kwargs or {}))

    @contextmanager
    def knowing(self, *players):
        """Count the layers of ``players`` that are running."""

        def enter(*_):
            self.within += 1

        def leave(*_):
            self.within -= 1

        layers = [layer for player in players for layer in player.modules()]
        handles = [layer.register_forward_pre_hook(enter) for layer in layers]
        handles += [layer.register_forward_hook(leave, always_call=True) for layer in layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


class Valueless(Random):
    def __init__(self, device, seed):
        """There is no generator on the meta device."""

    def uniform(self, samples, *shape):
        return torch.empty(samples, *shape, device=META)

    normal = uniform

    def integers(self, high, samples, *shape):
        return torch.empty(samples, *shape, dtype=torch.int64, device=META)


@pytest.fixture
def start(registry, small_game, monkeypatch):
    """``start(architecture, loss, num_classes)``: the state of a small game without values."""
    monkeypatch.setattr("ganzoo.training.build.Random", Valueless)
    monkeypatch.setattr("ganzoo.training.build.require_players", lambda *args: None)  # it looks at values
    # Fused kernels are for real devices; what optimizers do is torch's own affair.
    monkeypatch.setattr(
        "ganzoo.training.build.build_optimizer", lambda parameters, *args: torch.optim.SGD(parameters, 0.1, fused=False)
    )

    def build(architecture, loss, num_classes, **settings):
        config, data = small_game(architecture, loss, num_classes, registry, **settings)
        return build_state(config, registry, data, META)

    return build


def play(state):
    taken = Taken(torch.empty(BATCH, dtype=torch.int64, device=META))
    due = tuple(state.techniques)
    modules = (state.G, state.D, *state.augmentations.values(), *state.techniques.values())
    before = [[id(tensor) for tensor in (*m.buffers(), *m.parameters())] for m in modules]
    with Watched() as watched, watched.knowing(state.G, state.D), pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "tensor", refused)
        scalars = update_d(state, taken, due=due), update_g(state, taken if needs_real(state) else None, due=due)
    after = [[id(tensor) for tensor in (*m.buffers(), *m.parameters())] for m in modules]
    if after != before:  # a replay would go on writing into the tensor of the recording
        raise Refused("meta: a buffer became another tensor; it is to be changed in place")
    return scalars


def refused(*args, **kwargs):
    raise Refused("meta: torch.tensor makes its values on the host")


def test_the_steps_of_every_pair(architecture, num_classes, loss, start):
    for scalars in play(start(architecture, loss, num_classes)):
        assert all(value.shape == () and value.device == META for value in scalars.values())


def test_the_steps_of_every_technique_on_every_architecture(architecture, num_classes, registry, under_every_technique):
    played = set()
    for name, state in under_every_technique(architecture, num_classes):
        if state is not None:
            play(state)
            played.add(name)
    about_classes = {regularizer.name for regularizer in registry.regularizers if regularizer.conditions}
    assert played & about_classes == (about_classes if num_classes else set())
    assert len(played - about_classes) >= len(registry.augmentations) + 1


def test_the_steps_of_networks_of_which_a_part_is_fading_in(registry, start):
    state = start(registry.architectures.get("progressive"), registry.losses.get("wgangp"), 3, **{"arch.fade_kimg": 1})
    state.nimg = 500
    state.grow()
    assert state.G.fading
    play(state)


class Offending(Technique):
    """A technique with one thing in its penalty that cannot be recorded."""

    def __init__(self, offence):
        super().__init__()
        self.register_buffer("p", torch.zeros((), device=META))
        self.offence = offence

    def d_penalty(self, step):
        logits = step.fake_output.logits
        found = self.offence(self, step, logits)
        return (found if isinstance(found, torch.Tensor) else logits).mean()


def rebind(technique, step, logits):
    technique.p = technique.p * 0.9 + logits.detach().mean()


OFFENCES = {
    "item": lambda technique, step, logits: logits * logits.sum().item(),
    "branch": lambda technique, step, logits: logits if logits.mean() > 0 else -logits,
    "float": lambda technique, step, logits: logits * float(step.nimg),
    "mask": lambda technique, step, logits: logits[logits > 0],
    "host": lambda technique, step, logits: logits * torch.linspace(0, 1, BATCH),
    "moved": lambda technique, step, logits: logits * torch.linspace(0, 1, BATCH).to(logits.device),
    "tensor": lambda technique, step, logits: logits * torch.tensor([0.0, 1.0, 2.0, 3.0], device=logits.device),
    "filled": lambda technique, step, logits: technique.p.copy_(torch.ones(())),
    "drawn": lambda technique, step, logits: logits * torch.randn(BATCH, device=logits.device),
    "rebound": rebind,
}


@pytest.mark.parametrize("name", sorted(OFFENCES))
def test_a_step_that_cannot_be_recorded_is_found_here(name, registry, start):
    state = start(registry.architectures.get("mlp"), registry.losses.get("ns"), 0)
    state.techniques["bad"] = Offending(OFFENCES[name])
    with pytest.raises(RuntimeError, match=r"meta|dynamic shape"):
        play(state)


def test_what_keeps_to_the_rules_is_let_through(registry, start):
    def lawful(technique, step, logits):
        technique.p.lerp_(logits.detach().mean(), 0.1)
        strength = (step.nimg / 1e6).clamp(max=1) * technique.p
        return torch.where(logits > 0, logits, 0) * strength * step.random.uniform(BATCH)

    state = start(registry.architectures.get("mlp"), registry.losses.get("ns"), 0)
    state.techniques["good"] = Offending(lawful)
    play(state)


def test_schedules_are_computed_in_the_step(registry, start):
    schedules = {
        "regularizers.r1.gamma_end": 0.1,
        "regularizers.r2.gamma_end": 0.1,
        "augmentations.ada.end": 0.5,
        "augmentations.apa.end": 0.5,
    }
    play(start(registry.architectures.get("mlp"), registry.losses.get("ns"), 0, **schedules))


def test_networks_may_draw_by_themselves(registry, start):
    state = start(registry.architectures.get("mlp"), registry.losses.get("ns"), 0)
    for player in (state.G, state.D):
        layer = next(module for module in player.modules() if isinstance(module, torch.nn.Linear))
        layer.register_forward_hook(lambda layer, inputs, outputs: outputs + torch.randn_like(outputs))
    play(state)
