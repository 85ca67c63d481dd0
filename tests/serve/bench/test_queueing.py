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


@pytest.mark.parametrize(("load", "exact"), [(0.5, 3.336256), (0.8, 10.355887), (0.9, 21.898237)])
def test_it_is_good_to_three_digits(load, exact):
    """Against the same sum in decimals of 60 digits."""
    assert wait_in_line(load) == pytest.approx(exact, rel=2e-4)


def test_nobody_waits_where_nobody_comes():
    assert wait_in_line(0.0) == pytest.approx(0)


@pytest.mark.parametrize(
    ("load", "share", "what"),
    [
        (0.95, 0.99, "load is 0.95"),
        (1.0, 0.9, "load is 1"),
        (-0.1, 0.9, "load is -0.1"),
        (0.5, 0.999, "share is 0.999"),
    ],
)
def test_beyond_what_can_be_summed_there_is_an_error_and_no_number(load, share, what):
    with pytest.raises(ValueError, match=rf"{what}.*: expected 0 \.\.\. 0\.9"):
        wait_in_line(load, share)
