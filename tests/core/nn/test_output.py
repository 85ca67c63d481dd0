import pytest
import torch

from ganzoo.nn import DOutput, as_output


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("tail", [(), (1,)])
def test_plain_logits_become_an_output(n, tail):
    logits = torch.arange(float(n))
    output = as_output(logits.view(n, *tail))
    torch.testing.assert_close(output.logits, logits)
    assert output.features is None


def test_an_output_keeps_what_comes_with_its_logits():
    features = torch.zeros(3, 7)
    output = as_output(DOutput(torch.arange(3.0)[:, None], features))
    assert output.logits.shape == (3,)
    assert output.features is features


def test_logits_stay_in_the_graph():
    logits = torch.zeros(3, 1, requires_grad=True)
    as_output(logits).logits.sum().backward()
    torch.testing.assert_close(logits.grad, torch.ones(3, 1))


@pytest.mark.parametrize("shape", [(), (3, 2), (3, 1, 1), (1, 3), (3, 1, 4, 4)])
@pytest.mark.parametrize("wrap", [DOutput, lambda logits: logits])
def test_logits_of_another_shape_are_refused_with_that_shape(shape, wrap):
    with pytest.raises(ValueError, match=r"must return logits \(N,\) or \(N, 1\); got shape") as caught:
        as_output(wrap(torch.zeros(shape)))
    assert str(shape) in str(caught.value)
