import subprocess
import sys

import pluggy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import ganzoo_augmentations
from ganzoo import ConfigError, ImageShape, TechniqueContext, hookspecs
from ganzoo.config import full_options
from ganzoo.registry import Registry
from ganzoo.techniques import Random
from ganzoo_augmentations.flip import Flip

CPU = torch.device("cpu")
quick = settings(deadline=None, max_examples=30)


@pytest.fixture
def random():
    return Random(CPU, 0)


@pytest.fixture(scope="module")
def augmentation():
    torch.set_num_threads(1)
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(ganzoo_augmentations)
    manager.check_pending()
    return Registry.collect(manager, []).augmentations.get("flip")


def test_it_is_built_from_its_options(augmentation):
    context = TechniqueContext(
        options=augmentation.options(p=0.25),
        generator=nn.Identity(),
        discriminator=nn.Identity(),
        image_shape=ImageShape(3, 8, 8),
        z_dim=4,
        num_classes=0,
    )
    assert augmentation.build(context).p == 0.25
    assert augmentation.options().p == 0.5


@quick
@given(st.integers(1, 9), st.sampled_from([1, 3, 4]), st.integers(1, 6), st.integers(1, 7), st.floats(0, 1))
def test_each_image_is_itself_or_its_mirror_image(n, channels, height, width, p):
    random = Random(CPU, n)
    images = torch.rand(n, channels, height, width) * 2 - 1
    flipped = Flip(p)(images, random)
    assert flipped.shape == images.shape
    for before, after in zip(images, flipped, strict=True):
        mirrored = torch.tensor([[row.tolist()[::-1] for row in channel] for channel in before])
        assert torch.equal(after, before) or torch.equal(after, mirrored)


@pytest.mark.parametrize(("p", "mirrored"), [(0.0, False), (1.0, True)])
def test_at_the_ends_all_or_none_are_mirrored(p, mirrored, random):
    images = torch.randn(200, 1, 2, 3)
    torch.testing.assert_close(Flip(p)(images, random), images.flip(3) if mirrored else images, rtol=0, atol=0)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_images_are_mirrored_independently_and_with_the_given_probability(p, random):
    images = torch.tensor([-1.0, 1.0]).expand(20_000, 1, 1, 2)
    mirrored = (Flip(p)(images, random)[:, 0, 0, 0] > 0).float()
    torch.testing.assert_close(mirrored.mean(), torch.tensor(p), atol=0.015, rtol=0)
    neighbours = (mirrored[:-1] * mirrored[1:]).mean()
    torch.testing.assert_close(neighbours, torch.tensor(p * p), atol=0.015, rtol=0)


def test_draws_follow_the_games_random_numbers():
    images, random = torch.randn(32, 3, 4, 4), Random(CPU, 3)
    first = Flip(0.5)(images, random)
    torch.testing.assert_close(Flip(0.5)(images, Random(CPU, 3)), first, rtol=0, atol=0)
    assert not torch.equal(Flip(0.5)(images, random), first)


def test_gradients_reach_the_pixels_they_came_from(random):
    images, weights = torch.randn(8, 1, 2, 3, requires_grad=True), torch.randn(1, 2, 3)
    flipped = Flip(0.5)(images, random)
    (gradient,) = torch.autograd.grad((flipped * weights).sum(), images)
    mirrored = (flipped != images).flatten(1).any(1)
    expected = torch.where(mirrored[:, None, None, None], weights.flip(2), weights)
    torch.testing.assert_close(gradient, expected)


def test_extreme_pixels_pass_unchanged(random):
    images = torch.tensor([[[[1e4, -1e4]]]]).expand(50, 1, 1, 2)
    torch.testing.assert_close(Flip(0.5)(images, random).sort(dim=3).values, images.flip(3), rtol=0, atol=0)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_is_kept(memory_format, random):
    images = torch.randn(4, 3, 4, 4).to(memory_format=memory_format)
    assert Flip(0.5)(images, random).is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_p_that_is_no_probability_is_refused(augmentation, p):
    with pytest.raises(ConfigError, match=r"augmentations\.flip\.p: "):
        full_options(augmentation.options, {"p": p}, "augmentations.flip", {})


def test_declaring_the_augmentations_loads_no_torch():
    code = "import sys, ganzoo_augmentations as a; a.register_augmentations(print); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
