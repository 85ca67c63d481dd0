"""What waiting costs at least where requests come at random: the yardstick for latencies under load."""

from math import exp, factorial


def wait_in_line(load: float, share: float = 0.99) -> float:
    """What ``share`` of the customers wait at most before they are served, in service times, at one server that serves all alike.

    ``load`` in 0 ... 1 (without) is the part of the time that the server is busy; near 1 the sum loses digits. Source: M/D/1,
    Erlang 1909: P(W <= t) = (1 - load) sum over k = 0 ... floor(t) of (load (k - t))^k / k! exp(-load (k - t)).
    Raises ValueError for a load outside.
    """
    if not 0 <= load < 1:
        raise ValueError(f"load is {load}: expected 0 ... 1, without 1.")
    low, high = 0.0, 1.0
    while _served_within(high, load) < share:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _served_within(middle, load) < share else (low, middle)
    return high


def _served_within(t: float, load: float) -> float:
    terms = ((load * (k - t)) ** k / factorial(k) * exp(-load * (k - t)) for k in range(int(t) + 1))
    return (1 - load) * sum(terms)
