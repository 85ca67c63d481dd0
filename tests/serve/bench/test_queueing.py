"""The formula against a queue that is played through."""

import numpy as np
import pytest

from ganzoo_serve.bench.queueing import wait_in_line


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("share", [0.9, 0.99])
def test_customers_wait_as_long_as_the_formula_says(load, share):
    rng, n = np.random.default_rng(0), 400_000
    arrivals = np.cumsum(rng.exponential(1 / load, n))
    # Lindley: each begins when it came and the one before it has gone, a service time of 1 later.
    begins = np.maximum.accumulate(arrivals - np.arange(n)) + np.arange(n)
    assert wait_in_line(load, share) == pytest.approx(np.quantile(begins - arrivals, share), rel=0.04, abs=0.02)


def test_nobody_waits_where_nobody_comes_and_no_queue_has_an_end_at_full_load():
    assert wait_in_line(0.0) == pytest.approx(0)
    with pytest.raises(ValueError, match="load is 1"):
        wait_in_line(1.0)
