"""The projection and the planes: discriminators that are told the class."""

import pytest
import torch
from torch import nn

from ganzoo import ImageShape
from ganzoo.nn import DOutput, norm_of_weights, spectral

TALL = ImageShape(2, 8, 4)


class Flat(nn.Module):
    """Features are the pixels, the logit their sum; what it was last shown is in ``seen``."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.weight = shape, nn.Parameter(torch.ones(1))

    def forward(self, images, c=None):
        assert images.shape[1:] == self.shape
        self.seen = images
        return DOutput(self.weight * images.flatten(1).sum(1), images.flatten(1))


class Normed(nn.Module):
    """Flat features behind a layer under spectral norm."""

    def __init__(self):
        super().__init__()
        self.layer = spectral("spectral", nn.Linear(48, 6))

    def forward(self, images, c=None):
        features = self.layer(images.flatten(1))
        return DOutput(features.sum(1), features)


def images_like(n=6, shape=(3, 4, 4)):
    return torch.rand(n, *shape) * 2 - 1


def test_the_projection_is_added_to_the_logit(wrap):
    D, images, c = wrap("projection", Flat), images_like(), torch.tensor([0, 1, 2, 2, 1, 0])
    output = D(images, c)
    for i in range(6):
        vector = D.projection.embedding.weight[c[i]]
        expected = images[i].sum() + sum(v * x for v, x in zip(vector, images[i].flatten(), strict=True))
        torch.testing.assert_close(output.logits[i], expected)
    torch.testing.assert_close(output.features, images.flatten(1))


def test_the_projection_begins_faint_beside_the_logit(wrap):
    torch.manual_seed(0)
    D = wrap("projection", Flat, num_classes=10)
    assert D.projection.embedding.weight.abs().max() <= (6 / (10 + 48)) ** 0.5
    assert D.projection.embedding.weight.std() > 0.1


def test_the_projection_is_normalised_where_its_discriminator_is(wrap, networks):
    torch.manual_seed(0)
    assert norm_of_weights(wrap("projection", lambda shape: networks.Smooth()).projection) == "none"
    D = wrap("projection", lambda shape: Normed())
    for _ in range(50):
        D(images_like(), torch.zeros(6, dtype=torch.int64))
    torch.testing.assert_close(
        torch.linalg.svdvals(D.projection.embedding.weight)[0], torch.tensor(1.0), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("shape", [(3, 4, 4), TALL])
def test_one_hot_planes_stand_beside_the_image(wrap, shape):
    shape = ImageShape(*shape)
    D, images, c = wrap("concat", Flat, shape=shape), images_like(4, shape), torch.tensor([2, 0, 1, 2])
    D(images, c)
    found = D.inner.seen
    torch.testing.assert_close(found[:, : shape.channels], images)
    for i in range(4):
        for k in range(3):
            plane = found[i, shape.channels + k]
            torch.testing.assert_close(plane, torch.full_like(plane, float(k == c[i])))


@pytest.mark.parametrize("maps", [1, 2])
def test_learned_pictures_are_those_of_the_class(wrap, maps):
    D = wrap("concat", Flat, shape=TALL, planes="embedding", maps=maps)
    images, c = images_like(4, TALL), torch.tensor([2, 0, 1, 2])
    D(images, c).logits[1].backward()
    assert D.inner.seen.shape == (4, 2 + maps, 8, 4)
    for i in range(4):
        torch.testing.assert_close(D.inner.seen[i, 2:], D.pictures[c[i]].view(maps, 8, 4))
    assert (D.pictures.grad[0] == 1).all()  # of the class of image 1, and of no other
    assert (D.pictures.grad[1:] == 0).all()


@pytest.mark.parametrize("options", [{}, {"planes": "embedding"}, {"planes": "embedding", "maps": 3}], ids=str)
def test_the_class_moves_what_a_discriminator_says(game, options):
    state = game("concat", **options)
    images, c = images_like(3, (3, 8, 8)), torch.arange(3)
    assert not torch.allclose(state.D(images, c).logits, state.D(images, c.flip(0)).logits)
    shown = sum(p.numel() for p in state.D.inner.parameters())  # the first layer's, for all pixels and planes
    assert shown == 64 * (3 + (options.get("maps", 1) if options else 3)) * 32 + 32 + 32 + 1


def test_the_architectures_own_way_is_left_out(game):
    """Else the class would come in twice."""
    state = game("projection")
    images, c = images_like(3, (3, 8, 8)), torch.arange(3)
    inner = state.D.inner(images, c)
    torch.testing.assert_close(inner.logits, state.D.inner(images, c.flip(0)).logits)
    assert not torch.allclose(state.D(images, c).logits, state.D(images, c.flip(0)).logits)
