import os
from types import SimpleNamespace

import pytest
import torch

from ganzoo.training.host import keep_freed_memory, share_cores, usable_cores


@pytest.fixture(autouse=True)
def _threads_stay():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("quota", "cores"), [("150000 100000", 1), ("250000 100000", 2), ("50000 100000", 1)])
def test_a_containers_share_of_the_cores_is_a_limit(quota, cores, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path / "cpu.max") == cores


@pytest.mark.parametrize("quota", ["max 100000", "nonsense", None])
def test_without_a_limit_it_is_the_affinity(quota, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 5, 6}, raising=False)
    if quota:
        (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path / "cpu.max") == 3


def test_the_processes_of_a_machine_share_its_cores(monkeypatch):
    monkeypatch.setattr("ganzoo.training.host.usable_cores", lambda: 8)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as torchrun sets it by itself
    share_cores()
    assert torch.get_num_threads() == 2


def test_what_the_user_said_holds(monkeypatch):
    monkeypatch.setattr("ganzoo.training.host.usable_cores", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    share_cores()
    assert torch.get_num_threads() == before
    monkeypatch.delenv("OMP_NUM_THREADS")
    share_cores()
    assert torch.get_num_threads() == 8


@pytest.mark.parametrize(("platform", "known", "calls"), [("linux", True, 2), ("linux", False, 0), ("darwin", True, 0)])
def test_freed_memory_is_kept_where_glibc_says_how(platform, known, calls, monkeypatch):
    made = []
    library = SimpleNamespace(mallopt=lambda *given: made.append(given)) if known else SimpleNamespace()
    monkeypatch.setattr("ganzoo.training.host.ctypes.CDLL", lambda name: library)
    monkeypatch.setattr("ganzoo.training.host.sys.platform", platform)
    keep_freed_memory()
    assert len(made) == calls
    assert all(value >= 2**29 for _, value in made)
