"""Runs written by hand, to be told of."""

import pytest
from made_up_runs import write_run


@pytest.fixture
def written(tmp_path, registry):
    """``written("a", records, grids=(0, 100))``: a run of these records, with a grid after so many images."""

    def write(name, records=(), **settings):
        return write_run(tmp_path / name, registry, records, **settings)

    return write
