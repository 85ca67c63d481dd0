"""Path lengths of generators with a latent between z and the image."""

import math

import torch
from torch import nn

from ganzoo.nn import StyleBased
from ganzoo.techniques import Random
from ganzoo_regularizers.path_length import path_lengths

CPU = torch.device("cpu")


class Styled(StyleBased):
    """z (N, 8) -> w (N, 3, 5), another matrix for each layer; an image is the sum of w^2 / 2 through matrices."""

    def __init__(self):
        super().__init__()
        self.from_z = nn.Parameter(torch.randn(3, 8, 5))
        self.to_image = nn.Parameter(torch.randn(3, 5, 48))

    def mapping(self, z, c=None, truncation=None):
        w = torch.einsum("nz,lzw->nlw", z, self.from_z)
        return w if c is None else w + c[:, None, None]

    def synthesis(self, w):
        return torch.einsum("nlw,lwi->ni", w.square() / 2, self.to_image).view(-1, 3, 4, 4)


def by_hand(G, w, noise):
    """The gradient by each layer's w is w (B y); its square is averaged over layers and summed over the rest."""
    rows = w * torch.einsum("lwi,ni->nlw", G.to_image, noise.flatten(1))
    return rows.square().sum(2).mean(1).sqrt() / math.sqrt(4 * 4)


def test_lengths_of_several_layers_are_their_root_mean_square():
    torch.manual_seed(0)
    G, w, noise = Styled(), torch.randn(6, 3, 5, requires_grad=True), torch.randn(6, 3, 4, 4)
    found = path_lengths(images=G.synthesis(w), latents=w, noise=noise)
    torch.testing.assert_close(found, by_hand(G, w, noise))


def test_copies_of_one_layer_count_once():
    torch.manual_seed(0)
    weight, noise = torch.randn(5, 12), torch.randn(2, 3, 2, 2)
    w = torch.randn(2, 5, requires_grad=True)
    one = path_lengths(images=(w @ weight).view(2, 3, 2, 2), latents=w, noise=noise)
    layers = w.detach()[:, None].expand(-1, 4, -1).clone().requires_grad_()
    images = (layers @ weight).sum(1).view(2, 3, 2, 2)
    torch.testing.assert_close(path_lengths(images=images, latents=layers, noise=noise), one)


def test_the_penalty_is_on_w_where_there_is_one(build, make_step, critics):
    torch.manual_seed(0)
    G, z, labels = Styled(), torch.randn(8, 8), torch.arange(8) % 3
    images = torch.rand(8, 3, 4, 4)
    step = make_step(critics.Smooth(), images, images, z=z, generator=G, labels=labels)
    lengths = by_hand(G, G.mapping(z[:4], labels[:4]), Random(CPU, 0).normal(4, 3, 4, 4))
    technique = build("path-length", critics.Smooth(), G, decay=0.5)
    penalty = technique.g_penalty(step)
    torch.testing.assert_close(technique.average, 0.5 * lengths.mean().detach())
    torch.testing.assert_close(penalty, 2 * (lengths - 0.5 * lengths.mean().detach()).square())
    penalty.mean().backward()
    assert G.from_z.grad.abs().sum() > 0  # both halves learn
    assert G.to_image.grad.abs().sum() > 0
