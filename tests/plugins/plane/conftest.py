import pytest

from ganzoo.registry import get_registry


@pytest.fixture(scope="session")
def registry():
    return get_registry()
