"""What waiting costs in a queue of one server, one image at a time: the yardstick for latencies under load."""

from math import exp, factorial

MOST_LOAD, MOST_SHARE = 0.9, 0.99


def wait_in_line(load: float, share: float = 0.99) -> float:
    """What ``share`` of the customers wait at most before they are served, in service times, at one server that serves all alike.

    ``load`` in 0 ... 0.9 is the part of the time that the server is busy, ``share`` in 0 ... 0.99. Source: M/D/1, Erlang 1909:
    P(W <= t) = (1 - load) sum over k = 0 ... floor(t) of (load (k - t))^k / k! exp(-load (k - t)).
    The terms alternate and grow with t: up to here the result is good to three digits, not far beyond it is nonsense.
    Raises ValueError for a load or a share outside.
    """
    for name, value, most in (("load", load, MOST_LOAD), ("share", share, MOST_SHARE)):
        if not 0 <= value <= most:
            raise ValueError(f"{name} is {value}: expected 0 ... {most}, beyond which the sum loses its digits.")
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
