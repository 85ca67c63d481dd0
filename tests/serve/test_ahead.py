import threading

import pytest

from ganzoo_serve.ahead import ahead


def test_results_are_in_order_whoever_is_ready_first():
    first_may_end = threading.Event()

    def work(item):
        if item == 0:
            assert first_may_end.wait(10)
        else:
            first_may_end.set()
        return -item

    assert list(ahead(work, range(20), threads=2)) == [-item for item in range(20)]


def test_only_a_few_are_begun_before_they_are_asked_for():
    begun = []
    results = ahead(begun.append, iter(range(10**9)), threads=2)
    for _ in range(10):
        next(results)
    results.close()
    assert len(begun) <= 10 + 4


def test_what_work_raises_is_raised_in_its_turn():
    results = ahead(lambda item: 1 // item, [1, 0, 1], threads=1)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
