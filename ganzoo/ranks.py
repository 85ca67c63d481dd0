"""The processes that train one game together under torchrun, and what they do in common.

Without torchrun there is one process, and nothing here costs or changes anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

# Its functions have the group that exists when it is loaded as a default, and an optimizer loads it in its first step: the group
# would never end, and its threads abort the process when that does.
import torch.distributed.nn.functional
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from ganzoo import torchrun

T = TypeVar("T")
TIMEOUT = timedelta(hours=1)  # the first process may measure the generator while the others wait for it
_solo = False


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if _together() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if _together() else 1


def first() -> bool:
    """Whether this is the process that writes: files, progress and messages are its own."""
    return torchrun.number() == 0


def say(text: str) -> None:
    """Tell the user something on stderr, once, however many processes there are."""
    if first():
        print(text, file=sys.stderr)


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Join the processes that torchrun started; alone if it did not. Tensors on the CPU go by gloo, those on CUDA by NCCL."""
    if not torchrun.started() or dist.is_initialized():
        yield
        return
    store, own, count = next(rendezvous("env://", timeout=TIMEOUT))
    # torchrun keeps its store when it starts the processes again, and in it the addresses of those that died.
    store = PrefixStore(f"ganzoo/{torchrun.restarts()}", store)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=own, world_size=count, timeout=TIMEOUT)
    try:
        yield
        wait()  # who leaves first would look like one who died
    finally:
        dist.destroy_process_group()


@contextmanager
def alone() -> Iterator[None]:
    """Work that one process does by itself, a preview say: nothing in it is gathered."""
    global _solo
    before, _solo = _solo, True
    try:
        yield
    finally:
        _solo = before


def told_by_first(value: T) -> T:
    """What the first process has, for all of them."""
    if world() == 1:
        return value
    box: list[Any] = [value]
    dist.broadcast_object_list(box, src=0)
    given: T = box[0]
    return given


def largest(value: int) -> int:
    """The largest of the processes' values, without waiting for a device."""
    if world() == 1:
        return value
    box = torch.tensor(value)
    dist.all_reduce(box, dist.ReduceOp.MAX)
    return int(box)


def wait() -> None:
    """Wait for the others."""
    largest(0)


def stacked(tensor: Tensor) -> Tensor:
    """(...) of each process -> (world, ...), for all of them; without gradient."""
    if world() == 1:
        return tensor[None]
    parts = [torch.empty_like(tensor) for _ in range(world())]
    dist.all_gather(parts, tensor)
    return torch.stack(parts)


@torch.no_grad()
def average(tensors: Iterable[Tensor]) -> None:
    """Replace tensors of one type and device by their means over the processes: one flat all-reduce."""
    tensors = list(tensors)
    if world() == 1 or not tensors:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(flat)
    means = (flat / world()).split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [mean.view_as(tensor) for mean, tensor in zip(means, tensors, strict=True)])


@torch.no_grad()
def as_first_has(tensors: Iterable[Tensor]) -> None:
    """Replace tensors on one device by the first process's."""
    if world() == 1:
        return
    for tensor in tensors:
        whole = tensor.contiguous()
        dist.broadcast(whole, src=0)
        tensor.copy_(whole)


def gather_samples(share: Tensor) -> Tensor:
    """The samples of all processes: (n, ...) of each -> (n * world, ...), in the order of the whole batch.

    Differentiable, twice: each process's loss reaches the samples of the others. All processes must call it alike.
    """
    if world() == 1:
        return share
    whole: Tensor = _Gather.apply(share)  # type: ignore[no-untyped-call]
    return whole


def own_samples(whole: Tensor) -> Tensor:
    """This process's part of a whole batch: (n * world, ...) -> (n, ...). The inverse of ``gather_samples``."""
    if world() == 1:
        return whole
    size = len(whole) // world()
    return whole[rank() * size : (rank() + 1) * size]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, share: Tensor) -> Tensor:
        parts = [torch.empty_like(share, memory_format=torch.contiguous_format) for _ in range(world())]
        dist.all_gather(parts, share.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        part: Tensor = _SumOfParts.apply(gradient)  # type: ignore[no-untyped-call]
        return part


class _SumOfParts(torch.autograd.Function):
    """The adjoint of gathering: the processes' gradients of the whole batch are added, and each keeps its own part."""

    @staticmethod
    def forward(ctx: Any, whole: Tensor) -> Tensor:
        total = whole.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return own_samples(total).clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        whole: Tensor = _Gather.apply(gradient)  # type: ignore[no-untyped-call]
        return whole


def _together() -> bool:
    return dist.is_initialized() and not _solo
