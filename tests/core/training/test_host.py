from types import SimpleNamespace

import pytest
import torch

from ganzoo.training.host import keep_freed_memory, share_cores


@pytest.fixture(autouse=True)
def _threads_stay():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


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
