"""What all rooms' tests share. Nothing here needs torch or ganzoo until it is used: tests/serve runs without them."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


def pytest_configure() -> None:
    """Drop the user's own GANZOO_* settings, before any module asks the registry what there is to test."""
    for name in [name for name in os.environ if name.startswith("GANZOO_")]:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = "1"  # see _one_thread; for the processes that tests start, too


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Networks of width 4 are quicker on one thread, and sums are then always taken in the same order."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def registry():
    """The zoo as installed here."""
    from ganzoo.registry import get_registry

    return get_registry()


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data sets beside the repository; without it, the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip("there is no folder ../shared/data beside the repository")
    return SHARED_DATA.resolve()
