import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_losses.hinge import hinge_d_loss, hinge_g_loss

quick = settings(deadline=None, max_examples=50)


def test_within_the_margin_it_is_linear():
    loss = hinge_d_loss(real_logits=torch.tensor([0.25]), fake_logits=torch.tensor([-0.5]))
    torch.testing.assert_close(loss, torch.tensor([1.25]))
    torch.testing.assert_close(hinge_g_loss(fake_logits=torch.tensor([-0.5])), torch.tensor([0.5]))


@quick
@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4))
def test_beyond_the_margin_the_discriminator_is_content_and_the_generator_is_not(above, below):
    real = torch.tensor([1.0 + above], requires_grad=True)
    fake = torch.tensor([-1.0 - below], requires_grad=True)
    loss = hinge_d_loss(real_logits=real, fake_logits=fake)
    torch.testing.assert_close(loss, torch.zeros(1))
    for slope in torch.autograd.grad(loss, (real, fake)):
        torch.testing.assert_close(slope, torch.zeros(1))
    (slope,) = torch.autograd.grad(hinge_g_loss(fake_logits=fake), fake)
    torch.testing.assert_close(slope, -torch.ones(1))


def test_the_best_discriminator_pays_two_less_twice_the_total_variation():
    """The minimum over D of E_p max(0, 1 - D) + E_q max(0, 1 + D), found by search, is 2 sum min(p, q)."""
    p, q = torch.rand(2, 5, dtype=torch.float64).softmax(1).unbind()
    outputs = torch.linspace(-2, 2, 401, dtype=torch.float64)[:, None].expand(-1, 5)
    free_real, free_fake = torch.full_like(outputs, 1.0), torch.full_like(outputs, -1.0)  # at the margin: these cost 0
    on_real = hinge_d_loss(real_logits=outputs, fake_logits=free_fake)
    on_fake = hinge_d_loss(real_logits=free_real, fake_logits=outputs)
    least, best = (p * on_real + q * on_fake).min(0)
    torch.testing.assert_close(least.sum(), 2 - (p - q).abs().sum())
    torch.testing.assert_close(outputs[:, 0][best].sign(), (p - q).sign())
