"""What the report says of what was measured."""

import pytest

from ganzoo_serve.bench.report import text
from ganzoo_serve.bench.result import Latency, Plan, Result, Row


def result(cores):
    rows = [Row("png", 1, clients, [400.0], [0.002], [0.003], [500.0]) for clients in (1, 8)]
    costs = {"model": [0.001], "encode": [0.0005], "http png": [0.0005], "http raw": [0.0005]}
    latencies = [Latency(200.0, [0.002], [0.005], [0.0001]) for _ in range(2)]
    return Result("m", (8, 8, 3), Plan(cores=cores), True, "npy", 4, rows, costs, [1000.0], *latencies)


def test_the_queue_of_one_server_is_the_yardstick_of_one_core():
    (line,) = (
        line for line in text(result(cores=1)).splitlines() if "a queue of one server, one image at a time" in line
    )
    assert "p99 10.34 ms" in line  # 2 ms, and 3.336 times 1 / 400 s in line


@pytest.mark.parametrize("cores", [2, 4])
def test_several_cores_have_no_such_yardstick(cores):
    assert "a queue of one server" not in text(result(cores=cores))
