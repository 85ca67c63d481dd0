import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_losses.wasserstein import wasserstein_d_loss, wasserstein_g_loss

quick = settings(deadline=None, max_examples=50)
outputs = st.lists(st.floats(-100, 100), min_size=3, max_size=3).map(lambda x: torch.tensor(x, dtype=torch.float64))


def test_the_critic_is_paid_the_difference():
    real, fake = torch.tensor([3.0, -1.0]), torch.tensor([0.5, 1.0])
    torch.testing.assert_close(wasserstein_d_loss(real_logits=real, fake_logits=fake), torch.tensor([-2.5, 2.0]))
    torch.testing.assert_close(wasserstein_g_loss(fake_logits=fake), torch.tensor([-0.5, -1.0]))


@quick
@given(outputs, outputs, st.floats(-100, 100), st.floats(0, 10))
def test_the_level_of_the_outputs_means_nothing_and_their_scale_everything(real, fake, level, scale):
    loss = wasserstein_d_loss(real_logits=real, fake_logits=fake)
    raised = wasserstein_d_loss(real_logits=real + level, fake_logits=fake + level)
    scaled = wasserstein_d_loss(real_logits=scale * real, fake_logits=scale * fake)
    torch.testing.assert_close(raised, loss, atol=1e-9, rtol=0)
    torch.testing.assert_close(scaled, scale * loss, atol=1e-9, rtol=0)


def test_the_best_one_lipschitz_critic_finds_the_distance_of_parallel_lines():
    """P_r = (0, U), P_theta = (theta, U): W = |theta| (the WGAN paper's example 1), by D(x) = -sign(theta) x."""
    for theta in (-2.0, 0.5):
        real, fake = torch.zeros(4), torch.full((4,), theta)
        slope = -1.0 if theta > 0 else 1.0
        estimate = -wasserstein_d_loss(real_logits=slope * real, fake_logits=slope * fake).mean()
        torch.testing.assert_close(estimate, torch.tensor(abs(theta)))
