from dataclasses import replace

import numpy as np
import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_regularizers.views import another_view

CPU = torch.device("cpu")


def images_like(n=6, size=8):
    return torch.rand(n, 3, size, size) * 2 - 1


def test_a_view_is_the_image_reflected_at_its_edges_and_cut_elsewhere():
    images = images_like()
    views = another_view(images, Random(CPU, 0), shift=0.25, flip=True).numpy()
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)), mode="reflect")
    seen = set()
    for image, view in zip(padded, views, strict=True):
        found = [
            (top, left, mirrored)
            for top in range(5)
            for left in range(5)
            for mirrored in (False, True)
            if np.array_equal(image[:, top : top + 8, left : left + 8][:, :, :: -1 if mirrored else 1], view)
        ]
        assert len(found) == 1
        seen |= set(found)
    assert len(seen) > 1


def test_without_moves_it_is_the_image():
    images = images_like()
    torch.testing.assert_close(another_view(images, Random(CPU, 0), shift=0.0, flip=False), images, rtol=0, atol=0)


def test_half_of_the_views_are_mirrored():
    ramp = torch.linspace(-1, 1, 8).expand(1000, 1, 8, 8)
    views = another_view(ramp, Random(CPU, 0), shift=0.0, flip=True)
    assert 0.4 < (views[:, 0, 0, 0] > 0).float().mean() < 0.6


@pytest.mark.parametrize("name", ["consistency", "balanced-consistency"])
def test_a_critic_that_says_the_same_of_all_views_pays_nothing(build, make_step, critics, name):
    critic = critics.Linear(torch.zeros(3, 4, 4))
    step = make_step(critic, images_like(size=4), images_like(size=4))
    torch.testing.assert_close(build(name, critic).d_penalty(step), torch.zeros(6))


def test_cr_is_ten_squared_differences(build, make_step, critics):
    critic, real, seen = critics.Linear(torch.randn(3, 4, 4)), images_like(size=4), []
    penalty = build("consistency", critic).d_penalty(make_step(critic, real, images_like(size=4), seen=seen))
    ((views, _),) = seen
    torch.testing.assert_close(penalty, 10 * (critic(real) - critic(views)).square())


def test_bcr_counts_both_sides_by_their_weights(build, make_step, critics):
    critic, seen = critics.Linear(torch.randn(3, 4, 4)), []
    real, fake = images_like(size=4), images_like(size=4)
    technique = build("balanced-consistency", critic, weight_real=2.0, weight_fake=3.0)
    penalty = technique.d_penalty(make_step(critic, real, fake, seen=seen))
    (of_real, _), (of_fake, _) = seen
    expected = 2 * (critic(real) - critic(of_real)).square() + 3 * (critic(fake) - critic(of_fake)).square()
    torch.testing.assert_close(penalty, expected)


def test_zcr_draws_logits_of_neighbours_together_and_their_images_apart(build, make_step, critics):
    D, G = critics.Smooth(), critics.Generator()
    z = torch.randn(6, 8)
    step = make_step(D, images_like(size=4), G(z), z=z, generator=G)
    beside = z + 0.05 * Random(CPU, 0).normal(6, 8)
    technique = build("latent-consistency", D, G)
    expected = 5 * (step.fake_output.logits - D(G(beside)).logits).square()
    torch.testing.assert_close(technique.d_penalty(step), expected)
    step = make_step(D, images_like(size=4), G(z), z=z, generator=G)
    torch.testing.assert_close(technique.g_penalty(step), -0.5 * (G(z) - G(beside)).square().mean((1, 2, 3)))


def test_icr_is_both(build, make_step, critics):
    D, G = critics.Smooth(), critics.Generator()
    z, real = torch.randn(6, 8), images_like(size=4)

    def step():
        return make_step(D, real, G(z), z=z, generator=G)

    both = build("improved-consistency", D, G, weight_d=7.0)
    together = step()
    expected = build("balanced-consistency", D, G).d_penalty(together) + build(
        "latent-consistency", D, G, weight_d=7.0
    ).d_penalty(together)
    torch.testing.assert_close(both.d_penalty(step()), expected)
    torch.testing.assert_close(both.g_penalty(step()), build("latent-consistency", D, G).g_penalty(step()))


def test_the_neighbours_that_the_discriminator_judges_are_augmented_like_all_others(build, critics, make_step):
    D, G, seen = critics.Smooth(), critics.Generator(), []
    z = torch.randn(6, 8)
    step = make_step(D, torch.randn(6, 3, 4, 4), G(z).detach(), z=z, generator=G, seen=seen)
    build("latent-consistency", D, G).d_penalty(replace(step, augment=lambda images: images + 100))
    assert seen[-1][0].min() > 50
