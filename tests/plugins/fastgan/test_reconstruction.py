"""Decoders that keep the discriminator honest, on images whose quarters can be told apart."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ganzoo import ConfigError, ImageShape, TechniqueContext, get_registry
from ganzoo.techniques import Random
from ganzoo_fastgan import ReconstructionOptions
from ganzoo_fastgan.reconstruction import Reconstruction, distance, quarters

N = 4


class Seeing(nn.Module):
    """Draws images of zeros, and keeps what it was shown."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, maps):
        self.seen = maps
        return maps.new_zeros(len(maps), *self.shape)


def technique(D, height, width=None, **options):
    torch.manual_seed(1)
    return Reconstruction(
        TechniqueContext(
            options=ReconstructionOptions(**{"width": 4} | options),
            generator=nn.Identity(),
            discriminator=D,
            image_shape=ImageShape(3, height, width or height),
            z_dim=5,
            num_classes=0,
        )
    )


def step(D, real, seed=0):
    return SimpleNamespace(discriminator=D, real_images=real, random=Random(torch.device("cpu"), seed))


def test_quarters_are_cut_where_their_number_says():
    x = torch.arange(4 * 2 * 4 * 6.0).view(4, 2, 4, 6)
    cut = quarters(x, torch.tensor([0, 1, 2, 3]))
    expected = [x[0, :, :2, :3], x[1, :, :2, 3:], x[2, :, 2:, :3], x[3, :, 2:, 3:]]
    torch.testing.assert_close(cut, torch.stack(expected), rtol=0, atol=0)


def test_distance_is_the_mean_difference_of_pixels():
    torch.testing.assert_close(distance(torch.zeros(2, 1, 2, 2), torch.tensor([0.5, -2.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)),
                               torch.tensor([0.5, 2.0]))  # fmt: skip


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 16), (32, 32), (64, 64), (32, 48), (256, 256)])
def test_what_is_drawn_is_as_large_as_what_it_is_compared_with(pair, height, width):
    _, D = pair(height, width)
    penalty = technique(D, height, width).d_penalty(step(D, torch.rand(2, 3, height, width)))
    assert penalty.shape == (2,)
    assert penalty.isfinite().all()


def test_images_of_128_pixels_are_drawn_from_256_on(pair):
    for resolution in (256, 512):
        _, D = pair(resolution)
        built = technique(D, resolution)
        with torch.no_grad():
            assert built.of_last(torch.zeros(2, 32, 8, 8)).shape == (2, 3, 128, 128)
            assert built.of_quarter(torch.zeros(2, 16, 8, 8)).shape == (2, 3, 128, 128)
            assert built.of_small(torch.zeros(2, 16, 8, 8)).shape == (2, 3, 128, 128)


def test_whole_images_are_compared_twice_and_a_random_quarter_once(pair):
    _, D = pair(32)
    built = technique(D, 32, weight=3)
    built.of_last, built.of_small, built.of_quarter = (Seeing((3, 16, 16)) for _ in range(3))
    levels = torch.tensor([0.1, 0.2, 0.3, 0.4])
    real = levels.view(1, 1, 2, 2).repeat_interleave(16, 2).repeat_interleave(16, 3).expand(N, 3, 32, 32)
    index = Random(torch.device("cpu"), 0).integers(4, N)
    assert len(index.unique()) > 1
    penalty = built.d_penalty(step(D, real))
    torch.testing.assert_close(penalty, 3 * (0.25 + 0.25 + levels[index]))  # mean brightness of what is compared
    maps = D.eval().maps(real)
    built.d_penalty(step(D, real))
    torch.testing.assert_close(built.of_last.seen, maps.last)
    torch.testing.assert_close(built.of_small.seen, maps.small)
    torch.testing.assert_close(built.of_quarter.seen, quarters(maps.before, index))


def test_what_judges_learns_nothing_and_what_sees_does(pair):
    _, D = pair(16)
    built = technique(D, 16)
    built.d_penalty(step(D, torch.rand(N, 3, 16, 16) * 2 - 1)).mean().backward()
    judging = {name for name, _ in D.named_parameters() if name.startswith(("judge", "head"))}
    assert {name for name, p in D.named_parameters() if p.grad is None} == judging
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in built.parameters())


def test_images_are_drawn_better_and_better(pair):
    _, D = pair(16)
    built, real = technique(D, 16), torch.rand(N, 3, 16, 16).round() * 2 - 1
    optimizer = torch.optim.Adam([*D.parameters(), *built.parameters()], lr=0.01)
    losses = []
    for _ in range(15):
        loss = built.d_penalty(step(D, real)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_building_it_leaves_the_discriminator_as_it_was(pair):
    _, D = pair(16)
    before = {name: value.clone() for name, value in D.state_dict().items()}
    technique(D, 16)
    torch.testing.assert_close(D.state_dict(), before, rtol=0, atol=0)
    assert D.training


def test_other_discriminators_are_refused():
    with pytest.raises(ConfigError, match=r"'reconstruction' draws(.|\n)*this one is a Linear(.|\n)*'fastgan'"):
        technique(nn.Linear(2, 1), 16)


def test_the_record_builds_it_with_the_options_interval(pair):
    _, D = pair(16)
    record = get_registry().regularizers.get("reconstruction")
    context = TechniqueContext(
        options=record.options(interval=4),
        generator=nn.Identity(),
        discriminator=D,
        image_shape=ImageShape(3, 16, 16),
        z_dim=5,
        num_classes=0,
    )
    assert record.build(context).interval == 4
