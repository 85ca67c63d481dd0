import pytest
import torch

from ganzoo_r3gan.bounds import bounded


def test_values_are_clamped_whether_or_not_there_is_a_gradient():
    x = torch.tensor([-3.0, -1.0, -0.4, 0.0, 1.0, 2.0])
    expected = x.clamp(-1, 1)
    torch.testing.assert_close(bounded(x), expected, rtol=0, atol=0)
    torch.testing.assert_close(bounded(x.requires_grad_(True)).detach(), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("x", "gradient", "passed"),
    [
        (0.5, 2.0, 2.0),
        (0.5, -2.0, -2.0),
        (1.0, -2.0, -2.0),
        (1.5, 2.0, 2.0),  # a step against it leads back
        (1.5, -2.0, 0.0),
        (-1.5, -2.0, -2.0),
        (-1.5, 2.0, 0.0),
    ],
)
def test_a_gradient_passes_unless_it_leads_further_out(x, gradient, passed):
    x = torch.tensor([x], requires_grad=True)
    bounded(x).backward(torch.tensor([gradient]))
    assert x.grad.item() == passed


def test_what_went_too_far_comes_back_and_what_should_be_at_the_end_stays_near_it():
    """Descent towards 0.2 from far beyond either end, and towards 1 from within."""
    targets = torch.tensor([0.2, 0.2, 1.0])
    x = torch.tensor([5.0, -5.0, 0.0], requires_grad=True)
    for _ in range(200):
        (gradient,) = torch.autograd.grad((bounded(x) - targets).square().sum(), x)
        x.data -= 0.1 * gradient
    torch.testing.assert_close(x.detach(), targets, rtol=0, atol=0.01)


def test_it_can_be_differentiated_twice_as_path_length_does():
    x = torch.tensor([0.5, 2.0, -2.0], dtype=torch.float64, requires_grad=True)
    direction = torch.tensor([3.0, 4.0, 5.0], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad((bounded(x) * direction).sum(), x, create_graph=True)
    torch.testing.assert_close(gradient.detach(), torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64))
    (back,) = torch.autograd.grad(gradient.square().sum(), direction)
    torch.testing.assert_close(back, torch.tensor([6.0, 8.0, 0.0], dtype=torch.float64))
