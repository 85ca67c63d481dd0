"""How deep a document may be."""

import pytest

from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests.bodies import parse


def nested(depth, opening, closing):
    return (opening * depth + "0" + closing * depth).encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[1,{"b":', "}]")])
def test_as_deep_as_it_may_be_and_not_one_deeper(opening, closing):
    levels = opening.count("[") + opening.count("{")
    parse(nested(4, opening, closing), depth=4 * levels)
    with pytest.raises(Problem, match="nested too deeply"):
        parse(nested(4, opening, closing), depth=4 * levels - 1)


def test_plain_values_have_no_depth():
    assert parse(b"3", depth=0) == 3
