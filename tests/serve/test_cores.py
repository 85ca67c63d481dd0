import os

import pytest

from ganzoo_serve.cores import usable_cores


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
