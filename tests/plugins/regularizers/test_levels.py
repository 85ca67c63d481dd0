"""Drift, LeCam and noisy labels: what is asked of the logits themselves."""

import torch

from ganzoo.techniques import Random
from ganzoo_regularizers.lecam import lecam_penalty

CPU = torch.device("cpu")


def images_like(n=4):
    return torch.rand(n, 3, 4, 4) * 2 - 1


def test_drift_is_a_thousandth_of_the_squared_output_on_real_images(build, make_step, critics):
    critic, real = critics.Linear(torch.randn(3, 4, 4)), images_like()
    penalty = build("drift", critic).d_penalty(make_step(critic, real, images_like()))
    torch.testing.assert_close(penalty, 1e-3 * critic(real).square())


def test_lecam_measures_from_the_other_sides_past():
    at = torch.tensor
    found = lecam_penalty(
        real_logits=at([1.0, 3.0]), fake_logits=at([-1.0, 0.0]), past_real=at(2.0), past_fake=at(-1.0)
    )
    torch.testing.assert_close(found, at([4.0 + 9.0, 16.0 + 4.0]))


def test_lecams_averages_begin_at_the_first_step_and_follow_slowly(build, make_step, critics):
    critic = critics.Linear(torch.ones(3, 4, 4) / 48)  # the mean of an image
    technique = build("lecam", critic, decay=0.75, first=2)
    levels = [(0.5, -0.5), (0.1, 0.3), (0.9, 0.2)]
    expected_real = expected_fake = None
    for number, (real, fake) in enumerate(levels):
        step = make_step(critic, torch.full((4, 3, 4, 4), real), torch.full((4, 3, 4, 4), fake))
        penalty = technique.d_penalty(step)
        if number < 2:
            torch.testing.assert_close(penalty, torch.zeros(4))
        else:
            wanted = 0.3 * ((real - expected_fake) ** 2 + (fake - expected_real) ** 2)
            torch.testing.assert_close(penalty, torch.full((4,), wanted))
        with torch.no_grad():
            technique.after_d_step(step)
        expected_real = real if number == 0 else 0.75 * expected_real + 0.25 * real
        expected_fake = fake if number == 0 else 0.75 * expected_fake + 0.25 * fake
    torch.testing.assert_close(technique.past_real, torch.tensor(expected_real))
    torch.testing.assert_close(technique.past_fake, torch.tensor(expected_fake))


def test_noisy_labels_exchange_pairs_about_as_often_as_asked(build, critics):
    technique = build("label-noise", critics.Smooth(), p=0.2)
    real, fake = torch.zeros(20_000), torch.ones(20_000)
    on_real, on_fake = technique.d_logits(real, fake, Random(CPU, 0))
    torch.testing.assert_close(on_real + on_fake, torch.ones(20_000))
    assert abs(on_real.mean() - 0.2) < 0.01


def test_other_techniques_leave_logits_alone(build, critics):
    real, fake = torch.randn(3), torch.randn(3)
    found = build("drift", critics.Smooth()).d_logits(real, fake, Random(CPU, 0))
    assert found[0] is real
    assert found[1] is fake
