"""Small games for several processes, as torchrun would start them: run by tests/core/training/test_ranks.py."""

import multiprocessing
import os
import socket
import weakref
from pathlib import Path
from types import SimpleNamespace

import torch

from ganzoo import ranks
from ganzoo.config import Layer, resolve
from ganzoo.data.load import load_dataset
from ganzoo.registry import get_registry
from ganzoo.training.build import build_state
from ganzoo.training.engine import Engine
from ganzoo.training.interrupts import Interrupts

CPU = torch.device("cpu")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["ganzoo.training.engine", "ganzoo.data.load"]
)  # torch is loaded once; each process is a copy


def together(world, work, *args):
    """Run ``work(*args)`` in ``world`` processes that are joined; their exit codes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [CONTEXT.Process(target=_run, args=(number, world, port, work, args)) for number in range(world)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    return [process.exitcode for process in processes]


def _run(number, world, port, work, args):
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "test", "RANK": str(number), "WORLD_SIZE": str(world), "LOCAL_RANK": str(number),
        "LOCAL_WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    torch.set_num_threads(1)
    with ranks.joined(CPU):
        group = weakref.ref(torch.distributed.group.WORLD)
        work(*args)
    assert group() is None, "something keeps the group, and with it threads that may abort the process at its end"


def state(name, settings):
    """A small game of digits."""
    registry = get_registry()
    layer = Layer("test", {"batch_size": 16, "z_dim": 8, "resolution": 16} | settings)
    return build_state(resolve(name, registry, [layer]).config, registry, load_dataset("digits", registry), CPU)


def play(folder, name, settings, iterations):
    """Play, and leave both players and the losses of the last step in a file of this process's own."""
    s = state(name, settings)
    engine = Engine(s)
    for _ in range(iterations):
        engine.iterate()
    torch.save({"G": s.G.state_dict(), "D": s.D.state_dict(), "position": s.data.position}, result(folder))


def save_and_go_on(folder, name, settings):
    """Play on from the state in the middle, and leave what the default generator drew then, in both goes."""
    s = state(name, settings)
    engine = Engine(s)
    engine.iterate()
    tensors, counters = s.state()
    drawn = []
    for _ in range(2):
        s.load(tensors, counters)
        drawn.append(torch.rand(3))
    torch.save(torch.stack(drawn), result(folder))


def stop(folder, number):
    """A signal reaches one process only, in its third iteration: where all of them stop."""
    from ganzoo.training.loop import play as play_to_the_end

    s = state("mlp-ns", {"arch.hidden_g": [8], "arch.hidden_d": [8], "steps": 100})
    interrupts = Interrupts()
    playing = Engine.d_step

    def d_step(engine):
        if ranks.rank() == number and s.d_steps == 2:
            interrupts.received = 15
        return playing(engine)

    Engine.d_step = d_step
    record = SimpleNamespace(**dict.fromkeys(("losses", "preview", "save", "score"), lambda *args: None))
    play_to_the_end(s, record, interrupts)
    torch.save((s.g_steps, interrupts.received), result(folder))


def differentiate(folder, call):
    """A function of the whole batch of (3 * world, 2): its value, its gradient and the gradient of that, at this part of it."""
    x = whole(3 * ranks.world())
    share = ranks.own_samples(x).clone().requires_grad_()
    value = call(share)
    (gradient,) = torch.autograd.grad(value, share, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), share)
    torch.save((value.detach(), gradient.detach(), second), result(folder))


def whole(samples):
    """The batch that ``differentiate`` shares out."""
    return torch.randn(samples, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def uneven(x):
    """Something of each sample and all of them together: the mean over this process's samples."""
    gathered = ranks.gather_samples(x)
    return ((gathered.pow(3).mean(0) - x.sin()) * gathered.std()).mean()


def norm(folder, momentum):
    """Batch norm of a shared batch, forward and backward, twice in training and once in evaluation."""
    from ganzoo.training.gathered import gather_batch_norms

    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.BatchNorm1d(2, momentum=momentum, dtype=torch.float64))
    torch.nn.init.uniform_(layer[0].weight)
    torch.nn.init.uniform_(layer[0].bias)
    layer = gather_batch_norms(layer)
    x = whole(3 * ranks.world())
    for _ in range(2):
        share = ranks.own_samples(x).clone().requires_grad_()
        outcome = layer(share)
        (outcome.sin().sum() / 3).backward()
    ranks.average([p.grad for p in layer.parameters()])
    evaluated = layer.eval()(ranks.own_samples(x))
    kept = {name: value.detach() for name, value in layer.state_dict().items()}
    gradients = [p.grad for p in layer.parameters()]
    torch.save((outcome.detach(), share.grad, evaluated.detach(), gradients, kept), result(folder))


def result(folder):
    """Where a process leaves what it found."""
    return Path(folder) / f"{ranks.rank()}.pt"
